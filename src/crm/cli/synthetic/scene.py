"""What synthetic records can refer to: the instant taken for now, the dictionaries, the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm.services.deeds import Deed

Options = Mapping[tuple[str, str], UUID]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a record belongs to, and who else of that department may take part in an activity. Nobody owns the public pool."""

    id: UUID | None
    department: UUID | None
    author: UUID | None
    colleagues: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """The surroundings of all records of one filling."""

    now: datetime
    options: Options

    def option(self, dictionary: str, code: str) -> UUID | None:
        """The dictionary's option with this code, unless an administrator removed it."""
        return self.options.get((dictionary, code))


async def read_options(deed: Deed) -> Options:
    """Every option that can be chosen, by the codes of its dictionary and its own."""
    rows = await deed.rows(
        "SELECT d.code AS dictionary, i.code, i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
        " WHERE i.active AND i.deleted_at IS NULL AND d.deleted_at IS NULL"
    )
    return {(row["dictionary"], row["code"]): row["id"] for row in rows}
