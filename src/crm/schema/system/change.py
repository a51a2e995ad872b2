"""The change log."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import orjson
import strawberry
from strawberry.types import Info

from crm.access.grants import Rights
from crm.core.ids import kind_of
from crm.core.naming import camel_case
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import Noun, hidden_fields, noun, nouns, part
from crm.graph.orders import order_of
from crm.graph.rows import Row
from crm.schema.system.record import Node


@strawberry.enum(description="The way a change came in.")
class ChangeChannel(Enum):
    """来源."""

    API = "API"
    IMPORT = "IMPORT"
    TELEPHONY = "TELEPHONY"
    MAIL = "MAIL"
    SCHEDULE = "SCHEDULE"
    SYSTEM = "SYSTEM"


@part(of="Change", description="One field before and after.")
class FieldChange:
    """字段变更."""

    field: str = strawberry.field(description="The field, as in the schema.")
    old: strawberry.scalars.JSON | None = strawberry.field(description="The value before; null where there was none.")
    new: strawberry.scalars.JSON | None = strawberry.field(description="The value after; null where there is none.")


def noun_of_record(key: Any) -> Noun | None:
    """The noun whose table an id's record stands in: of several types, their interface. None for what is no record itself."""
    kind = kind_of(key)
    found = (entry for entry in nouns() if entry.rule.kind is kind and not entry.source.fixed)
    return next((entry for entry in found if "id" in entry.fields), None)


@noun(
    "change",
    order="-at",
    description="One change of a record (变更记录): who, when, how, and every field before and after.",
    extra=("record_id", "entity", "changes"),
)
class Change(Node):
    """变更记录."""

    at: datetime = column("When.", sort=True)
    verb: str = column("What was done, such as `customer.update`.")
    channel: ChangeChannel = column("The way it came in.")
    request_id: str = column("The request it came with, as in the server's log.")
    actor = related("system.User", "actor_id", "Who did it (操作人).", card=True)
    on_behalf_of = related("system.User", "on_behalf_of_id", "For whom, where that was somebody else.", card=True)

    @computed("The record that was changed; null once it is gone.", needs=("record_id",))
    async def record(root: Row, info: Info) -> Node | None:
        """The record itself, under its own rights."""
        entry = noun_of_record(root.record["record_id"])
        return None if entry is None else await reads.one(info.context, entry, root.record["record_id"])  # type: ignore[return-value]

    @computed("The fields that changed, without those the viewer may not see.", needs=("changes",))
    def fields(root: Row, info: Info) -> list[FieldChange]:
        """Field grants apply when the log is read, not when it was written."""
        return visible_changes(root, info.context)


def visible_changes(row: Row, operation: Operation) -> list[FieldChange]:
    """The changes of an entry less the fields that are hidden from the viewer now."""
    stored = row.record["changes"]
    changes = orjson.loads(stored) if isinstance(stored, str | bytes) else stored
    hidden = _hidden(row.record["entity"], operation.rights)
    return [FieldChange(field=each["field"], old=each["old"], new=each["new"]) for each in changes if each["field"] not in hidden]


def _hidden(entity: str, rights: Rights) -> set[str]:
    """The fields of an entity that the viewer may not see, by role or for want of a permission, in the schema's names."""
    entries = [entry for entry in nouns() if entry.entity == entity]
    return {camel_case(name) for entry in entries for name in hidden_fields(entry, rights)}


ChangeFilter = filter_of(Change)
ChangeOrder = order_of(Change)
