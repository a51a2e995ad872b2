"""Figures of calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import strawberry
from strawberry.types import Info

from crm.core.errors import BadUserInput, FieldForbidden
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.lists import condition_for
from crm.graph.nouns import hidden_fields, noun_named, part
from crm.services.customers.call_figures import MOST_GROUPS, PERIODS, CallFigureBy, statement

if TYPE_CHECKING:
    from crm.schema.customers.ring_group import RingGroup
    from crm.schema.system.user import User

    CallFilter = Any
else:
    from crm.schema.customers.call import CallFilter  # made at run time, so no type to a type checker

UserType = Annotated["User", strawberry.lazy("crm.schema.system.user")]
RingGroupType = Annotated["RingGroup", strawberry.lazy("crm.schema.customers.ring_group")]
LONGEST_RANGE = timedelta(days=400)
MOST_SECONDS = 3600

strawberry.enum(
    CallFigureBy, description="What figures of calls are told apart by (统计维度); AGENT is whom they rang, who made them."
)

From = Annotated[datetime, strawberry.argument(name="from", description="Calls that began at this instant or later.")]
To = Annotated[datetime, strawberry.argument(name="to", description="And before this instant; at most 400 days later.")]
Within = Annotated[
    int, strawberry.argument(description="`answeredWithin` and `serviceLevel` count what was answered in so many seconds.")
]
Zone = Annotated[
    str | None, strawberry.argument(description="Where days begin, such as `Asia/Shanghai`; the viewer's own zone, if absent.")
]
Which = Annotated[CallFilter | None, strawberry.argument(description="Which calls.")]


@part(of="Call", description="Figures of the calls that the viewer may see (来电统计), of one agent, line, ring group or period.")
class CallFigures:
    """来电统计."""

    row: strawberry.Private[Mapping[str, Any]]
    by: strawberry.Private[CallFigureBy]

    @strawberry.field(description="Whom these calls rang, or who made them (座席); null by anything but AGENT.")
    async def agent(self, info: Info) -> UserType | None:
        """Their card."""
        key = self.row["key"] if self.by is CallFigureBy.AGENT else None
        found: Any = None if key is None else await reads.one(info.context, noun_named("User"), key, card=True)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="Our own end of them (线路); null by anything but LINE, and for calls without one.")
    def line(self) -> str | None:
        """As calls have it."""
        return self.row["key"] if self.by is CallFigureBy.LINE else None

    @strawberry.field(description="The ring group that was dialled (振铃组); null by anything but RING_GROUP.")
    async def ring_group(self, info: Info) -> RingGroupType | None:
        """Where the viewer may see it."""
        key = self.row["key"] if self.by is CallFigureBy.RING_GROUP else None
        found: Any = None if key is None else await reads.one(info.context, noun_named("RingGroup"), key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="When the period begins (开始时间); null by anything but a period.")
    def starts_at(self) -> datetime | None:
        """Midnight, the full hour, the Monday, the first."""
        return self.row["key"] if self.by in PERIODS else None

    offered: int = strawberry.field(description="Calls that came in (呼入), blocked ones not counted.")
    answered: int = strawberry.field(description="Of these, answered (接听); of an agent, by themselves.")
    missed: int = strawberry.field(description="Of these, answered by nobody until they rang out (未接).")
    abandoned: int = strawberry.field(description="Of these, given up by the caller (放弃).")
    failed: int = strawberry.field(description="Of these, busy or failed (忙线与失败).")
    answered_within: int = strawberry.field(description="Of the answered ones, in `withinSeconds`.")
    blocked: int = strawberry.field(description="Calls that the block list kept from ringing (拦截).")
    made: int = strawberry.field(description="Calls that we made (呼出).")
    made_answered: int = strawberry.field(description="Of these, answered (呼出接通).")
    mean_ring_seconds: Decimal | None = strawberry.field(description="How long answered calls rang, on average (平均振铃秒数).")
    mean_talk_seconds: Decimal | None = strawberry.field(description="How long was spoken, on average (平均通话秒数).")
    talk_seconds: int = strawberry.field(description="How long was spoken in all (通话总秒数).")

    @strawberry.field(description="`answeredWithin` in per cent of `offered` (服务水平); null where none was offered.")
    def service_level(self) -> Decimal | None:
        """To one digit."""
        offered: int = self.row["offered"]
        return None if not offered else (Decimal(100 * self.row["within"]) / offered).quantize(Decimal("0.1"))


_PLAIN = ("offered", "answered", "missed", "abandoned", "failed", "blocked", "made", "made_answered")


def _figures(row: Mapping[str, Any], by: CallFigureBy) -> CallFigures:
    plain = {
        name: row[name] for name in ("offered", "answered", "missed", "abandoned", "failed", "blocked", "made", "made_answered")
    }
    return CallFigures(
        row=row,
        by=by,
        answered_within=row["within"],
        mean_ring_seconds=row["mean_ring"],
        mean_talk_seconds=row["mean_talk"],
        talk_seconds=row["talk"],
        **plain,
    )


_NEEDED = ("answered_at", "ring_seconds", "talk_seconds")
_SHOWN = {
    CallFigureBy.AGENT: ("candidates", "claimed_by"),
    CallFigureBy.LINE: ("line",),
    CallFigureBy.RING_GROUP: ("ring_group",),
}


async def call_figures_of(
    operation: Operation,
    period: tuple[datetime, datetime],
    by: CallFigureBy,
    within: int,
    time_zone: str | None,
    wanted: Any,
) -> list[CallFigures]:
    """One statement, however many calls and groups there are. What would tell a hidden field is refused."""
    if not period[0] < period[1]:
        raise BadUserInput("`to` must be after `from`.")
    if period[1] - period[0] > LONGEST_RANGE:
        raise BadUserInput(f"`from` and `to` are at most {LONGEST_RANGE.days} days apart.")
    if not 0 <= within <= MOST_SECONDS:
        raise BadUserInput(f"`withinSeconds` lies between 0 and {MOST_SECONDS}.")
    entry, zone = noun_named("Call"), time_zone or operation.viewer.time_zone
    _check_zone(zone)
    hidden = hidden_fields(entry, operation.rights)
    for name in (*_NEEDED, *_SHOWN.get(by, ())):
        if name in hidden:
            raise FieldForbidden(entry.key(name))
    asked = await condition_for(operation, entry, wanted)
    rows = await operation.fetch(statement(entry.source, by, period, within, zone, asked))
    if len(rows) > MOST_GROUPS:
        raise BadUserInput(f"More than {MOST_GROUPS} groups: ask for a shorter range, or by something else.")
    return [_figures(row, by) for row in rows if row["offered"] is not None]


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadUserInput("There is no such time zone.") from error
