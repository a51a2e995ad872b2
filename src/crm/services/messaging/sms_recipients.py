"""To whom a short message goes, and by which number: of a contact or a party the first mobile one, main numbers first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from crm.access.binds import Binds
from crm.access.predicates import readable
from crm.core.errors import Forbidden, Invalid, NotFound, Required
from crm.rules.customers.phone_numbers import TextsTo, parse, texts_to
from crm.rules.messaging.sms_flow import SmsReason
from crm.services.deeds import Deed
from crm.services.references import rule_of_table, visible_id

_REFUSED = {TextsTo.LANDLINE: SmsReason.LANDLINE, TextsTo.SHORT_CODE: SmsReason.SHORT_CODE}
_TOLD = {
    SmsReason.NO_NUMBER: "There is no telephone number.",
    SmsReason.LANDLINE: "A landline takes no short messages.",
    SmsReason.SHORT_CODE: "A short code, or a number without its area code, takes no short messages.",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be written to; `reason` says why not, where there is no number for it."""

    party_id: UUID | None = None
    contact_id: UUID | None = None
    user_id: UUID | None = None
    contact_name: str | None = None
    party_name: str | None = None
    e164: str | None = None
    number: str | None = None
    reason: SmsReason | None = None


_NUMBERS = """
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(n.e164, n.display) ORDER BY n."primary" DESC, n.position) AS numbers
    FROM phone_number n WHERE n.{column} = {key}
) n ON TRUE
"""
_CONTACTS = f"""
SELECT c.id AS contact_id, c.party_id, c.name AS contact_name, p.name AS party_name, n.numbers
FROM contact c JOIN party p ON p.id = c.party_id {_NUMBERS.format(column="contact_id", key="c.id")}
WHERE c.id = ANY($1::uuid[]) AND c.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY c.id
"""
_PARTIES = f"""
SELECT NULL::uuid AS contact_id, p.id AS party_id, NULL AS contact_name, p.name AS party_name, n.numbers
FROM party p {_NUMBERS.format(column="party_id", key="p.id")}
WHERE p.id = ANY($1::uuid[]) AND p.deleted_at IS NULL ORDER BY p.id
"""


async def recipients(
    deed: Deed, contacts: Sequence[UUID], parties: Sequence[UUID], blind: Collection[UUID] = frozenset()
) -> list[Recipient]:
    """These contacts and parties, those that are gone left out, in the order of their ids.

    `blind` are contacts whose party whoever sends does not see: its name is none that a text of theirs could hold.
    """
    rows = [
        *(await deed.rows(_CONTACTS, list(contacts)) if contacts else ()),
        *(await deed.rows(_PARTIES, list(parties)) if parties else ()),
    ]
    return [_with_number({**row, "party_name": None} if row["contact_id"] in blind else row) for row in rows]


async def blind_to(deed: Deed, contacts: Sequence[UUID]) -> set[UUID]:
    """Of these contacts those whose party the viewer does not see."""
    binds = Binds()
    seen = readable(rule_of_table("party"), "p", deed.viewer.rights, binds)
    query = (
        f"SELECT c.id FROM contact c JOIN party p ON p.id = c.party_id WHERE c.id = ANY({binds.value(list(contacts))}::uuid[])"
    )
    text, values = binds.statement(f"{query} AND ({seen}) IS NOT TRUE", deed.viewer)
    return {row["id"] for row in await deed.rows(text, *values)} if contacts else set()


async def recipient_of(deed: Deed, given: Mapping[str, Any]) -> tuple[Recipient, tuple[str, ...]]:
    """The one recipient that an input names, who can be written to, and the argument that named them.

    A contact or a party, and beside them one of their numbers where it is not to be the first; or a number alone.
    """
    named = [name for name in ("contact_id", "party_id") if given.get(name) is not None]
    if len(named) == 2:
        raise Invalid("Name a contact or a party, not both.", ("input", "partyId"))
    if not named:
        return _by_number(deed, given), ("input", "number")
    where = ("input", "contactId" if named[0] == "contact_id" else "partyId")
    table = named[0].removesuffix("_id")
    key = await visible_id(deed, rule_of_table(table), given[named[0]], where)
    await refuse_hidden(deed, table, [key], where)
    found = await recipients(deed, *([key], []) if table == "contact" else ([], [key]), await blind_to(deed, [key]))
    if not found:  # a contact who is seen while their party lies in the recycle bin
        raise NotFound(where)
    chosen = found[0]
    if given.get("number") is not None:
        chosen, where = await _with_given(deed, chosen, given), ("input", "number")
    refuse_unreachable(chosen, where)
    return chosen, where


def numbered(deed: Deed, person: Recipient, number: str) -> Recipient:
    """Somebody with this number of theirs; `reason` says why it takes no messages, if so."""
    return _parsed(deed, person, number, None)


async def refuse_hidden(deed: Deed, table: str, keys: Sequence[UUID], where: tuple[str, ...]) -> None:
    """Whoever may not see somebody's numbers does not write to them either: the message would show the number."""
    hidden = deed.viewer.rights.hidden
    if table == "contact":
        entities = {"contact"}
    else:
        rows = await deed.rows("SELECT DISTINCT type FROM party WHERE id = ANY($1::uuid[])", list(keys))
        entities = {row["type"].lower() for row in rows}
    if any(f"{entity}.phoneNumbers" in hidden for entity in entities):
        raise Forbidden("No role of yours shows you their telephone numbers.", where)


def refuse_unreachable(recipient: Recipient, where: tuple[str, ...]) -> None:
    """Somebody without a number that takes messages."""
    if recipient.reason is not None:
        raise Invalid(_TOLD[recipient.reason], where)


def _with_number(row: Mapping[str, Any]) -> Recipient:
    """The first mobile number; where there is none, why."""
    numbers: list[tuple[str | None, str]] = (
        orjson.loads(row["numbers"]) if isinstance(row["numbers"], str) else row["numbers"] or []
    )
    named = {name: row[name] for name in ("party_id", "contact_id", "contact_name", "party_name")}
    reason = SmsReason.NO_NUMBER
    for e164, display in numbers:
        kind = texts_to(e164)
        if kind is TextsTo.MOBILE:
            return Recipient(**named, e164=e164, number=display)
        reason = _REFUSED[kind] if reason is not SmsReason.LANDLINE else reason
    return Recipient(**named, number=numbers[0][1] if numbers else None, reason=reason)


def _by_number(deed: Deed, given: Mapping[str, Any]) -> Recipient:
    if given.get("number") is None:
        raise Required("Name a contact, a party or a number.", ("input", "number"))
    found = _parsed(deed, Recipient(), given["number"], ("input", "number"))
    refuse_unreachable(found, ("input", "number"))
    return found


async def _with_given(deed: Deed, chosen: Recipient, given: Mapping[str, Any]) -> Recipient:
    """Another number of the same contact or party; a stranger's number beside their name would be a mistake."""
    where = ("input", "number")
    found = _parsed(deed, chosen, given["number"], where)
    column, key = ("contact_id", chosen.contact_id) if chosen.contact_id else ("party_id", chosen.party_id)
    known = await deed.rows(f"SELECT 1 FROM phone_number WHERE {column} = $1 AND e164 = $2", key, found.e164)
    if found.e164 is not None and not known:
        raise Invalid("This is none of their numbers.", where)
    return found


def _parsed(deed: Deed, person: Recipient, raw: str, where: tuple[str, ...] | None) -> Recipient:
    try:
        number = parse(raw, region=deed.dialling.region, area_code=deed.dialling.area_code)
    except ValueError as error:
        if where is None:
            return replace(person, reason=SmsReason.NO_NUMBER)
        raise Invalid(str(error), where) from None
    kind = texts_to(number.e164)
    return replace(person, e164=number.e164, number=number.display, reason=_REFUSED.get(kind))
