"""The calendar of activities: what some people planned and did between two instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import strawberry

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.conditions import Compare, Condition, Every, Operator, Related
from crm.access.grants import Rights
from crm.access.keyset import Term
from crm.access.select import rows_of
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.paging import Page
from crm.graph.context import Operation
from crm.graph.filters import MAX_LISTED
from crm.graph.nouns import Noun, hidden_fields, noun_named
from crm.graph.rows import Row

LONGEST_RANGE = timedelta(days=400)
MOST = 1000

From = Annotated[
    datetime, strawberry.argument(name="from", description="The start, in any zone: the viewer's midnight as `…T00:00:00+08:00`.")
]
To = Annotated[datetime, strawberry.argument(name="to", description="The end, not included; at most 400 days on.")]
Whose = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"Whose, as owner or participant, at most {MAX_LISTED} people; one's own, if absent."),
]
Reports = Annotated[bool, strawberry.argument(description="And of everybody below the viewer in the reporting line (下属).")]


async def calendar_of(
    operation: Operation, start: datetime, end: datetime, user_ids: Sequence[str] | None, *, reports: bool
) -> list[Row]:
    """Activities that are planned or were done in a range, by when; of all that the viewer may see those of these people.

    One statement: by owner and plan, by owner and deed, by participant each has an index of its own, and together none.
    """
    _check(start, end)
    entry = noun_named("Activity")
    hidden = hidden_fields(entry, operation.rights)
    for name in ("planned_at", "done_at", "status"):
        if name in hidden:
            raise FieldForbidden(entry.key(name))
    parts = _parts(_people(operation, user_ids, reports=reports), start, end, operation.viewer.id, hidden)
    rows = await operation.fetch(lambda rights, binds: _statement(entry, parts, rights, binds))
    found = {row["id"]: row for row in rows if row["id"] is not None}
    if len(found) > MOST:
        raise BadUserInput(f"More than {MOST} activities: ask for a shorter range, or for fewer people.")
    ordered = sorted(found.values(), key=lambda row: (row["done_at"] or row["planned_at"], row["id"]))
    return [Row(entry, row, operation.rights) for row in ordered]


def _check(start: datetime, end: datetime) -> None:
    if not start < end:
        raise BadUserInput("`to` must be after `from`.")
    if end - start > LONGEST_RANGE:
        raise BadUserInput(f"`from` and `to` are at most {LONGEST_RANGE.days} days apart.")


def _people(operation: Operation, user_ids: Sequence[str] | None, *, reports: bool) -> list[UUID]:
    if user_ids is not None and len(user_ids) > MAX_LISTED:
        raise BadUserInput(f"`userIds` takes at most {MAX_LISTED} people.")
    viewer = operation.viewer
    asked = [key for text in user_ids or () if (key := parse_id(text, Kind.USER)) is not None]
    own = [viewer.id] if user_ids is None and viewer.id is not None else []
    return list(dict.fromkeys([*asked, *own, *(viewer.staff if reports else ())]))


def _parts(
    people: Sequence[UUID], start: datetime, end: datetime, viewer: UUID | None, hidden: frozenset[str]
) -> list[tuple[Condition, str]]:
    """Conditions and the column that each orders by. What a role hides is not told by this way: then only one's own counts."""
    owners = [each for each in people if each == viewer or "owner" not in hidden]
    takers = [each for each in people if each == viewer or "participants" not in hidden]
    owned = Compare("owner_id", Operator.IN, owners)
    part = Compare("user_id", Operator.IN, takers)
    shared = Related(named("activity_participant"), "id", "activity_id", part, card=True)
    undone = Compare("done_at", Operator.IS_NULL, True)
    return [
        (Every((who, *more, Compare(column, Operator.GTE, start), Compare(column, Operator.LT, end))), column)
        for who in (owned, shared)
        for column, more in (("planned_at", (undone,)), ("done_at", ()))
    ]


def _statement(entry: Noun, parts: Sequence[tuple[Condition, str]], rights: Rights, binds: Binds) -> str:
    page = Page(size=MOST, backwards=False, after=None, before=None)
    selects = [
        rows_of(entry.source, None, condition, _order(column), page, rights, binds, ahead=1) for condition, column in parts
    ]
    return " UNION ".join(f"({select})" for select in selects)


def _order(column: str) -> tuple[Term, ...]:
    return (Term(column, descending=False, type=datetime, nullable=True), Term("id", descending=False, type=UUID))
