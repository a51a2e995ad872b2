"""Looking for duplicates before there is a record: by what somebody is about to type in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Forbidden, Invalid, Required
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.paging import MAX_OWNED
from crm.core.text import clean, has_nul
from crm.rules.customers.duplicates import FIELDS, DuplicateCriterion, Key
from crm.rules.customers.party_names import normalised_name
from crm.rules.customers.phone_numbers import parse
from crm.services.customers import duplicates
from crm.services.customers.duplicate_search import CONTACT
from crm.services.deeds import Deed
from crm.services.records import require_gate
from crm.services.references import rule_of_table, visible_id

LONGEST = 254
_ASKED = {
    "name": DuplicateCriterion.NAME,
    "credit_code": DuplicateCriterion.CREDIT_CODE,
    "phone_numbers": DuplicateCriterion.PHONE,
    "email_addresses": DuplicateCriterion.EMAIL,
}


async def look(deed: Deed, given: Mapping[str, Any]) -> None:
    """Tell beside the outcome what may be the same. For whoever may create such records, whom a policy would tell the same."""
    entity = given["entity"]
    require_gate(deed, entity, Action.CREATE)
    for name, criterion in _ASKED.items():
        if name in given and duplicates.hidden_field(deed.viewer.rights, entity, criterion):
            raise Forbidden("No role of yours shows you this field.", ("input", FIELDS[criterion]))
    keys = await _name_keys(deed, entity, given)
    if (code := _text(given.get("credit_code"), "creditCode")) is not None:
        keys.append(Key(DuplicateCriterion.CREDIT_CODE, code.upper()))
    keys += _numbers(deed, given.get("phone_numbers", []))
    for place, written in enumerate(_listed(given.get("email_addresses", []), "emailAddresses")):
        if (address := _text(written, "emailAddresses", str(place))) is not None:
            keys.append(Key(DuplicateCriterion.EMAIL, address.lower(), place))
    deed.duplicates.extend(await duplicates.look(deed, entity, keys, []))


async def of_record(deed: Deed, record_id: str) -> list[dict[str, Any]]:
    """What a stored record may be the same as, among what the viewer sees."""
    contact = parse_id(record_id, Kind.CONTACT) is not None
    rule = rule_of_table("contact" if contact else "party")
    key = await visible_id(deed, rule, record_id, ("id",))
    entity = CONTACT if contact else (await deed.rows("SELECT lower(type) AS entity FROM party WHERE id = $1", key))[0]["entity"]
    return await duplicates.of_record(deed, entity, UUID(str(key)))


async def _name_keys(deed: Deed, entity: str, given: Mapping[str, Any]) -> list[Key]:
    name = _text(given.get("name"), "name")
    if entity != CONTACT:
        plain = normalised_name(name) if name is not None else ""
        return [Key(DuplicateCriterion.NAME, plain)] if plain else []
    if name is None:
        return []
    if given.get("party_id") is None:
        raise Required("Where do they work? One name is that of many people.", ("input", "partyId"))
    party = await visible_id(deed, rule_of_table("party"), given["party_id"], ("input", "partyId"))
    return [Key(DuplicateCriterion.NAME, f"{party} {name.lower()}")]


def _numbers(deed: Deed, written: list[str]) -> list[Key]:
    """What is no number, or not one that the whole world knows, is nobody's twice."""
    keys = []
    for place, raw in enumerate(_listed(written, "phoneNumbers")):
        text = _text(raw, "phoneNumbers", str(place)) or ""
        try:
            number = parse(text, region=deed.dialling.region, area_code=deed.dialling.area_code)
        except ValueError as error:
            raise Invalid(str(error), ("input", "phoneNumbers", str(place))) from error
        if number.e164 is not None:
            keys.append(Key(DuplicateCriterion.PHONE, number.e164, place))
    return keys


def _listed(given: list[str], name: str) -> list[str]:
    if len(given) > MAX_OWNED:
        raise Invalid(f"At most {MAX_OWNED} entries.", ("input", name))
    return given


def _text(given: str | None, *path: str) -> str | None:
    if given is None:
        return None
    if has_nul(given) or len(given) > LONGEST:
        raise Invalid(f"At most {LONGEST} characters, none of them NUL.", ("input", *path))
    return clean(given) or None
