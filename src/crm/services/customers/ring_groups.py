"""What happens to ring groups: whose telephones ring together, and on which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid, Required
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import RingGroup, RingGroupMember, RingGroupNumber
from crm.services import value_rows
from crm.services.deeds import Deed
from crm.services.owners import department_of
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import rule_of_table, visible_id
from crm.services.values import checked, columns

LISTS = ("numbers", "member_ids")
FEWEST_SECONDS, MOST_SECONDS = 5, 3600


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new group, with its numbers and members."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "ring_group", _names(given))
    group, changes = await insert(deed, RingGroup, Kind.RING_GROUP, _decided(given))
    changes += await _replace_lists(deed, group.id, given)
    await record_change(deed, group, "ring_group.create", changes)
    return group.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; a list that is given replaces the one that is there. Calls that ring already ring on as they did."""
    group = await claim(deed, RingGroup, record_id, Action.UPDATE)
    check_version(group, version)
    check_frozen(deed, "ring_group", _names(given))
    values = _decided(given)
    if changes := await revise(deed, group, values, await _replace_lists(deed, group.id, given)):
        await record_change(deed, group, "ring_group.update", changes)
    return group.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a group to the recycle bin: its numbers ring nobody from now on."""
    group = await claim(deed, RingGroup, record_id, Action.DELETE)
    await trash(deed, group, "ring_group.delete")
    return group.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a group out of the recycle bin."""
    group = await claim(deed, RingGroup, record_id, Action.DELETE, deleted=True)
    await untrash(deed, group, "ring_group.restore")
    return group.id


def _names(given: Mapping[str, Any]) -> list[str]:
    """What is given, in the names of the type's fields."""
    return ["members" if name == "member_ids" else name for name in given]


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    values, _ = columns(RingGroup, given, LISTS)
    refuse_outside(values.get("ring_seconds"), FEWEST_SECONDS, MOST_SECONDS, "ring_seconds")
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return values


async def _replace_lists(deed: Deed, group_id: UUID, given: Mapping[str, Any]) -> list[FieldChange]:
    parent, changes = ("ring_group_id", group_id), []
    if "numbers" in given:
        rows = _numbers(given["numbers"])
        changes += await value_rows.replace(deed, RingGroupNumber, Kind.RING_GROUP_NUMBER, parent, "numbers", rows, ("number",))
    if "member_ids" in given:
        people = [await _member(deed, each, place) for place, each in enumerate(given["member_ids"])]
        if len(set(people)) < len(people):
            raise Invalid("Somebody is named twice.", ("input", "memberIds"))
        rows = [{"user_id": each} for each in people]
        changes += await value_rows.replace(deed, RingGroupMember, Kind.RING_GROUP_MEMBER, parent, "members", rows, ("user_id",))
    return changes


def _numbers(given: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for place, written in enumerate(given):
        where = ("input", "numbers", str(place))
        try:
            number = checked(RingGroupNumber, {"number": written}, where)["number"]
        except (Invalid, Required) as error:
            error.field = where  # the list holds the numbers themselves
            raise
        if number in [row["number"] for row in rows]:
            raise Invalid("This number is named twice.", where)
        rows.append({"number": number})
    return rows


async def _member(deed: Deed, user_id: str, place: int) -> UUID:
    where = ("input", "memberIds", str(place))
    found = await visible_id(deed, rule_of_table("user_account"), user_id, where)
    await department_of(deed, found, where)
    return found
