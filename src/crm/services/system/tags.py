"""What happens to tags, and putting them on records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid
from crm.core.kinds import Kind
from crm.core.paging import MAX_OWNED
from crm.models import RecordTag, Tag
from crm.services.deeds import Deed
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    entity_of,
    insert,
    record_change,
    refuse_blank,
    revise,
    rule_of,
    trash,
    untrash,
)
from crm.services.references import rule_of_table, visible_id
from crm.services.system.owned import model_of_record
from crm.services.values import checked

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new tag."""
    refuse_blank(given, ["name"])
    tag, changes = await insert(deed, Tag, Kind.TAG, await _decided(deed, given))
    await record_change(deed, tag, "tag.create", changes)
    return tag.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """A new name or colour, on every record that has the tag."""
    tag = await claim(deed, Tag, record_id, Action.UPDATE)
    check_version(tag, version)
    check_frozen(deed, "tag", list(given))
    if changes := await revise(deed, tag, await _decided(deed, given, tag.id)):
        await record_change(deed, tag, "tag.update", changes)
    return tag.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a tag to the recycle bin; records show it no longer."""
    tag = await claim(deed, Tag, record_id, Action.DELETE)
    await trash(deed, tag, "tag.delete")
    return tag.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a tag out of the recycle bin, onto the records that had it."""
    tag = await claim(deed, Tag, record_id, Action.DELETE, deleted=True)
    await _refuse_taken(deed, tag.name, tag.id, ("id",))
    await untrash(deed, tag, "tag.restore")
    return tag.id


async def put_on(deed: Deed, record_id: str, add: Sequence[str], remove: Sequence[str]) -> UUID:
    """Put tags on a record that the viewer may change, and take others off."""
    row: Any = await claim(deed, model_of_record(record_id), record_id, Action.UPDATE, where=("input", "ids"))
    check_frozen(deed, entity_of(row), ["tags"])
    rule = rule_of_table("tag")
    added = [await visible_id(deed, rule, text, ("input", "addIds", str(n))) for n, text in enumerate(add)]
    removed = [await visible_id(deed, rule, text, ("input", "removeIds", str(n))) for n, text in enumerate(remove)]
    before = set(await RecordTag.filter(record_id=row.id).using_db(deed.tx).values_list("tag_id", flat=True))
    after = (before | set(added)) - set(removed)
    if len(after) > MAX_OWNED:
        raise Invalid(f"A record has at most {MAX_OWNED} tags.", ("input", "addIds"))
    if before == after:
        return UUID(str(row.id))
    kind = int(rule_of(type(row)).kind or 0)
    await RecordTag.filter(record_id=row.id, tag_id__in=list(before - after)).using_db(deed.tx).delete()
    new = [RecordTag(record_id=row.id, record_kind=kind, tag_id=tag) for tag in after - before]
    await RecordTag.bulk_create(new, using_db=deed.tx)
    change = FieldChange("tags", sorted(map(str, before)), sorted(map(str, after)))
    await revise(deed, row, {}, [change])
    await record_change(deed, row, f"{entity_of(row)}.tag", [change])
    return UUID(str(row.id))


async def _decided(deed: Deed, given: Mapping[str, Any], tag_id: UUID | None = None) -> dict[str, Any]:
    values = checked(Tag, given)
    if values.get("colour") and not _COLOUR.fullmatch(values["colour"]):
        raise Invalid("A colour looks like #1a2b3c.", ("input", "colour"))
    if "name" in values:
        await _refuse_taken(deed, values["name"], tag_id, ("input", "name"))
    return values


async def _refuse_taken(deed: Deed, name: str, tag_id: UUID | None, where: tuple[str, ...]) -> None:
    query = "SELECT 1 FROM tag WHERE lower(name) = lower($1) AND deleted_at IS NULL AND id IS DISTINCT FROM $2"
    if await deed.rows(query, name, tag_id):
        raise Duplicate("There is a tag with this name.", where)
