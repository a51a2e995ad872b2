"""What happens to the options of dictionaries. They are deactivated, and never deleted while a record uses them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid
from crm.core.kinds import Kind
from crm.models import Dictionary, DictionaryItem
from crm.services.deeds import Deed
from crm.services.records import (
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    require_gate,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.system.owned import referring
from crm.services.values import checked, columns

EDIT_LOCK = 7_261_005
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new dictionary, without options yet."""
    require_gate(deed, "dictionary", Action.ADMINISTER)
    await _one_at_a_time(deed)
    refuse_blank(given, ["code", "name_zh", "name_en"])
    values = checked(Dictionary, given)
    if not _CODE.fullmatch(values["code"]):
        raise Invalid("A code is 1 to 40 small letters, digits or `_`.", ("input", "code"))
    if await deed.rows("SELECT 1 FROM dictionary WHERE code = $1 AND deleted_at IS NULL", values["code"]):
        raise Duplicate("There is a dictionary with this code.", ("input", "code"))
    dictionary, changes = await insert(deed, Dictionary, Kind.DICTIONARY, values)
    await record_change(deed, dictionary, "dictionary.create", changes)
    return dictionary.id


async def create_item(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new option of a dictionary."""
    require_gate(deed, "dictionary", Action.ADMINISTER)
    await _one_at_a_time(deed)
    refuse_blank(given, ["dictionary_id", "code", "label_zh", "label_en"])
    values = await _decided(deed, given)
    if not _CODE.fullmatch(values["code"]):
        raise Invalid("A code is 1 to 40 small letters, digits or `_`.", ("input", "code"))
    taken = "SELECT 1 FROM dictionary_item WHERE dictionary_id = $1 AND code = $2 AND deleted_at IS NULL"
    if await deed.rows(taken, values["dictionary_id"], values["code"]):
        raise Duplicate("This dictionary has an option with this code.", ("input", "code"))
    await _check_parent(deed, values, values["dictionary_id"])
    item, changes = await insert(deed, DictionaryItem, Kind.DICTIONARY_ITEM, values)
    await record_change(deed, item, "dictionaryItem.create", changes)
    return item.id


async def update_item(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New labels, place, colour, parent; or an end to choosing it."""
    await _one_at_a_time(deed)
    item: Any = await claim(deed, DictionaryItem, record_id, Action.ADMINISTER)
    check_version(item, version)
    values = await _decided(deed, given, item)
    await _check_parent(deed, values, item.dictionary_id, item.id)
    if changes := await revise(deed, item, values):
        await record_change(deed, item, "dictionaryItem.update", changes)
    return UUID(str(item.id))


async def delete_item(deed: Deed, record_id: str) -> UUID:
    """Remove an option that no record uses; one that is used can be deactivated."""
    await _one_at_a_time(deed)
    item = await claim(deed, DictionaryItem, record_id, Action.ADMINISTER)
    if await _is_used(deed, item.id):
        raise Invalid("Records use this option; deactivate it instead.", ("id",))
    await trash(deed, item, "dictionaryItem.delete")
    return item.id


async def restore_item(deed: Deed, record_id: str) -> UUID:
    """Bring a removed option back."""
    await _one_at_a_time(deed)
    item = await claim(deed, DictionaryItem, record_id, Action.ADMINISTER, deleted=True)
    await untrash(deed, item, "dictionaryItem.restore")
    return item.id


async def _one_at_a_time(deed: Deed) -> None:
    """Options are edited one after another: two that are given to each other at once would close a circle."""
    await deed.run("SELECT pg_advisory_xact_lock($1)", EDIT_LOCK)


async def _is_used(deed: Deed, item_id: UUID) -> bool:
    """Whether any row refers to the option."""
    for model, column in referring(DictionaryItem):
        if await deed.rows(f"SELECT 1 FROM {model._meta.db_table} WHERE {column} = $1 LIMIT 1", item_id):
            return True
    return False


async def _decided(deed: Deed, given: Mapping[str, Any], item: Any = None) -> dict[str, Any]:
    values, references = columns(DictionaryItem, given)
    if values.get("colour") and not _COLOUR.fullmatch(values["colour"]):
        raise Invalid("A colour looks like #1a2b3c.", ("input", "colour"))
    return {**values, **await resolved(deed, DictionaryItem, references, current=item)}


async def _check_parent(deed: Deed, values: Mapping[str, Any], dictionary_id: UUID, item_id: UUID | None = None) -> None:
    """The entry above belongs to the same dictionary and does not stand below this one."""
    parent = values.get("parent_id")
    if parent is None:
        return
    above = await deed.rows(
        "WITH RECURSIVE up(id, dictionary_id, parent_id) AS ("
        " SELECT id, dictionary_id, parent_id FROM dictionary_item WHERE id = $1 UNION"
        " SELECT i.id, i.dictionary_id, i.parent_id FROM dictionary_item i JOIN up ON i.id = up.parent_id) SELECT * FROM up",
        parent,
    )
    if above[0]["dictionary_id"] != dictionary_id or item_id in {row["id"] for row in above}:
        raise Invalid("The entry above must be another one of the same dictionary.", ("input", "parentId"))
