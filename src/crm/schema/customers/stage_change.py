"""The stays of opportunities in their stages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from strawberry.types import Info

from crm.core.errors import FieldForbidden
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.rows import Row
from crm.schema.system.record import Node

AMOUNT = "opportunity.amount"


@noun(
    "stage_change",
    order="entered_at",
    part_of="Opportunity",
    label="entered_at",
    description="One stay of an opportunity in a stage (阶段变更).",
)
class StageChange(Node):
    """阶段变更."""

    entered_at: datetime = column("When the stage was entered.", sort=True)
    left_at: datetime | None = column("When it was left; null while the opportunity is in it.")
    stage = related("customers.Stage", "stage_id", "The stage (阶段).", card=True)
    changed_by = related("system.User", "changed_by_id", "Who moved it there (操作人).", card=True)

    @computed("How long the stay was, in seconds; null while it lasts.", needs=("entered_at", "left_at"))
    def duration_seconds(root: Row) -> int | None:
        """Whole seconds."""
        left = root.record["left_at"]
        return None if left is None else int((left - root.record["entered_at"]).total_seconds())

    @computed("How long the stay was, in whole days; null while it lasts.", needs=("entered_at", "left_at"))
    def duration_days(root: Row) -> int | None:
        """Begun days do not count."""
        left = root.record["left_at"]
        return None if left is None else int((left - root.record["entered_at"]).days)

    @computed("The opportunity's amount when the stage was entered (金额).", needs=("amount",))
    def amount(root: Row, info: Info) -> Decimal | None:
        """Hidden wherever the opportunity's own amount is."""
        if AMOUNT in info.context.rights.hidden:
            raise FieldForbidden(AMOUNT)
        found: Decimal = root.record["amount"]
        return found


StageChangeFilter = filter_of(StageChange)
StageChangeOrder = order_of(StageChange)
