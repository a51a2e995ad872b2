"""The custom fields there are, as everything that asks about them knows them: part of a viewer's permission set.

They are rows that administrators edit, and they decide what a filter means and which values are hidden. So whoever edits them
moves the rights epoch, and with it every viewer, plan and statement that was made under the old ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson

from crm.rules.system.field_types import HELD, FieldType, Holding

MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class CustomField:
    """One definition, as far as reading and writing values needs it. `eager`: a new record gets a value or is refused."""

    id: UUID
    entity: str
    key: str
    type: FieldType
    filterable: bool
    sortable: bool
    eager: bool
    distinct: bool

    @property
    def held(self) -> Holding:
        """Where its values stand."""
        return HELD[self.type]

    @property
    def permission(self) -> str:
        """The grant key by which a role hides or freezes it."""
        return f"{self.entity}.custom.{self.key}"


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All definitions under the name that the last change gave them; two of one name are the same."""

    revision: UUID | None = None
    fields: Mapping[tuple[str, str], CustomField] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalogue) and self.revision == other.revision

    def __hash__(self) -> int:
        return hash(self.revision)

    def of(self, entity: str) -> list[CustomField]:
        """The fields of an entity."""
        return [each for each in self.fields.values() if each.entity == entity]


NO_FIELDS = Catalogue()


class Connection(Protocol):
    """As much of a database connection as is needed here."""

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row, or None."""


_READ = """
SELECT e.catalogue, (SELECT coalesce(json_agg(json_build_array(f.id, f.entity, f.key, f.type, f.filterable, f.sortable,
    f.active AND (f.required OR f.default_value IS NOT NULL), f.distinct_values) ORDER BY f.id), '[]')
    FROM custom_field f WHERE f.deleted_at IS NULL) AS fields FROM rights_epoch e
"""
_kept: OrderedDict[UUID, Catalogue] = OrderedDict()


async def catalogue_named(connection: Connection, revision: UUID | None) -> Catalogue:
    """The definitions of a name: from memory, or as they are now.

    The name and the definitions are read in one statement, so nothing is ever kept under a name that is not its own. Where
    another change came in between, whoever asks is out of date, and told so by the next statement.
    """
    if revision is None:
        return NO_FIELDS
    found = _kept.get(revision)
    if found is None:
        row = await connection.fetchrow(_READ)
        found = Catalogue(row["catalogue"], _fields(orjson.loads(row["fields"])))
        if found.revision is not None:
            _kept[found.revision] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


def _fields(rows: list[Any]) -> dict[tuple[str, str], CustomField]:
    made = [CustomField(UUID(row[0]), row[1], row[2], FieldType(row[3]), *row[4:]) for row in rows]
    return {(each.entity, each.key): each for each in made}
