"""The interfaces behind every record: `Node`, `Record`, `OwnedRecord`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from crm.graph.fields import column, owned_list, related, related_list, related_through
from crm.graph.rows import Row


@strawberry.interface(description="Anything with an id that `node(id)` can fetch.")
class Node:
    """Relay's node. Rows are plain records, so the concrete type is asked of the row."""

    id: strawberry.ID = column("The record's id: a UUID that never changes.")

    @classmethod
    def resolve_type(cls, row: Row, *_: Any) -> str:
        """The GraphQL type of a row."""
        return row.noun.name

    @classmethod
    def is_type_of(cls, row: Row, *_: Any) -> bool:
        """Whether a row is of this type."""
        return row.noun.type is cls


@strawberry.interface(description="A record (记录) with an author, a version and a change log.")
class Record(Node):
    """What all records share."""

    created_at: datetime = column("When it was created (创建时间).", sort=True)
    created_by = related("system.User", "created_by_id", "Who created it (创建人).", card=True)
    updated_at: datetime = column("When it was last changed (修改时间).", sort=True)
    updated_by = related("system.User", "updated_by_id", "Who last changed it (修改人).", card=True)
    version: int = column("Counts its changes. Give it with an update; an old one answers CONFLICT.", filterable=False)


@strawberry.interface(description="A record that belongs to a person and a department, and can be shared.")
class OwnedRecord(Record):
    """What owned records share."""

    owner = related("system.User", "owner_id", "Who is responsible for it (负责人).", card=True)
    department = related("system.Department", "department_id", "The owner's department when they got it (部门).", card=True)
    custom_fields = owned_list(
        "system.CustomValue",
        "record_id",
        "Its values of custom fields (自定义字段), without those the viewer may not see.",
        limit=300,
    )
    tags = related_through("system.Tag", "record_tag", "record_id", "tag_id", "Its tags (标签).")
    shares = related_list("system.Share", "record_id", "With whom it is shared (共享列表).")
    files = related_list("system.StoredFile", "record_id", "What was attached to it (相关文档).")
    changes = related_list("system.Change", "record_id", "Its change log (变更记录).")
