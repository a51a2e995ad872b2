"""Merging two records into one (合并): which values the survivor gets, and for how long it can be undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

UNDOABLE = timedelta(days=30)

PARTY_FIELDS = (
    "name", "short_name", "credit_code", "level_id", "category_id", "source_id", "industry_id", "region_id", "credit_grade_id",
    "credit_limit", "payment_terms_days", "website", "lifecycle", "parent_id", "next_contact_at", "contact_cycle_days", "note",
    "channel_group_id", "territory_id", "channel_id",
)  # fmt: skip
CONTACT_FIELDS = ("name", "title", "department_name", "primary", "birthday_on", "note")
"""What can be chosen of each: all that an update may write, but the lists, which are united."""


class MergeSide(StrEnum):
    """合并取值. Whose value the survivor has afterwards."""

    SURVIVOR = "SURVIVOR"  # 保留记录
    MERGED = "MERGED"  # 被合并记录


def side_by_default(survivor: Any, merged: Any) -> MergeSide:
    """Whose value it is where nobody chose: the survivor's, and where it has none, the other's."""
    return MergeSide.MERGED if survivor is None and merged is not None else MergeSide.SURVIVOR


def chosen(
    survivor: Mapping[str, Any], merged: Mapping[str, Any], choices: Mapping[str, MergeSide], closed: Collection[str]
) -> dict[str, Any]:
    """The values that change on the survivor, by column. Of `closed` columns, which whoever merges may not write, none does."""
    sides = {name: choices.get(name, side_by_default(survivor[name], merged[name])) for name in survivor if name not in closed}
    return {name: merged[name] for name, side in sides.items() if side is MergeSide.MERGED and merged[name] != survivor[name]}


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two instants, where there is one."""
    return max((each for each in (one, other) if each is not None), default=None)


def wider(access: str, other: str) -> str:
    """The wider of two accesses."""
    return "EDIT" if "EDIT" in (access, other) else access


def longer(until: datetime | None, other: datetime | None) -> datetime | None:
    """The later end of two shares; without an end is longest."""
    return None if until is None or other is None else max(until, other)
