"""What verbs over many records take and answer: a result for each record, so that one refusal does not stop the others."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_of_record, part
from crm.graph.payloads import Done, UserError
from crm.schema.system.record import OwnedRecord
from crm.schema.system.share import ShareAccess

MAX_BULK = 500


@part(of="its mutation", description="What became of one record of a bulk verb.")
class RecordResult:
    """The record, or why nothing happened to it."""

    id: strawberry.ID = strawberry.field(description="The id that was given.")
    user_errors: list[UserError] = strawberry.field(description="Why nothing happened to it; empty when it was done.")

    @strawberry.field(description="The record as it is now; null when nothing happened, or the viewer no longer sees it.")
    async def record(self, info: Info) -> OwnedRecord | None:
        """Read back under the viewer's rights."""
        if self.user_errors:
            return None
        key = UUID(self.id)
        entry = noun_of_record(key)
        found: Any = None if entry is None else await reads.one(info.context, entry, key, window=True)
        return found  # type: ignore[no-any-return]


@part(of="its mutation", description="What bulk verbs answer.")
class RecordsPayload:
    """One result for each record, in the order of the ids."""

    user_errors: list[UserError] = strawberry.field(description="Why nothing at all was done.")

    @strawberry.field(description="One for each id, in their order; empty when all was refused.")
    def results(self) -> list[RecordResult]:
        """Made from the plain data that an idempotency key keeps."""
        done = cast(Done, self)
        return [
            RecordResult(id=each["id"], user_errors=[UserError(**error) for error in each["errors"]])
            for each in done.extra.get("results", [])
        ]


@part(of="its mutation", description="Whether the record is gone.")
class RecordPurgePayload:
    """彻底删除结果."""

    user_errors: list[UserError] = strawberry.field(description="Why it is still there; empty when it is gone.")


@strawberry.input(description="Which records to share, with whom, and how.")
class RecordsShareInput:
    """共享."""

    ids: list[strawberry.ID] = strawberry.field(description="Records of any kind that has an owner; at most 500.")
    principal_ids: list[strawberry.ID] = strawberry.field(description="Users, departments, roles, or everyone.")
    access: ShareAccess = strawberry.field(description="What to allow.")
    expires_at: datetime | None = strawberry.field(description="Until when; null is without end.", default=None)


@strawberry.input(description="Which shares to take back.")
class RecordsUnshareInput:
    """取消共享."""

    ids: list[strawberry.ID] = strawberry.field(description="The records; at most 500.")
    principal_ids: list[strawberry.ID] = strawberry.field(description="From whom.")


@strawberry.input(description="Which records to hand over, and to whom.")
class RecordsTransferInput:
    """转移."""

    ids: list[strawberry.ID] = strawberry.field(description="Records of any kind that has an owner; at most 500.")
    to_id: strawberry.ID = strawberry.field(description="The new owner (新负责人).")
    with_children: bool = strawberry.field(
        description="Whether a party's contacts and open activities of the same owner go along.", default=False
    )


@strawberry.input(description="Which tags to put on and take off which records.")
class RecordsTagInput:
    """打标签."""

    ids: list[strawberry.ID] = strawberry.field(description="Records of any kind that has an owner; at most 500.")
    add_ids: list[strawberry.ID] = strawberry.field(description="Tags to put on.", default_factory=list)
    remove_ids: list[strawberry.ID] = strawberry.field(description="Tags to take off.", default_factory=list)
