"""What can be asked of and done with records of any kind: `node`, sharing, handing over, tagging, the recycle bin, the log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.core.errors import RecordNotFound
from crm.core.ids import parse_id
from crm.graph import reads
from crm.graph.bins import bin_page
from crm.graph.connections import Connection
from crm.graph.context import Operation
from crm.graph.declarations import Root
from crm.graph.nouns import noun_of_record
from crm.graph.payloads import Done
from crm.resolvers.bulk import each_record
from crm.resolvers.verbs import command, listing, plain_input, query
from crm.schema.system.bulk import (
    RecordPurgePayload,
    RecordsPayload,
    RecordsShareInput,
    RecordsTagInput,
    RecordsTransferInput,
    RecordsUnshareInput,
)
from crm.schema.system.deleted_record import DeletedRecord
from crm.schema.system.record import Node
from crm.services.deeds import Deed
from crm.services.system import owned, purges, shares, tags


@strawberry.type
class RecordQuery:
    """Reading records of any kind."""

    @query(SIGNED_IN, "Whatever record has this id, if the viewer may see it.", root=Root(None, SIGNED_IN, many=False))
    async def node(operation: Operation, id: strawberry.ID) -> Node | None:
        """The kind is read from the id."""
        key = parse_id(id)
        entry = noun_of_record(key) if key is not None else None
        row: Any = None if entry is None or key is None else await reads.named(operation, entry, key, window=True)
        if row is None:
            raise RecordNotFound
        return row  # type: ignore[no-any-return]

    @query(
        "*.delete", "The recycle bin (回收站) of one entity, such as `customer`, last deleted first: what the viewer may restore."
    )
    async def deleted_records(
        operation: Operation,
        entity: str,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[DeletedRecord] | None:
        """Asks for DELETE on that entity."""
        page: Any = await bin_page(operation, entity, {"first": first, "after": after, "last": last, "before": before})
        return page  # type: ignore[no-any-return]

    changes = listing("system.Change", SIGNED_IN, "The change log (变更记录) of all records that the viewer may see.")


@strawberry.type
class RecordMutation:
    """Writing records of any kind."""

    @command("*.share", RecordsPayload, "Share records (共享): with users, departments and all below them, roles, or everyone.")
    async def records_share(deed: Deed, input: RecordsShareInput) -> Done:
        """A principal that has a manual share already gets the new access and end."""
        given = plain_input(input)
        await shares.principals(deed, given["principal_ids"])

        async def act(inner: Deed, record_id: str) -> UUID:
            return await shares.share(inner, record_id, given["principal_ids"], given["access"], given.get("expires_at"))

        return await each_record(deed, given["ids"], act)

    @command("*.share", RecordsPayload, "Take shares back (取消共享). Only manual ones; others end with their cause.")
    async def records_unshare(deed: Deed, input: RecordsUnshareInput) -> Done:
        """A record that was not shared with them answers NOT_FOUND."""
        given = plain_input(input)
        return await each_record(deed, given["ids"], lambda d, record_id: shares.revoke(d, record_id, given["principal_ids"]))

    @command("*.transfer", RecordsPayload, "Hand records over to another person (转移负责人).")
    async def records_transfer(deed: Deed, input: RecordsTransferInput) -> Done:
        """They join the new owner's department."""
        given = plain_input(input)
        to = await owned.recipient(deed, given["to_id"])

        async def act(inner: Deed, record_id: str) -> UUID:
            return await owned.transfer(inner, record_id, to, with_children=given["with_children"])

        return await each_record(deed, given["ids"], act)

    @command("*.update", RecordsPayload, "Put tags on records and take others off (打标签).")
    async def records_tag(deed: Deed, input: RecordsTagInput) -> Done:
        """A record has at most 50."""
        given = plain_input(input)
        return await each_record(
            deed, given["ids"], lambda d, record_id: tags.put_on(d, record_id, given["add_ids"], given["remove_ids"])
        )

    @command(
        "*.administer", RecordPurgePayload, "Remove a record from the recycle bin for good (彻底删除). There is no way back."
    )
    async def record_purge(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused while other records refer to it, those in the recycle bin included."""
        return await purges.purge(deed, id)
