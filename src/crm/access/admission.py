"""Which of many viewers may read one record now: one statement for all of them, whatever rights they have.

It is rendered from the same branches as every other read. The viewers are rows here: what is a parameter elsewhere is a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import Visible
from crm.access.grants import Rights
from crm.access.predicates import FALSE, all_of, readable
from crm.access.viewer import ANONYMOUS, Viewer

_MANY = frozenset({"principals", "staff", "department_tree"})
"""What a viewer has several of. PostgreSQL has no arrays of arrays of different lengths, so each is sent as a text."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The statement, and how its one row is read."""

    text: str
    values: list[object]
    groups: tuple[bool, ...]
    """Of each group whether its members were asked about at all: no rights, no question."""

    def epoch(self, row: Mapping[str, Any]) -> int:
        """The rights' epoch in which the verdict was found."""
        found: int = row["_epoch"]
        return found

    def ended(self, row: Mapping[str, Any]) -> frozenset[int]:
        """Places, in the order of all viewers, of those whose session has ended."""
        return frozenset(place - 1 for place in row["_ended"])

    def denied(self, row: Mapping[str, Any]) -> Iterator[frozenset[int] | None]:
        """For each group the places in it of those who may not see the record; None where all of them may not."""
        for number, asked in enumerate(self.groups):
            found = row[f"d{number}"] if asked else None
            yield None if found is None else frozenset(place - 1 for place in found)


class _BindsOfRows(Binds):
    """The binds of a part that is asked for each row of viewers: their values are columns of that row."""

    def __init__(self, shared: Binds) -> None:
        super().__init__()
        self._shared = shared
        self.used: dict[str, None] = {}

    def value(self, value: object) -> str:
        """The placeholder of a value, in the whole statement."""
        return self._shared.value(value)

    def viewer(self, attribute: str) -> str:
        """The column of the viewer's own value."""
        self.used[attribute] = None
        return f"v.{attribute}"

    def alias(self) -> str:
        """A table alias that nothing else in the whole statement has."""
        return self._shared.alias()


def admission(rule: Visible, record_id: UUID, groups: Sequence[tuple[Rights, Sequence[Viewer]]]) -> Admission:
    """Ask about groups of viewers, those of each with the same rights."""
    binds = Binds()
    key = binds.value(record_id)
    columns, asked = [], []
    for number, (rights, viewers) in enumerate(groups):
        test = _denied(rule, key, rights, viewers, binds)
        asked.append(test is not None)
        if test is not None:
            columns.append(f"{test} AS d{number}")
    sessions = binds.value([viewer.session for _, viewers in groups for viewer in viewers])
    live = "SELECT FROM session z WHERE z.id = v.session AND z.revoked_at IS NULL AND z.expires_at > now()"
    ended = (
        f"ARRAY(SELECT v.place FROM unnest({sessions}::uuid[]) WITH ORDINALITY AS v(session, place) WHERE NOT EXISTS ({live}))"
    )
    columns += [f"{ended} AS _ended", "e.epoch AS _epoch"]
    text, values = binds.statement(f"SELECT {', '.join(columns)} FROM rights_epoch e", ANONYMOUS)
    return Admission(text, values, tuple(asked))


def _denied(rule: Visible, key: str, rights: Rights, viewers: Sequence[Viewer], binds: Binds) -> str | None:
    """The places of those who may not see the record, as an array; NULL where nobody may. None needs no asking: nobody may."""
    own, alias = _BindsOfRows(binds), binds.alias()
    seen = readable(rule, alias, rights, own)
    if seen == FALSE:
        return None
    row = f"EXISTS (SELECT FROM {rule.table} {alias} WHERE {all_of([f'{alias}.id = {key}', seen])})"
    if not own.used:
        return f"CASE WHEN {row} THEN '{{}}'::bigint[] END"
    given = ", ".join(_given(attribute, viewers, binds) for attribute in own.used)
    shown = ", ".join(f"u.{name}::uuid[]" if name in _MANY else f"u.{name}" for name in own.used)
    names = ", ".join(own.used)
    people = f"SELECT {shown}, u.place FROM unnest({given}) WITH ORDINALITY AS u({names}, place)"
    return f"ARRAY(SELECT v.place FROM ({people}) v({names}, place) WHERE NOT {row})"


def _given(attribute: str, viewers: Sequence[Viewer], binds: Binds) -> str:
    if attribute in _MANY:
        return f"{binds.value([_listed(getattr(viewer, attribute)) for viewer in viewers])}::text[]"
    return f"{binds.value([getattr(viewer, attribute) for viewer in viewers])}::uuid[]"


@lru_cache(maxsize=20_000)
def _listed(ids: tuple[UUID, ...]) -> str:
    return f"{{{','.join(map(str, ids))}}}"
