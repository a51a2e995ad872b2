"""Snapshots of forecasts, beside what the same groups come to now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.types import Info

from crm.graph.context import Operation
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.rows import Row
from crm.schema.customers.enums import OpportunityStatus
from crm.schema.customers.opportunity_board import refuse_hidden
from crm.services.customers.forecasts import GROUP, Group, group_of, now_statement


@noun(
    "forecast_snapshot",
    entity="opportunity",
    order="-week_on",
    label="week_on",
    part_of="Opportunity",
    description="What opportunities of one owner, pipeline, month, status and currency came to as a week began (预测快照).",
)
class ForecastSnapshot:
    """预测快照. Fields of an opportunity that a role hides are hidden here too."""

    id: strawberry.ID = column("Stands for the row in this list alone.")
    week_on: date = column("The Monday of the week (周).", sort=True)
    month_on: date | None = column(
        "The first day of the month in which they are expected to close, or were won or lost (月份).", sort=True
    )
    status: OpportunityStatus = column("Open, won, lost or on hold, at that time (状态).")
    currency: str = column("ISO 4217, such as CNY (币种).")
    opportunity_count: int = column("How many there were (机会数).")
    amount: Decimal | None = column("The sum of their amounts (金额).")
    taken_at: datetime = column("When it was taken (快照时间).")
    owner = related("system.User", "owner_id", "Whose they were (负责人).", card=True)
    department = related("system.Department", "department_id", "In which department (部门).", card=True)
    pipeline = related("customers.Pipeline", "pipeline_id", "Through which pipeline they went (销售管道).", card=True)

    @computed("The sum of their weighted amounts (加权金额).", needs=("amount", "weighted_amount"))
    def weighted_amount(root: Row, info: Info) -> Decimal | None:
        """Hidden where an opportunity's is."""
        refuse_hidden(info.context, "weighted_amount")
        found: Decimal = root.record["weighted_amount"]
        return found

    @computed("How many there are of the same now, of those that the viewer may see.", needs=GROUP)
    async def opportunity_count_now(root: Row, info: Info) -> int:
        """One statement for all rows of a list."""
        return int((await _now(info.context, root.record))["total"])

    @computed("What the same come to now, likewise.", needs=("amount", *GROUP))
    async def amount_now(root: Row, info: Info) -> Decimal | None:
        """Hidden where an opportunity's amount is."""
        refuse_hidden(info.context, "amount")
        found: Decimal = (await _now(info.context, root.record))["amount"]
        return found

    @computed("What the same come to now, weighted, likewise.", needs=("amount", "weighted_amount", *GROUP))
    async def weighted_amount_now(root: Row, info: Info) -> Decimal | None:
        """Hidden where an opportunity's weighted amount is."""
        refuse_hidden(info.context, "weighted_amount")
        found: Decimal = (await _now(info.context, root.record))["weighted_amount"]
        return found


NOTHING: Mapping[str, Any] = {"total": 0, "amount": Decimal("0.0000"), "weighted_amount": Decimal("0.0000")}


async def _now(operation: Operation, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The figures of a group as they are now; all groups of a list are asked for at once."""

    async def load(groups: list[Group]) -> list[Mapping[str, Any]]:
        owners, months = {group[0] for group in groups}, {group[3] for group in groups}
        rows = await operation.fetch(now_statement(owners, months))
        found = {group_of(row): row for row in rows if row["total"] is not None}
        return [found.get(group, NOTHING) for group in groups]

    figures: Mapping[str, Any] = await operation.loader(("forecast now",), load).load(group_of(record))
    return figures


ForecastSnapshotFilter = filter_of(ForecastSnapshot)
ForecastSnapshotOrder = order_of(ForecastSnapshot)
