"""What the recycle bin shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, part
from crm.graph.rows import Row
from crm.schema.system.me import UserType


@part(
    of="its entity, by the scope of DELETE",
    description="A deleted record (回收站记录): enough to restore or purge the right one.",
)
class DeletedRecord:
    """回收站记录."""

    @strawberry.field(description="The record's id, for the entity's `…Restore` or for `recordPurge`.")
    def id(root: Row) -> strawberry.ID:
        """The id it always had."""
        return strawberry.ID(str(root.id))

    @strawberry.field(description="The entity, such as `customer`.")
    def entity(root: Row) -> str:
        """The name that roles grant."""
        return root.noun.entity or root.noun.name

    @strawberry.field(description="What people knew it by.")
    def name(root: Row) -> str:
        """Its name or subject."""
        return str(root.record[root.noun.label])

    @strawberry.field(description="When it was deleted.")
    def deleted_at(root: Row) -> datetime:
        """The instant."""
        found: datetime = root.record["deleted_at"]
        return found

    @strawberry.field(description="Who deleted it.")
    async def deleted_by(root: Row, info: Info) -> UserType | None:
        """Their card."""
        key = root.record["deleted_by_id"]
        found: Any = None if key is None else await reads.one(info.context, noun_named("User"), key, card=True)
        return found  # type: ignore[no-any-return]
