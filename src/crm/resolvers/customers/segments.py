"""What can be asked of and done with segments (客群)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from crm.graph.nouns import noun_named
from crm.graph.segments import stored_form
from crm.resolvers.segment_filters import JudgedFilter, held_condition, judged
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.segment import (
    SegmentCreateInput,
    SegmentFilterInput,
    SegmentMembersInput,
    SegmentPayload,
    SegmentUpdateInput,
)
from crm.services.customers import segments
from crm.services.deeds import Deed

HELD = {"customers": "Customer", "channels": "Channel", "suppliers": "Supplier", "contacts": "Contact"}


@strawberry.type
class SegmentQuery:
    """Reading segments."""

    segment = single("customers.Segment", "segment.read", "One segment (客群).")
    segments = listing("customers.Segment", "segment.read", "The segments (客群) that the viewer may see.", search=True)


@strawberry.type
class SegmentMutation:
    """Writing segments."""

    @command("segment.create", SegmentPayload, "A new segment (新建客群): with a filter a dynamic one, without one a static one.")
    async def segment_create(deed: Deed, input: SegmentCreateInput) -> UUID:
        """The filter may ask for what the creator may ask for, and for other segments."""
        given, uses = await _given(deed, input)
        return await segments.create(deed, given, uses)

    @command("segment.update", SegmentPayload, "New values of a segment (修改客群); `version` is the one that was read.")
    async def segment_update(deed: Deed, id: strawberry.ID, version: int, input: SegmentUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        given, uses = await _given(deed, input)
        return await segments.update(deed, id, version, given, uses)

    @command("segment.delete", SegmentPayload, "Move a segment to the recycle bin (删除客群).")
    async def segment_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """Segments that are made of it answer an error until it comes back."""
        return await segments.delete(deed, id)

    @command("segment.delete", SegmentPayload, "Take a segment out of the recycle bin (恢复客群).")
    async def segment_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await segments.restore(deed, id)

    @command("segment.update", SegmentPayload, "Put records into a static segment (加入客群).")
    async def segment_add(deed: Deed, id: strawberry.ID, input: SegmentMembersInput) -> UUID:
        """Those that are in it already stay."""
        return await segments.change_members(deed, id, plain_input(input)["record_ids"], joining=True)

    @command("segment.update", SegmentPayload, "Take records out of a static segment (移出客群).")
    async def segment_remove(deed: Deed, id: strawberry.ID, input: SegmentMembersInput) -> UUID:
        """Those that are not in it stay out."""
        return await segments.change_members(deed, id, plain_input(input)["record_ids"], joining=False)

    @command("segment.update", SegmentPayload, "Make a dynamic segment a static one (固化客群), of whoever is in it now.")
    async def segment_freeze(deed: Deed, id: strawberry.ID, version: int) -> UUID:
        """Whoever freezes it writes down whom they see; readers see of those whom they may."""
        return await segments.freeze(deed, id, version, lambda key: held_condition(deed, key))


async def _given(deed: Deed, input: Any) -> tuple[dict[str, Any], list[UUID]]:
    """What was given, the filter as it is stored, and the segments that it names."""
    given: dict[str, Any] = plain_input(input)
    if not isinstance(input.filter, strawberry.Some):
        return given, []
    found = await _filter(deed, input.filter.value)
    return {**given, "filter": found.text, "holds": found.holds}, found.uses


async def _filter(deed: Deed, wanted: SegmentFilterInput) -> JudgedFilter:
    name, value = next((name, getattr(wanted, name)) for name in HELD if isinstance(getattr(wanted, name), strawberry.Some))
    return await judged(deed, noun_named(HELD[name]), stored_form(value.value))
