"""How people are reached: phone numbers, e-mail and postal addresses of parties and contacts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.core.errors import DomainError, Invalid
from crm.core.kinds import Kind
from crm.models import Address, EmailAddress, PhoneNumber
from crm.rules.customers.phone_numbers import parse
from crm.services import value_rows
from crm.services.deeds import Deed
from crm.services.records import FieldChange
from crm.services.references import resolved
from crm.services.values import checked

_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;:\"\[\]\\.]+(\.[^\s@<>(),;:\"\[\]\\.]+)+")
_COUNTRY = re.compile(r"[A-Z]{2}")

NUMBER_LOG = {"written": "raw", "e164": "e164", "extension": "extension", "label": "label", "primary": "primary"}
LISTS = ("phone_numbers", "email_addresses", "addresses")


@dataclass(frozen=True, slots=True)
class ReachList:
    """One of the three lists: its rows, what of them is a value, what makes two of them the same, and what the log calls them."""

    model: type[Model]
    kind: Kind
    shown: tuple[str, ...]
    same: tuple[str, ...]
    told: Mapping[str, str] | None = None


REACH: Mapping[str, ReachList] = {
    "phone_numbers": ReachList(
        PhoneNumber,
        Kind.PHONE_NUMBER,
        ("written", "e164", "extension", "display", "tail", "label", "primary"),
        ("e164", "extension", "display"),
        NUMBER_LOG,
    ),
    "email_addresses": ReachList(EmailAddress, Kind.EMAIL_ADDRESS, ("address", "label", "primary"), ("address",)),
    "addresses": ReachList(
        Address,
        Kind.ADDRESS,
        ("country", "region_id", "city", "street", "postal_code", "label", "primary"),
        ("country", "region_id", "city", "street"),
    ),
}


async def replace_reach(
    deed: Deed, parent: tuple[str, UUID], lists: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[FieldChange]:
    """Replace those of the three lists that are given; the changes for the log of the party or contact."""
    changes: list[FieldChange] = []
    for name in LISTS:
        if name not in lists:
            continue
        given = list(enumerate(lists[name]))
        match name:
            case "phone_numbers":
                rows = [_phone_number(deed, item, place) for place, item in given]
            case "email_addresses":
                rows = [_email_address(item, place) for place, item in given]
            case _:
                rows = [await _address(deed, item, place) for place, item in given]
        changes += await write_reach(deed, parent, name, rows)
    return changes


async def write_reach(deed: Deed, parent: tuple[str, UUID], name: str, rows: Sequence[Mapping[str, Any]]) -> list[FieldChange]:
    """Replace one list by rows that are checked already."""
    kind = REACH[name]
    return await value_rows.replace(deed, kind.model, kind.kind, parent, name, rows, kind.shown, kind.told)


async def stored_reach(deed: Deed, parent: tuple[str, UUID], name: str) -> list[dict[str, Any]]:
    """The rows of one list, in their order."""
    column, key = parent
    rows = REACH[name].model.filter(**{column: key}).using_db(deed.tx).order_by("position")
    return list(await rows.values(*REACH[name].shown))


def _phone_number(deed: Deed, item: Mapping[str, Any], place: int) -> dict[str, Any]:
    where = ("input", "phoneNumbers", str(place))
    try:
        written = checked(PhoneNumber, {"written": item["raw"]}, where)["written"]
    except DomainError as error:
        error.field = (*where, "raw")  # the API's name of that column
        raise
    try:
        number = parse(written, region=deed.dialling.region, area_code=deed.dialling.area_code)
    except ValueError as error:
        raise Invalid(str(error), (*where, "raw")) from error
    told = checked(PhoneNumber, {"label": item.get("label"), "primary": item.get("primary", False)}, where)
    return {
        **told,
        "written": written,
        "e164": number.e164,
        "extension": number.extension,
        "tail": number.tail,
        "display": number.display,
    }


def _email_address(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    where = ("input", "emailAddresses", str(place))
    told = checked(EmailAddress, {name: item.get(name) for name in ("address", "label", "primary")}, where)
    if not _EMAIL.fullmatch(told["address"]):
        raise Invalid("This is not an e-mail address.", (*where, "address"))
    return told


async def _address(deed: Deed, item: Mapping[str, Any], place: int) -> dict[str, Any]:
    where = ("input", "addresses", str(place))
    told = checked(Address, {name: value for name, value in item.items() if name != "region_id"}, where)
    if not _COUNTRY.fullmatch(told["country"]):
        raise Invalid("A country is two capital letters, such as CN.", (*where, "country"))
    region = {"region_id": item.get("region_id")}
    return {**told, **await resolved(deed, Address, region, path=where, dictionaries={"region_id": "region"})}
