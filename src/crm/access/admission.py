"""Which of many viewers may read one record now: one statement for all of them, whatever rights they have.

It is rendered from the same branches as every other read. The viewers are rows here: what is a parameter elsewhere is a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from crm.access.binds import Binds, Later, Prepared
from crm.access.branches import Visible
from crm.access.grants import Rights, ViewerKind
from crm.access.predicates import FALSE, all_of, readable
from crm.access.viewer import ANONYMOUS, Viewer
from crm.core.ids import EVERYONE_ID

_STAFF = f"""
    UNION ALL SELECT c.ancestor_id FROM user_account a JOIN department_closure c ON c.descendant_id = a.department_id
        WHERE a.id = u.id
    UNION ALL SELECT '{EVERYONE_ID}'::uuid"""
_CHANNEL = """
    UNION ALL SELECT a.channel_id FROM user_account a WHERE a.id = u.id"""
_SHOWN = {
    "id": "u.id",
    "department": "(SELECT a.department_id FROM user_account a WHERE a.id = u.id)",
    "channel": "(SELECT a.channel_id FROM user_account a WHERE a.id = u.id)",
    "principals": """ARRAY(SELECT u.id
    UNION ALL SELECT m.role_id FROM role_member m JOIN role r ON r.id = m.role_id
        WHERE m.user_id = u.id AND r.deleted_at IS NULL{others})""",
}
"""Only ids are sent. The rest is looked up, as `loading.py` does, for those about whom it is asked at all: sent along for
thousands of viewers it would be a megabyte with each event.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """The statement for groups of certain rights, whoever is in them, and how its one row is read."""

    prepared: Prepared
    groups: tuple[bool, ...]
    """Of each group whether its members were asked about at all: no rights, no question."""

    def values(self, record_id: UUID, groups: Sequence[Sequence[Viewer]]) -> list[object]:
        """The parameters for this record and these viewers."""
        sessions = [viewer.session for viewers in groups for viewer in viewers]
        people = [([viewer.id for viewer in viewers],) for viewers in groups]
        return self.prepared.values(ANONYMOUS, [(record_id,), (sessions,), *people])

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


@lru_cache(maxsize=1024)
def admission(rule: Visible, rights: tuple[Rights, ...], *, binned: bool = False) -> Question:
    """Ask about groups of viewers with these rights. `binned`: wherever the record lies, in the bin too."""
    binds = Binds()
    key = binds.value(Later(0, 0))
    columns, asked = [], []
    for number, each in enumerate(rights):
        test = _denied(rule, key, each, Later(number + 2, 0), binds, binned=binned)
        asked.append(test is not None)
        if test is not None:
            columns.append(f"{test} AS d{number}")
    live = "SELECT FROM session z WHERE z.id = v.session AND z.revoked_at IS NULL AND z.expires_at > now()"
    given = f"unnest({binds.value(Later(1, 0))}::uuid[]) WITH ORDINALITY AS v(session, place)"
    columns += [f"ARRAY(SELECT v.place FROM {given} WHERE NOT EXISTS ({live})) AS _ended", "e.epoch AS _epoch"]
    return Question(binds.prepared(f"SELECT {', '.join(columns)} FROM rights_epoch e"), tuple(asked))


def _denied(rule: Visible, key: str, rights: Rights, people: Later, binds: Binds, *, binned: bool) -> str | None:
    """The places of those who may not see the record, as an array; NULL where nobody may. None needs no asking: nobody may."""
    own, alias = _BindsOfRows(binds), binds.alias()
    seen = readable(rule, alias, rights, own, deleted=None if binned else False)
    if seen == FALSE:
        return None
    row = f"EXISTS (SELECT FROM {rule.table} {alias} WHERE {all_of([f'{alias}.id = {key}', seen])})"
    if not own.used:
        return f"CASE WHEN {row} THEN '{{}}'::bigint[] END"
    others = {ViewerKind.STAFF: _STAFF, ViewerKind.CHANNEL: _CHANNEL}.get(rights.kind, "")
    given = f"unnest({binds.value(people)}::uuid[]) WITH ORDINALITY AS u(id, place)"
    shown = ", ".join(f"{_SHOWN[attribute].format(others=others)} AS {attribute}" for attribute in own.used)
    return f"ARRAY(SELECT v.place FROM (SELECT {shown}, u.place FROM {given}) v WHERE NOT {row})"
