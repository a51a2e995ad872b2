"""What happens to segments: saved, changed, filled by hand, frozen.

What a filter means is said by whoever reads the schema; here it is text, and for freezing a condition.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import rule_of_entity
from crm.access.conditions import Condition, render_condition
from crm.access.grants import Action
from crm.access.predicates import readable
from crm.access.segments import MOST_LEVELS
from crm.core.errors import Invalid, NotFound, Required
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Segment, SegmentMember, SegmentUse
from crm.services import custom_values
from crm.services.deeds import Deed
from crm.services.owners import owned_by
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

USES_LOCK = 7_261_009
MOST_FILTER = 20_000
MOST_AT_ONCE = 500
MOST_MEMBERS = 100_000
"""Characters of a stored filter, ids that are put in at once, and records that freezing writes down."""
FILTER = ("input", "filter")
Held = tuple[Condition, Sequence[tuple[str, str]]]
"""Whom a filter finds: the condition, and the type of records where a table holds several."""


async def create(deed: Deed, given: Mapping[str, Any], uses: Sequence[UUID]) -> UUID:
    """A new segment: dynamic where it has a filter, else static and empty. `uses` are the segments that the filter names."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "segment", list(given))
    if given.get("holds") is None:
        raise Required("A segment without a filter says what it will hold.", ("input", "holds"))
    dynamic = given.get("filter") is not None
    values = {"kind": "DYNAMIC" if dynamic else "STATIC", **await _decided(deed, given)}
    segment, changes = await insert(deed, Segment, Kind.SEGMENT, await owned_by(deed, "segment", values))
    changes += await custom_values.write(deed, segment, given, new=True)
    await _use(deed, segment.id, uses)
    await record_change(deed, segment, "segment.create", _told(changes))
    return segment.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any], uses: Sequence[UUID]) -> UUID:
    """New values; a new filter is for the same sort of records."""
    segment: Any = await claim(deed, Segment, record_id, Action.UPDATE)
    check_version(segment, version)
    check_frozen(deed, "segment", [name for name in given if name != "holds"])
    if "filter" in given:
        if segment.kind == "STATIC":
            raise Invalid("A static segment has members and no filter.", FILTER)
        if given["holds"] != segment.holds:
            raise Invalid(f"It holds {segment.holds.lower()}s, and so must the filter.", FILTER)
        await _use(deed, segment.id, uses)
    changes = await custom_values.write(deed, segment, given)
    if changes := await revise(deed, segment, await _decided(deed, given), changes):
        await record_change(deed, segment, "segment.update", _told(changes))
    return UUID(str(segment.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a segment to the recycle bin; what is made of it answers an error from then on."""
    segment = await claim(deed, Segment, record_id, Action.DELETE)
    await trash(deed, segment, "segment.delete")
    return segment.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a segment out of the recycle bin."""
    segment = await claim(deed, Segment, record_id, Action.DELETE, deleted=True)
    await untrash(deed, segment, "segment.restore")
    return segment.id


async def change_members(deed: Deed, record_id: str, ids: Sequence[str], *, joining: bool) -> UUID:
    """Put records into a static segment, or take them out. All are such as the viewer sees, or none is taken."""
    segment: Any = await claim(deed, Segment, record_id, Action.UPDATE)
    if segment.kind != "STATIC":
        raise Invalid("Whom a dynamic segment holds, its filter says.", ("id",))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise Invalid(f"Between 1 and {MOST_AT_ONCE} records.", ("input", "recordIds"))
    found = await _seen(deed, segment.holds.lower(), ids)
    present = await SegmentMember.filter(segment_id=segment.id, record_id__in=found).using_db(deed.tx)
    held = {row.record_id for row in present}
    changed = sorted((set(found) - held) if joining else (set(found) & held))
    if not changed:
        return UUID(str(segment.id))
    if joining:
        rows = [SegmentMember(segment_id=segment.id, record_id=key) for key in changed]
        await SegmentMember.bulk_create(rows, using_db=deed.tx)
    else:
        await SegmentMember.filter(segment_id=segment.id, record_id__in=changed).using_db(deed.tx).delete()
    told = [str(key) for key in changed]
    change = FieldChange("members", None if joining else told, told if joining else None)
    await record_change(deed, segment, f"segment.{'add' if joining else 'remove'}", await revise(deed, segment, {}, [change]))
    return UUID(str(segment.id))


async def _seen(deed: Deed, entity: str, ids: Sequence[str]) -> list[UUID]:
    """The ids of records of this entity, all of which the viewer must see; asked by one statement."""
    rule, binds = rule_of_entity(entity), Binds()
    keys = [parse_id(text, *([rule.kind] if rule.kind is not None else [])) for text in ids]
    fixed = {value: kind for kind, value in rule.entities.items()}.get(entity) if rule.discriminator else None
    tests = [f"r.id = ANY({binds.value([key for key in keys if key is not None])}::uuid[])"]
    tests += [f"r.{rule.discriminator} = '{fixed}'"] if fixed else []
    tests.append(readable(rule, "r", deed.viewer.rights, binds, fixed=fixed))
    text, values = binds.statement(f"SELECT r.id FROM {rule.table} r WHERE {' AND '.join(tests)}", deed.viewer)
    seen = {row["id"] for row in await deed.rows(text, *values)}
    for place, key in enumerate(keys):
        if key not in seen:
            raise NotFound(("input", "recordIds", str(place)))
    return [key for key in keys if key is not None]


async def freeze(deed: Deed, record_id: str, version: int, judge: Callable[[UUID], Awaitable[Held]]) -> UUID:
    """Make a dynamic segment a static one, of what its filter finds now for whoever does this: that is what `judge` tells."""
    segment: Any = await claim(deed, Segment, record_id, Action.UPDATE)
    check_version(segment, version)
    check_frozen(deed, "segment", ["kind", "filter"], ())
    if segment.kind != "DYNAMIC":
        raise Invalid("It is static already.", ("id",))
    count = await _write_down(deed, segment, *await judge(segment.id))
    if count > MOST_MEMBERS:
        raise Invalid(f"It holds more than {MOST_MEMBERS} records; narrow its filter first.", ("id",))
    await SegmentUse.filter(segment_id=segment.id).using_db(deed.tx).delete()
    changes = await revise(deed, segment, {"kind": "STATIC", "asked": None, "frozen_at": deed.at})
    await record_change(deed, segment, "segment.freeze", _told(changes))
    return UUID(str(segment.id))


async def _write_down(deed: Deed, segment: Any, condition: Condition, fixed: Sequence[tuple[str, str]]) -> int:
    """Write the members by one statement, one more than may be at most; how many they are."""
    rule, rights, binds = rule_of_entity(segment.holds.lower()), deed.viewer.rights, Binds()
    tests = [f"r.{column} = '{value}'" for column, value in fixed]
    tests += [render_condition(condition, "r", rights, binds), readable(rule, "r", rights, binds, fixed=dict(fixed).get("type"))]
    query = (
        f"WITH found AS (SELECT r.id FROM {rule.table} r WHERE {' AND '.join(tests)} LIMIT {MOST_MEMBERS + 1}),"
        f" written AS (INSERT INTO segment_member (segment_id, record_id) SELECT {binds.value(segment.id)}::uuid, id FROM found)"
        " SELECT count(*) AS n FROM found"
    )
    text, values = binds.statement(query, deed.viewer)
    return int((await deed.rows(text, *values))[0]["n"])


def _told(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """The changes under the names of the schema, by which roles hide them."""
    return [replace(each, field="filter") if each.field == "asked" else each for each in changes]


async def _decided(deed: Deed, given: Mapping[str, Any]) -> dict[str, Any]:
    if len(given.get("filter") or "") > MOST_FILTER:
        raise Invalid(f"The filter is longer than {MOST_FILTER} characters.", FILTER)
    renamed = {"asked" if name == "filter" else name: value for name, value in given.items()}
    values, references = columns(Segment, renamed)
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return {**values, **await resolved(deed, Segment, references)}


_BELOW = f"""
WITH RECURSIVE below(id, level) AS (SELECT i, 1 FROM unnest($1::uuid[]) i UNION
    SELECT u.used_id, b.level + 1 FROM below b JOIN segment_use u ON u.segment_id = b.id WHERE b.level <= {MOST_LEVELS})
SELECT bool_or(id = $2) AS circle, coalesce(max(level), 0) AS levels FROM below
"""
_ABOVE = f"""
WITH RECURSIVE above(id, level) AS (SELECT $1::uuid, 0 UNION
    SELECT u.segment_id, a.level + 1 FROM above a JOIN segment_use u ON u.used_id = a.id WHERE a.level <= {MOST_LEVELS})
SELECT max(level) AS levels FROM above
"""


async def _use(deed: Deed, segment_id: UUID, uses: Sequence[UUID]) -> None:
    """What the segment is made of from now on. Two changes that are each fine could close a circle together, so one at a time."""
    await deed.run("SELECT pg_advisory_xact_lock($1)", USES_LOCK)
    await SegmentUse.filter(segment_id=segment_id).using_db(deed.tx).delete()
    if not uses:
        return
    below = (await deed.rows(_BELOW, list(uses), segment_id))[0]
    if below["circle"]:
        raise Invalid("A segment cannot be made of itself.", FILTER)
    above = (await deed.rows(_ABOVE, segment_id))[0]
    if below["levels"] + above["levels"] >= MOST_LEVELS:
        raise Invalid(f"Segments are made of each other over at most {MOST_LEVELS} levels.", FILTER)
    await SegmentUse.bulk_create([SegmentUse(segment_id=segment_id, used_id=key) for key in sorted(set(uses))], using_db=deed.tx)
