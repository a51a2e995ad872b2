"""What happens to the catalogue of competitors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Competitor
from crm.services.deeds import Deed
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
from crm.services.values import checked


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new competitor; names are unique."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "competitor", list(given))
    competitor, changes = await insert(deed, Competitor, Kind.COMPETITOR, _decided(given))
    await record_change(deed, competitor, "competitor.create", changes)
    return competitor.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a competitor, wherever it is named."""
    competitor = await claim(deed, Competitor, record_id, Action.UPDATE)
    check_version(competitor, version)
    check_frozen(deed, "competitor", list(given))
    if changes := await revise(deed, competitor, _decided(given)):
        await record_change(deed, competitor, "competitor.update", changes)
    return competitor.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a competitor to the recycle bin that no record names."""
    competitor = await claim(deed, Competitor, record_id, Action.DELETE)
    if await deed.rows("SELECT 1 FROM competition WHERE competitor_id = $1 LIMIT 1", competitor.id):
        raise Invalid("Records name this competitor.", ("id",))
    await trash(deed, competitor, "competitor.delete")
    return competitor.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a competitor out of the recycle bin."""
    competitor = await claim(deed, Competitor, record_id, Action.DELETE, deleted=True)
    await untrash(deed, competitor, "competitor.restore")
    return competitor.id


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    values = checked(Competitor, given)
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return values
