"""What happens to contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Contact
from crm.rules.customers.duplicates import EntryPoint
from crm.services import custom_values
from crm.services.arguments import told_at
from crm.services.customers import duplicates
from crm.services.customers.reach import LISTS, replace_reach
from crm.services.deeds import Deed
from crm.services.owners import owned_by
from crm.services.records import (
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import columns


async def create(deed: Deed, given: Mapping[str, Any], way: EntryPoint | None = None) -> UUID:
    """A new person at a party that the creator may see. `way` is how they come in, where the deed does not tell."""
    refuse_blank(given, ["name", "party_id"])
    check_frozen(deed, "contact", list(given))
    values = await owned_by(deed, "contact", await _decided(deed, given))
    contact, changes = await insert(deed, Contact, Kind.CONTACT, values)
    changes += await replace_reach(deed, ("contact_id", contact.id), _lists(given))
    changes += await custom_values.write(deed, contact, given, new=True)
    await duplicates.check(deed, "contact", contact.id, way=way)
    await record_change(deed, contact, "contact.create", changes)
    return contact.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a contact; a list that is given replaces the one that is there."""
    contact = await claim(deed, Contact, record_id, Action.UPDATE)
    check_version(contact, version)
    check_frozen(deed, "contact", list(given))
    values = await _decided(deed, given)
    known = await duplicates.before(deed, "contact", contact.id, given)
    changes = await replace_reach(deed, ("contact_id", contact.id), _lists(given))
    changes += await custom_values.write(deed, contact, given)
    if changes := await revise(deed, contact, values, changes):
        if known is not None:
            await duplicates.check(deed, "contact", contact.id, known=known)
        await record_change(deed, contact, "contact.update", changes)
    return contact.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a contact to the recycle bin."""
    contact = await claim(deed, Contact, record_id, Action.DELETE)
    await trash(deed, contact, "contact.delete")
    return contact.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a contact out of the recycle bin."""
    contact = await claim(deed, Contact, record_id, Action.DELETE, deleted=True)
    await untrash(deed, contact, "contact.restore")
    with told_at("id"):
        await duplicates.check(deed, "contact", contact.id)
    return contact.id


async def _decided(deed: Deed, given: Mapping[str, Any]) -> dict[str, Any]:
    values, references = columns(Contact, given, LISTS)
    if "name" in values:
        values["name_key"] = name_key(values["name"], person=True)[:400]
    return {**values, **await resolved(deed, Contact, references)}


def _lists(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in LISTS if name in given}
