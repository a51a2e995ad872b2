"""Whom a bulk message of any medium is for: contacts, parties, and the contacts that a filter finds, as its sender sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.conditions import Condition, render_condition
from crm.access.predicates import all_of, readable
from crm.core.errors import Invalid, NotFound, Required
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.services.deeds import Deed
from crm.services.references import rule_of_table

MOST = 20_000
CONTACTS, PARTIES = ("input", "contactIds"), ("input", "partyIds")
Refusing = Callable[[Deed, str, Sequence[UUID], tuple[str, ...]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a bulk message is for."""

    contacts: Sequence[UUID]
    parties: Sequence[UUID]

    def __len__(self) -> int:
        return len(self.contacts) + len(self.parties)

    def chunks(self, size: int) -> list[Meant]:
        """The same in parts."""
        parts = [Meant(self.contacts[start : start + size], ()) for start in range(0, len(self.contacts), size)]
        return parts + [Meant((), self.parties[start : start + size]) for start in range(0, len(self.parties), size)]


async def meant_by(deed: Deed, given: Mapping[str, Any], condition: Condition | None, refuse_hidden: Refusing) -> Meant:
    """The contacts and parties that are named, and the contacts that the filter finds, each once: those the sender sees.

    `refuse_hidden` refuses whoever may not see how they are reached.
    """
    contacts = await _named(deed, "contact", Kind.CONTACT, given.get("contact_ids") or (), CONTACTS)
    parties = await _named(deed, "party", Kind.PARTY, given.get("party_ids") or (), PARTIES)
    if condition is not None:
        contacts = sorted({*contacts, *await _seen(deed, "contact", [], condition)})
    meant = Meant(contacts, parties)
    if not len(meant):
        raise Required("This reaches nobody.", ("filter",) if condition is not None else CONTACTS)
    if len(meant) > MOST:
        raise Invalid(f"At most {MOST} recipients at once.", ("filter",) if condition is not None else CONTACTS)
    if contacts:
        await refuse_hidden(deed, "contact", contacts, CONTACTS)
    if parties:
        await refuse_hidden(deed, "party", parties, PARTIES)
    return meant


async def _named(deed: Deed, table: str, kind: Kind, texts: Sequence[str], where: tuple[str, ...]) -> list[UUID]:
    if len(texts) > MOST:
        raise Invalid(f"At most {MOST} recipients at once.", where)
    keys = [parse_id(text, kind) for text in texts]
    wanted = sorted({key for key in keys if key is not None})
    seen = set(await _seen(deed, table, wanted, None)) if wanted else set()
    if missing := [place for place, key in enumerate(keys) if key not in seen]:
        raise NotFound((*where, str(missing[0])))
    return wanted


async def _seen(deed: Deed, table: str, keys: Sequence[UUID], condition: Condition | None) -> list[UUID]:
    """The rows that the sender sees, of these ids or of a condition; one more than may be tells that there are more."""
    binds, rights = Binds(), deed.viewer.rights
    tests = [readable(rule_of_table(table), "r", rights, binds)]
    if condition is not None:
        tests.append(render_condition(condition, "r", rights, binds))
    else:
        tests.append(f"r.id = ANY({binds.value(list(keys))}::uuid[])")
    text, values = binds.statement(
        f"SELECT r.id FROM {table} r WHERE {all_of(tests)} ORDER BY r.id LIMIT {MOST + 1}", deed.viewer
    )
    return [row["id"] for row in await deed.rows(text, *values)]
