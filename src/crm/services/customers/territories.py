"""What happens to territories: a tree, each part of which covers regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Territory, TerritoryRegion
from crm.rules.system.hierarchies import would_cycle
from crm.services import value_rows
from crm.services.arguments import told_at
from crm.services.deeds import Deed
from crm.services.records import (
    FieldChange,
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

TREE_LOCK = 7_261_053
LISTS = ("region_ids",)


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new territory with its regions."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "territory", _names(given))
    territory, changes = await insert(deed, Territory, Kind.TERRITORY, await _decided(deed, given, None))
    changes += await _replace_regions(deed, territory.id, given)
    await record_change(deed, territory, "territory.create", changes)
    return territory.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; a list of regions that is given replaces the one that is there."""
    territory = await claim(deed, Territory, record_id, Action.UPDATE)
    check_version(territory, version)
    check_frozen(deed, "territory", _names(given))
    values = await _decided(deed, given, territory)
    if values.get("parent_id") is not None:
        await _refuse_circle(deed, territory.id, values["parent_id"])
    changes = await _replace_regions(deed, territory.id, given)
    if changes := await revise(deed, territory, values, changes):
        await record_change(deed, territory, "territory.update", changes)
    return territory.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a territory to the recycle bin. What lies below it, and its channels, show nothing above until it comes back."""
    territory = await claim(deed, Territory, record_id, Action.DELETE)
    await trash(deed, territory, "territory.delete")
    return territory.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a territory out of the recycle bin."""
    territory = await claim(deed, Territory, record_id, Action.DELETE, deleted=True)
    await untrash(deed, territory, "territory.restore")
    return territory.id


def _names(given: Mapping[str, Any]) -> list[str]:
    """What is given, in the names of the type's fields."""
    return ["regions" if name == "region_ids" else name for name in given]


async def _decided(deed: Deed, given: Mapping[str, Any], territory: Any) -> dict[str, Any]:
    values, references = columns(Territory, given, LISTS)
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return {**values, **await resolved(deed, Territory, references, current=territory)}


async def _refuse_circle(deed: Deed, territory_id: UUID, parent_id: UUID) -> None:
    """A territory cannot lie in itself. Moves are looked at one after another: two that are each fine could make a circle."""
    await deed.run("SELECT pg_advisory_xact_lock($1)", TREE_LOCK)
    rows = await deed.rows("SELECT id, parent_id FROM territory")
    if would_cycle({row["id"]: row["parent_id"] for row in rows}, territory_id, parent_id):
        raise Invalid("A territory cannot lie in itself.", ("input", "parentId"))


async def _replace_regions(deed: Deed, territory_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    if "region_ids" not in given:
        return []
    rows = []
    for place, text in enumerate(dict.fromkeys(given["region_ids"])):
        with told_at("input", "regionIds", str(place)):
            rows.append(await resolved(deed, TerritoryRegion, {"region_id": text}, dictionaries={"region_id": "region"}))
    parent, shown = ("territory_id", territory_id), ("region_id",)
    return await value_rows.replace(deed, TerritoryRegion, Kind.TERRITORY, parent, "regions", rows, shown)
