"""Customers, channels and suppliers: what happens to a party of each type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Party, Principal
from crm.rules.customers.contact_cycle import next_contact_at
from crm.rules.customers.duplicates import EntryPoint
from crm.rules.customers.lifecycle import PartyType
from crm.rules.customers.party_names import normalised_name, valid_credit_code
from crm.services import custom_values
from crm.services.arguments import told_at
from crm.services.customers import channel_fields, duplicates
from crm.services.customers.reach import LISTS, replace_reach
from crm.services.deeds import Deed
from crm.services.owners import owned_by
from crm.services.records import (
    check_frozen,
    check_version,
    claim,
    entity_of,
    insert,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import columns

PARENT_LOCK = 7_261_004
IDS = ("input", "ids")
DICTIONARIES = {
    "level_id": "customer_level",
    "source_id": "customer_source",
    "industry_id": "industry",
    "region_id": "region",
    "credit_grade_id": "credit_grade",
}


async def create(
    deed: Deed, type_: PartyType, given: Mapping[str, Any], way: EntryPoint | None = None, *, channel_id: UUID | None = None
) -> UUID:
    """A new party of this type, with its numbers and addresses.

    `way` is how it comes in, where the deed does not tell; `channel_id` a channel that it is known to have come by.
    """
    entity = type_.lower()
    refuse_blank(given, ["name"])
    check_frozen(deed, entity, list(given))
    values = await _decided(deed, type_, given)
    values = await owned_by(deed, entity, {"type": type_.value, "owner_since": deed.at, **values})
    values = {**channel_fields.implied(type_, channel_id or deed.viewer.channel), **values}
    party, changes = await insert(deed, Party, Kind.PARTY, values)
    if type_ is PartyType.CHANNEL:
        await Principal.create(using_db=deed.tx, id=party.id, kind=int(Kind.PARTY))
    changes += await replace_reach(deed, ("party_id", party.id), _lists(given))
    changes += await custom_values.write(deed, party, given, new=True)
    await duplicates.check(deed, entity, party.id, way=way)
    await record_change(deed, party, f"{entity}.create", changes)
    return party.id


async def update(deed: Deed, type_: PartyType, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a party; a list that is given replaces the one that is there."""
    party = await _claim(deed, type_, record_id, Action.UPDATE)
    check_version(party, version)
    return await _updated(deed, party, given)


async def update_one(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """The same values for one of many parties, whatever its type; whoever changed it last does not matter."""
    return await _updated(deed, await claim(deed, Party, record_id, Action.UPDATE, where=IDS), given)


async def _updated(deed: Deed, party: Party, given: Mapping[str, Any]) -> UUID:
    entity = entity_of(party)
    check_frozen(deed, entity, list(given))
    values = await _decided(deed, PartyType(party.type), given, party)
    known = await duplicates.before(deed, entity, party.id, given)
    if values.get("parent_id") is not None:
        await _refuse_circle(deed, party.id, values["parent_id"])
    changes = await replace_reach(deed, ("party_id", party.id), _lists(given))
    changes += await custom_values.write(deed, party, given)
    if changes := await revise(deed, party, values, changes):
        if known is not None:
            await duplicates.check(deed, entity, party.id, known=known)
        await record_change(deed, party, f"{entity}.update", changes)
    return party.id


async def delete(deed: Deed, type_: PartyType, record_id: str) -> UUID:
    """Move a party to the recycle bin. Its contacts and activities stay, for those who see them by themselves."""
    return await _deleted(deed, await _claim(deed, type_, record_id, Action.DELETE))


async def delete_one(deed: Deed, record_id: str) -> UUID:
    """The same of one of many parties, whatever its type."""
    return await _deleted(deed, await claim(deed, Party, record_id, Action.DELETE, where=IDS))


async def _deleted(deed: Deed, party: Party) -> UUID:
    await trash(deed, party, f"{entity_of(party)}.delete")
    return party.id


async def restore(deed: Deed, type_: PartyType, record_id: str) -> UUID:
    """Take a party out of the recycle bin."""
    party = await _claim(deed, type_, record_id, Action.DELETE, deleted=True)
    await untrash(deed, party, f"{type_.lower()}.restore")
    with told_at("id"):
        await duplicates.check(deed, type_.lower(), party.id)
    return party.id


async def _claim(deed: Deed, type_: PartyType, record_id: str, action: Action, *, deleted: bool = False) -> Party:
    return await claim(deed, Party, record_id, action, deleted=deleted, fixed={"type": type_.value})


async def _decided(deed: Deed, type_: PartyType, given: Mapping[str, Any], party: Party | None = None) -> dict[str, Any]:
    """The given values checked against columns, rules and references, and what follows from them."""
    values, references = columns(Party, given, LISTS)
    refuse_outside(values.get("payment_terms_days"), 0, 3650, "payment_terms_days")
    refuse_outside(values.get("contact_cycle_days"), 1, 3650, "contact_cycle_days")
    if (limit := values.get("credit_limit")) is not None and limit < 0:
        raise Invalid("A credit limit is not negative.", ("input", "creditLimit"))
    if (code := values.get("credit_code")) is not None:
        values["credit_code"] = code = code.upper()
        if not valid_credit_code(code):
            raise Invalid("This is not a unified social credit code: the check character is wrong.", ("input", "creditCode"))
    if "name" in values:
        values |= {"name_key": name_key(values["name"])[:800], "normalised_name": normalised_name(values["name"])[:200]}
    if "contact_cycle_days" in values and "next_contact_at" not in values:
        values |= _by_cycle(deed, values["contact_cycle_days"], party)
    dictionaries = {**DICTIONARIES, "category_id": channel_fields.CATEGORIES[type_]}
    values |= await resolved(deed, Party, references, dictionaries=dictionaries, current=party)
    await channel_fields.check(deed, type_, values)
    return values


def _by_cycle(deed: Deed, days: int | None, party: Party | None) -> dict[str, Any]:
    """A new cycle counts from the last contact; a party that nobody dealt with yet is due one cycle from now."""
    if days is None or (party is not None and party.contact_cycle_days == days):
        return {}
    last = None if party is None else party.last_contact_at
    return {"next_contact_at": next_contact_at(last or deed.at, days)}


def _lists(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in LISTS if name in given}


async def _refuse_circle(deed: Deed, party_id: UUID, parent_id: UUID) -> None:
    """A party cannot belong to itself, over however many steps. The walk is over all rows: rights must not hide a circle.

    Two changes that are each fine could close a circle together, so they are looked at one after another.
    """
    await deed.run("SELECT pg_advisory_xact_lock($1)", PARENT_LOCK)
    above = await deed.rows(
        "WITH RECURSIVE up(id) AS (SELECT $1::uuid UNION SELECT p.parent_id FROM party p JOIN up ON p.id = up.id"
        " WHERE p.parent_id IS NOT NULL) SELECT id FROM up",
        parent_id,
    )
    if party_id in {row["id"] for row in above}:
        raise Invalid("A party cannot belong to itself.", ("input", "parentId"))
