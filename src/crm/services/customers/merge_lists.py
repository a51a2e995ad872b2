"""The lists of two records that become one: the survivor gets what it lacks, and the merged record keeps its own for an undo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid
from crm.core.ids import kind_of, new_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case
from crm.core.paging import MAX_OWNED
from crm.models import RecordTag, Share
from crm.rules.customers.merging import longer, wider
from crm.services.customers.reach import LISTS, REACH, stored_reach, write_reach
from crm.services.deeds import Deed
from crm.services.records import FieldChange
from crm.services.values import loggable


@dataclass(slots=True)
class Union:
    """What the lists of the survivor became: for its log, and for the ledger."""

    changes: list[FieldChange] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)


async def unite(deed: Deed, column: str, survivor: UUID, merged: UUID, closed: Collection[str]) -> Union:
    """Unite numbers and addresses (whose rows name their record in `column`), tags and shares.

    Not what is `closed` to whoever merges: of that the survivor keeps its own.
    """
    done = Union()
    for name in LISTS:
        if name not in closed:
            await _unite_reach(deed, column, survivor, merged, name, done)
    if "tags" not in closed:
        await _unite_tags(deed, survivor, merged, done)
    await _unite_shares(deed, survivor, merged, done)
    return done


async def _unite_reach(deed: Deed, column: str, survivor: UUID, merged: UUID, name: str, done: Union) -> None:
    own = await stored_reach(deed, (column, survivor), name)
    theirs = await stored_reach(deed, (column, merged), name)
    known = {_same(row, REACH[name].same) for row in own}
    united = list(own)
    for row in theirs:
        if (value := _same(row, REACH[name].same)) not in known:
            known.add(value)
            united.append({**row, "primary": row["primary"] and not any(each["primary"] for each in united)})
    if len(united) > MAX_OWNED:
        raise Invalid(f"Together they have more than {MAX_OWNED} of `{camel_case(name)}`.", ("input", "mergedId"))
    if changes := await write_reach(deed, (column, survivor), name, united):
        done.changes += changes
        done.kept.setdefault("lists", {})[name] = {"old": loggable(own), "new": loggable(united)}


def _same(row: Mapping[str, Any], columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(value.lower() if isinstance(value := row[column], str) else value for column in columns)


async def _unite_tags(deed: Deed, survivor: UUID, merged: UUID, done: Union) -> None:
    rows = await RecordTag.filter(record_id__in=[survivor, merged]).using_db(deed.tx).order_by("id").values("record_id", "tag_id")
    own = [row["tag_id"] for row in rows if row["record_id"] == survivor]
    added = [row["tag_id"] for row in rows if row["record_id"] == merged and row["tag_id"] not in own]
    if len(own) + len(added) > MAX_OWNED:
        raise Invalid(f"Together they have more than {MAX_OWNED} tags.", ("input", "mergedId"))
    if added:
        kind = int(kind_of(survivor) or 0)
        await RecordTag.bulk_create(
            [RecordTag(record_id=survivor, record_kind=kind, tag_id=tag) for tag in added], using_db=deed.tx
        )
        done.changes.append(FieldChange("tags", sorted(map(str, own)), sorted(map(str, own + added))))
        done.kept["tags"] = [str(tag) for tag in added]


async def _unite_shares(deed: Deed, survivor: UUID, merged: UUID, done: Union) -> None:
    """Whoever had the merged record shared with them has the survivor now, with the wider access and until the later end."""
    shares: list[Any] = await Share.filter(record_id__in=[survivor, merged]).using_db(deed.tx).order_by("created_at", "id")
    own = {(share.principal_id, share.cause): share for share in shares if share.record_id == survivor}
    for share in shares:
        if share.record_id != merged or (share.expires_at is not None and share.expires_at <= deed.at):
            continue
        there = own.get((share.principal_id, share.cause))
        before = None if there is None else (there.access, there.expires_at)
        after = share.access, share.expires_at
        if there is not None:
            after = wider(there.access, share.access), longer(there.expires_at, share.expires_at)
        if before == after:
            continue
        row = await _write(deed, survivor, share, there, *after)
        done.changes.append(FieldChange("shares", _told(share, before), _told(share, after)))
        entry = {"id": str(row.id), "old": loggable(before), "new": loggable(after)}
        done.kept.setdefault("shares", []).append(entry)


async def _write(deed: Deed, survivor: UUID, share: Any, there: Any, access: str, expires_at: datetime | None) -> Any:
    if there is not None:
        there.access, there.expires_at = access, expires_at
        await there.save(using_db=deed.tx, update_fields=["access", "expires_at"])
        return there
    copied = {name: getattr(share, name) for name in ("record_kind", "principal_id", "cause", "granted_by_id", "created_at")}
    return await Share.create(
        using_db=deed.tx, id=new_id(Kind.SHARE), record_id=survivor, access=access, expires_at=expires_at, **copied
    )


def _told(share: Any, state: tuple[str, datetime | None] | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {"principal": str(share.principal_id), "access": state[0], "expiresAt": loggable(state[1])}


async def part(deed: Deed, column: str, survivor: UUID, kept: Mapping[str, Any]) -> tuple[list[FieldChange], list[str]]:
    """Give the survivor back the lists it had, as far as nobody has touched them since: (changes, the fields that were left)."""
    changes: list[FieldChange] = []
    left: list[str] = []
    for name, lists in kept.get("lists", {}).items():
        if loggable(await stored_reach(deed, (column, survivor), name)) != lists["new"]:
            left.append(camel_case(name))
            continue
        changes += await write_reach(deed, (column, survivor), name, [_read(row) for row in lists["old"]])
    if tags := kept.get("tags"):
        before = set(await RecordTag.filter(record_id=survivor).using_db(deed.tx).values_list("tag_id", flat=True))
        await RecordTag.filter(record_id=survivor, tag_id__in=tags).using_db(deed.tx).delete()
        after = before - {UUID(tag) for tag in tags}
        if after != before:
            changes.append(FieldChange("tags", sorted(map(str, before)), sorted(map(str, after))))
    if await _part_shares(deed, survivor, kept.get("shares", []), changes):
        left.append("shares")
    return changes, left


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    """A value row as it was before it was kept as JSON: of its columns only the region is no plain value."""
    region = row.get("region_id")
    return {**row, "region_id": UUID(region)} if region is not None else dict(row)


async def _part_shares(deed: Deed, survivor: UUID, kept: Sequence[Mapping[str, Any]], changes: list[FieldChange]) -> bool:
    """Take back what the merge shared; whether any share was left as somebody made it since."""
    left = False
    for entry in kept:
        share: Any = await Share.filter(record_id=survivor, id=entry["id"]).using_db(deed.tx).first()
        if share is None:
            continue
        now = share.access, share.expires_at
        if loggable(now) != entry["new"]:
            left = True
            continue
        if entry["old"] is None:
            await share.delete(using_db=deed.tx)
            changes.append(FieldChange("shares", _told(share, now), None))
            continue
        access, until = entry["old"]
        share.access, share.expires_at = access, None if until is None else datetime.fromisoformat(until)
        await share.save(using_db=deed.tx, update_fields=["access", "expires_at"])
        changes.append(FieldChange("shares", _told(share, now), _told(share, (share.access, share.expires_at))))
    return left
