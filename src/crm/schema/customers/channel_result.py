"""What came of a channel in a time: counts and amounts, of nothing but what the viewer may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import strawberry
from strawberry.types import Info

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.grants import Rights
from crm.access.predicates import readable
from crm.core.errors import FieldForbidden
from crm.graph.context import Operation
from crm.graph.nouns import part

AMOUNT = "opportunity.amount"
BY_CHANNEL = frozenset({"channel_id"})
"""The channel was read under the viewer's rights already."""


@part(of="Channel", description="How much in one currency (按币种金额).")
class ChannelAmount:
    """按币种金额."""

    figures: strawberry.Private[Mapping[str, Any]]

    @strawberry.field(description="ISO 4217, such as CNY (币种).")
    def currency(self) -> str:
        """Amounts of different currencies are not added."""
        return str(self.figures["currency"])

    @strawberry.field(description="How many opportunities (数量).")
    def count(self) -> int:
        """Those that the viewer may see."""
        return int(self.figures["count"])

    @strawberry.field(description="What they bring together (金额).")
    def amount(self, info: Info) -> Decimal | None:
        """Hidden where the amount of an opportunity is."""
        if AMOUNT in info.context.rights.hidden:
            raise FieldForbidden(AMOUNT)
        return Decimal(self.figures["amount"])


@part(of="Channel", description="What came of a channel in a time, as far as the viewer may see it (渠道业绩).")
class ChannelResult:
    """渠道业绩."""

    offered: int = strawberry.field(description="Opportunities offered to it, or registered for it (分配数).")
    taken_up: int = strawberry.field(description="How many of these it took up (接受数).")
    declined: int = strawberry.field(description="How many it declined, or let expire without an answer (未接受数).")
    submitted: int = strawberry.field(description="Opportunities that it submitted (报备数).")
    registered: int = strawberry.field(description="How many of these were registered (登记数).")
    rejected: int = strawberry.field(description="How many were turned down (驳回数).")
    tasks: int = strawberry.field(description="Marketing tasks dispatched to it (营销任务数).")
    tasks_done: int = strawberry.field(description="How many of these are done (完成数).")
    open: list[ChannelAmount] = strawberry.field(description="What it works on now, by currency (在办机会).")
    won: list[ChannelAmount] = strawberry.field(description="What was won with it in that time, by currency (赢单).")


async def results_of(operation: Operation, channel: UUID, since: date | None, until: date | None) -> ChannelResult:
    """The results of one channel; all channels of a level are answered by one statement."""

    async def load(ids: list[UUID]) -> list[ChannelResult]:
        rows = await operation.fetch(lambda rights, binds: _statement(ids, since, until, rights, binds))
        found = {row["id"]: row for row in rows}
        return [_made(found[key]) for key in ids]

    result: ChannelResult = await operation.loader(("channel results", since, until), load).load(channel)
    return result


def _made(row: Mapping[str, Any]) -> ChannelResult:
    counts = ("offered", "taken_up", "declined", "submitted", "registered", "rejected", "tasks", "tasks_done")
    amounts = {name: [ChannelAmount(figures=each) for each in _listed(row[name])] for name in ("open", "won")}
    figures: dict[str, Any] = {name: row[name] for name in counts}
    return ChannelResult(**figures, open=amounts["open"], won=amounts["won"])


def _listed(stored: Any) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = orjson.loads(stored) if isinstance(stored, str | bytes) else stored
    return found


def _statement(ids: list[UUID], since: date | None, until: date | None, rights: Rights, binds: Binds) -> str:
    assignment = readable(named("channel_assignment"), "a", rights, binds, proven=BY_CHANNEL)
    submission = readable(named("channel_submission"), "s", rights, binds, proven=BY_CHANNEL)
    task = readable(named("channel_task"), "t", rights, binds, proven=BY_CHANNEL)
    within = {alias: _within(f"{alias}.{column}", since, until, binds) for alias, column in _INSTANTS.items()}
    amounts = {
        name: _amounts(f"{_STATES[name]}{' AND ' + within['o'] if name == 'won' else ''}", rights, binds) for name in _STATES
    }
    return f"""
        SELECT k.id, a.*, s.*, t.*, ({amounts["open"]}) AS open, ({amounts["won"]}) AS won
        FROM unnest({binds.value(ids)}::uuid[]) AS k(id)
        CROSS JOIN LATERAL (SELECT count(*) AS offered, count(*) FILTER (WHERE a.customer_name IS NOT NULL) AS taken_up,
            count(*) FILTER (WHERE a.status IN ('DECLINED', 'EXPIRED') AND a.customer_name IS NULL) AS declined
            FROM channel_assignment a WHERE a.channel_id = k.id AND {within["a"]} AND {assignment}) a
        CROSS JOIN LATERAL (SELECT count(*) AS submitted, count(*) FILTER (WHERE s.status = 'REGISTERED') AS registered,
            count(*) FILTER (WHERE s.status = 'REJECTED') AS rejected
            FROM channel_submission s WHERE s.channel_id = k.id AND {within["s"]} AND {submission}) s
        CROSS JOIN LATERAL (SELECT count(*) AS tasks, count(*) FILTER (WHERE t.state = 'DONE') AS tasks_done
            FROM channel_task t WHERE t.channel_id = k.id AND {within["t"]} AND {task}) t"""


_INSTANTS = {"a": "created_at", "s": "created_at", "t": "dispatched_at", "o": "closed_at"}
_STATES = {
    "open": "o.status IN ('OPEN', 'ON_HOLD') AND b.status IN ('ACCEPTED', 'REGISTERED')",
    "won": "o.status = 'WON' AND b.customer_name IS NOT NULL",
}


def _amounts(state: str, rights: Rights, binds: Binds) -> str:
    """Each opportunity once, however often it was assigned to this channel; only where the viewer sees both."""
    assigned = readable(named("channel_assignment"), "b", rights, binds, proven=BY_CHANNEL)
    seen = readable(named("opportunity"), "o", rights, binds)
    rows = (
        "SELECT DISTINCT o.id, o.currency, o.amount FROM channel_assignment b JOIN opportunity o ON o.id = b.opportunity_id"
        f" WHERE b.channel_id = k.id AND {state} AND {assigned} AND {seen}"
    )
    figures = "json_build_object('currency', y.currency, 'count', y.count, 'amount', y.amount) ORDER BY y.currency"
    grouped = f"SELECT x.currency, count(*) AS count, sum(x.amount)::text AS amount FROM ({rows}) x GROUP BY x.currency"
    return f"SELECT coalesce(json_agg({figures}), '[]') FROM ({grouped}) y"


def _within(column: str, since: date | None, until: date | None, binds: Binds) -> str:
    """In these days, by the viewer's clock."""
    zone, tests = binds.viewer("time_zone"), []
    if since is not None:
        tests.append(f"{column} >= {binds.value(since)}::date::timestamp AT TIME ZONE {zone}")
    if until is not None:
        tests.append(f"{column} < ({binds.value(until)}::date + 1)::timestamp AT TIME ZONE {zone}")
    return " AND ".join(tests) or "TRUE"
