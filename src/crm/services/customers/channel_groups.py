"""What happens to groups of channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import ChannelGroup
from crm.services.deeds import Deed
from crm.services.records import check_frozen, check_version, claim, insert, record_change, refuse_blank, revise, trash, untrash
from crm.services.values import checked


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new group."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "channel_group", list(given))
    group, changes = await insert(deed, ChannelGroup, Kind.CHANNEL_GROUP, _decided(given))
    await record_change(deed, group, "channel_group.create", changes)
    return group.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a group."""
    group = await claim(deed, ChannelGroup, record_id, Action.UPDATE)
    check_version(group, version)
    check_frozen(deed, "channel_group", list(given))
    if changes := await revise(deed, group, _decided(given)):
        await record_change(deed, group, "channel_group.update", changes)
    return group.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a group to the recycle bin. Its channels stay, and show no group until it comes back."""
    group = await claim(deed, ChannelGroup, record_id, Action.DELETE)
    await trash(deed, group, "channel_group.delete")
    return group.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a group out of the recycle bin."""
    group = await claim(deed, ChannelGroup, record_id, Action.DELETE, deleted=True)
    await untrash(deed, group, "channel_group.restore")
    return group.id


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    values = checked(ChannelGroup, given)
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return values
