"""What looking for duplicates has told people of records that they may not see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from strawberry.types import Info

from crm.graph import reads
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun, noun_of_record
from crm.graph.orders import order_of
from crm.graph.rows import Row
from crm.schema.system.record import Node, Record


@noun(
    "duplicate_disclosure",
    entity="duplicate_disclosure",
    order="-at",
    description="Somebody was told of a duplicate that they may not see: that it exists, and whose it is (查重披露).",
    extra=("record_id",),
)
class DuplicateDisclosure(Node):
    """查重披露."""

    at: datetime = column("When (时间).", sort=True)
    withheld: bool = column("Whether they were not told, because it was too many in an hour (已拦截).")
    user = related("system.User", "user_id", "Who was told (查重人).", card=True)
    owner = related("system.User", "owner_id", "Who was responsible for it then (负责人).", card=True)

    @computed("The record, where the viewer may see it.", needs=("record_id",))
    async def record(root: Row, info: Info) -> Record | None:
        """Under its own rights."""
        entry = noun_of_record(root.record["record_id"])
        found: Any = None if entry is None else await reads.one(info.context, entry, root.record["record_id"])
        return found  # type: ignore[no-any-return]


DuplicateDisclosureFilter = filter_of(DuplicateDisclosure)
DuplicateDisclosureOrder = order_of(DuplicateDisclosure)
