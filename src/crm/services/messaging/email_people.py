"""To whom bulk mail goes: of a contact or a party the first address, main ones first; and what each of them reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.core.errors import Forbidden
from crm.rules.messaging.email_addresses import address_key, address_of
from crm.rules.messaging.email_flow import EmailCategory, EmailReason
from crm.rules.messaging.email_templates import EmailVariableSource, Letter, filled
from crm.rules.messaging.placeholders import BadValue
from crm.services.deeds import Deed
from crm.services.messaging import email_suppressions
from crm.services.messaging.email_contents import signed


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to be written to; without an address where there is none that is one."""

    party_id: UUID
    contact_id: UUID | None
    contact_name: str | None
    party_name: str | None
    address: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class BulkDraft:
    """A bulk message before it has a recipient."""

    account: Mapping[str, Any]
    template_id: UUID | None
    category: EmailCategory
    letter: Letter
    variables: Sequence[Mapping[str, Any]]
    given: Mapping[str, str]
    sender_name: str
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One recipient as they would be written to, or why not."""

    person: Addressee
    letter: Letter | None
    reason: EmailReason | None


_ADDRESS = """
LEFT JOIN LATERAL (
    SELECT e.address FROM email_address e WHERE e.{column} = {key} ORDER BY e."primary" DESC, e.position LIMIT 1
) e ON TRUE
"""
_CONTACTS = f"""
SELECT c.id AS contact_id, c.party_id, c.name AS contact_name, p.name AS party_name, e.address
FROM contact c JOIN party p ON p.id = c.party_id {_ADDRESS.format(column="contact_id", key="c.id")}
WHERE c.id = ANY($1::uuid[]) AND c.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY c.id
"""
_PARTIES = f"""
SELECT NULL::uuid AS contact_id, p.id AS party_id, NULL AS contact_name, p.name AS party_name, e.address
FROM party p {_ADDRESS.format(column="party_id", key="p.id")}
WHERE p.id = ANY($1::uuid[]) AND p.deleted_at IS NULL ORDER BY p.id
"""


async def addressees(deed: Deed, contacts: Sequence[UUID], parties: Sequence[UUID], blind: Collection[UUID]) -> list[Addressee]:
    """These contacts and parties, those that are gone left out, in the order of their ids.

    `blind` are contacts whose party whoever sends does not see: its name is none that a letter of theirs could hold.
    """
    rows = [
        *(await deed.rows(_CONTACTS, list(contacts)) if contacts else ()),
        *(await deed.rows(_PARTIES, list(parties)) if parties else ()),
    ]
    return [_addressee({**row, "party_name": None} if row["contact_id"] in blind else row) for row in rows]


async def refuse_hidden(deed: Deed, table: str, keys: Sequence[UUID], where: tuple[str, ...]) -> None:
    """Whoever may not see somebody's addresses does not write to them either: the message would show the address."""
    if table == "contact":
        entities = {"contact"}
    else:
        rows = await deed.rows("SELECT DISTINCT type FROM party WHERE id = ANY($1::uuid[])", list(keys))
        entities = {row["type"].lower() for row in rows}
    if any(f"{entity}.emailAddresses" in deed.viewer.rights.hidden for entity in entities):
        raise Forbidden("No role of yours shows you their e-mail addresses.", where)


async def judged(deed: Deed, draft: BulkDraft, people: Sequence[Addressee], seen: set[str]) -> list[Sample]:
    """Each recipient's letter, or why there is none. `seen` are the addresses that have it already; those of these join them."""
    unwilling = await email_suppressions.among(deed, [each.key for each in people])
    return [_judged(draft, each, unwilling, seen) for each in people]


def _judged(draft: BulkDraft, person: Addressee, unwilling: set[str], seen: set[str]) -> Sample:
    if person.key is None:
        return Sample(person, None, EmailReason.NO_ADDRESS)
    if person.key in unwilling:
        return Sample(person, None, EmailReason.SUPPRESSED)
    if person.key in seen:
        return Sample(person, None, EmailReason.DUPLICATE)
    try:
        letter = _written(draft, person)
    except BadValue:
        return Sample(person, None, EmailReason.BAD_VALUE)
    seen.add(person.key)
    return Sample(person, letter, None)


def _written(draft: BulkDraft, person: Addressee) -> Letter:
    """What one of them reads, signed. `BadValue` where a value is missing or cannot stand there."""
    if draft.template_id is None:
        return signed(draft.letter, draft.account)
    found = {
        EmailVariableSource.CONTACT_NAME: person.contact_name or person.party_name or "",
        EmailVariableSource.PARTY_NAME: person.party_name or "",
        EmailVariableSource.SENDER_NAME: draft.sender_name,
    }
    values = {
        row["name"]: found.get(EmailVariableSource(row["source"]), draft.given.get(row["name"], "")) for row in draft.variables
    }
    return signed(filled(draft.letter, values, {row["name"]: row["longest"] for row in draft.variables}), draft.account)


def _addressee(row: Mapping[str, Any]) -> Addressee:
    """An address that was written down and is none counts as none."""
    address = None
    if row["address"] is not None:
        try:
            address = address_of(row["address"])
        except ValueError:
            address = None
    key = None if address is None else address_key(address)
    return Addressee(row["party_id"], row["contact_id"], row["contact_name"], row["party_name"], address, key)
