"""What can be asked of and done by merging (合并)."""

from __future__ import annotations

import asyncio
from typing import Any

import strawberry

from crm.access.grants import SIGNED_IN
from crm.core.errors import NotFound, RecordNotFound
from crm.core.naming import field_name
from crm.graph.context import Operation
from crm.graph.payloads import Done, refused
from crm.resolvers.deeds import consulted
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.customers.enums import MergeSide
from crm.schema.customers.merge import (
    ContactMergeInput,
    ContactMergePayload,
    MergeCount,
    MergeField,
    MergePreview,
    MergeUndoPayload,
    PartyMergeInput,
    PartyMergePayload,
)
from crm.schema.system.change import masked
from crm.services.customers import merge_preview, merge_undo, merges
from crm.services.customers.merge_preview import Compared, Preview
from crm.services.deeds import Deed


@strawberry.type
class MergeQuery:
    """Looking before and after."""

    merge = single("customers.Merge", SIGNED_IN, "One merge (合并记录).")
    merges = listing("customers.Merge", SIGNED_IN, "Merges (合并记录) of the last 30 days whose survivors the viewer may see.")

    @query(SIGNED_IN, "What merging one party into another would do (合并预览); nothing is changed.")
    async def party_merge_preview(
        operation: Operation, survivor_id: strawberry.ID, merged_id: strawberry.ID
    ) -> MergePreview | None:
        """For whoever sees both."""
        return await _preview(operation, merges.PARTIES, survivor_id, merged_id)

    @query(SIGNED_IN, "What merging one contact into another would do (合并预览); nothing is changed.")
    async def contact_merge_preview(
        operation: Operation, survivor_id: strawberry.ID, merged_id: strawberry.ID
    ) -> MergePreview | None:
        """For whoever sees both."""
        return await _preview(operation, merges.CONTACTS, survivor_id, merged_id)


@strawberry.type
class MergeMutation:
    """Merging, and undoing it."""

    @command("*.update", PartyMergePayload, "Merge a party into another of its type (合并单位): all that names it follows.")
    async def party_merge(deed: Deed, input: PartyMergeInput) -> Done:
        """Takes UPDATE of the survivor and DELETE of the other."""
        survivor, merge = await merges.merge(deed, merges.PARTIES, plain_input(input))
        return Done(id=survivor, extra={"merge": str(merge)})

    @command("*.update", ContactMergePayload, "Merge a contact into another at the same party (合并联系人).")
    async def contact_merge(deed: Deed, input: ContactMergeInput) -> Done:
        """Takes UPDATE of the survivor and DELETE of the other."""
        survivor, merge = await merges.merge(deed, merges.CONTACTS, plain_input(input))
        return Done(id=survivor, extra={"merge": str(merge)})

    @command("*.update", MergeUndoPayload, "Undo a merge of the last 30 days (撤销合并), as far as nobody changed things since.")
    async def merge_undo(deed: Deed, id: strawberry.ID) -> Done:
        """Takes what the merge took."""
        done = await merge_undo.undo(deed, id)
        return Done(
            id=done.record_id,
            extra={"merge": str(id), "fields": done.fields, "records": [str(each) for each in done.records]},
        )


async def _preview(operation: Operation, kind: merges.Merging, survivor_id: str, merged_id: str) -> MergePreview:
    try:
        found: Preview = await consulted(operation, lambda deed: merge_preview.preview(deed, kind, survivor_id, merged_id))
    except NotFound as error:
        raise RecordNotFound from error
    return MergePreview(
        fields=list(await asyncio.gather(*(_field(operation, each) for each in found.fields))),
        following=[MergeCount(entity=entity, count=count) for entity, count in found.following],
        problems=[error for each in found.problems for error in refused(each).user_errors],
        survivor_id=found.survivor,
        merged_id=found.merged,
    )


async def _field(operation: Operation, each: Compared) -> MergeField:
    """Parents that the viewer does not see are null, as in the change log."""
    survivor: Any = await masked(operation, each.survivor)
    merged: Any = await masked(operation, each.merged)
    differs = each.survivor != each.merged and each.survivor is not None and each.merged is not None
    return MergeField(
        field=field_name(each.column),
        survivor=survivor,
        merged=merged,
        differs=differs,
        side=MergeSide(each.side),
        closed=each.closed,
    )
