"""The change log."""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import Enum
from typing import Any

import orjson
import strawberry
from strawberry.types import Info

from crm.access.grants import Rights
from crm.core.ids import parse_id
from crm.core.naming import camel_case
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import hidden_fields, noun, noun_of_record, nouns, part
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

    @computed("The fields that changed, without those the viewer may not see.", needs=("changes",), reads=("record_id", "entity"))
    async def fields(root: Row, info: Info) -> list[FieldChange]:
        """Field grants apply when the log is read, not when it was written."""
        return await visible_changes(root, info.context)


async def visible_changes(row: Row, operation: Operation) -> list[FieldChange]:
    """The changes of an entry less the fields that are hidden from the viewer now, and with null for what they may not see.

    The id of a customer they cannot read would tell that two records have the same one, and since when there is one.
    """
    stored = row.record["changes"]
    changes = orjson.loads(stored) if isinstance(stored, str | bytes) else stored
    hidden = _hidden(row.record["entity"], operation.rights)
    entry = next((each for each in nouns() if each.entity == row.record["entity"] and each.editors_only), None)
    told = entry is not None and entry.editors_only & {each["field"] for each in changes}
    if entry is not None and told and not await reads.editable(operation, entry, row.record["record_id"]):
        hidden |= entry.editors_only
    shown = [each for each in changes if each["field"] not in hidden and not _all_hidden(each["field"], hidden)]
    values = await asyncio.gather(*(masked(operation, each[side]) for each in shown for side in ("old", "new")))
    pairs = zip(values[::2], values[1::2], strict=True)
    return [FieldChange(field=each["field"], old=old, new=new) for each, (old, new) in zip(shown, pairs, strict=True)]


def _all_hidden(field: str, hidden: set[str]) -> bool:
    """It is a custom field, and the list of them is hidden."""
    return field.startswith("custom.") and "customFields" in hidden


async def masked(operation: Operation, value: Any) -> Any:
    """A value with null in place of every id of an owned record that the viewer does not see."""
    if isinstance(value, list):
        return list(await asyncio.gather(*(masked(operation, item) for item in value)))
    if isinstance(value, dict):
        items = await asyncio.gather(*(masked(operation, item) for item in value.values()))
        return dict(zip(value, items, strict=True))
    key = parse_id(value) if isinstance(value, str) else None
    entry = None if key is None else noun_of_record(key)
    if key is None or entry is None or not entry.rule.owned:
        return value
    return None if await reads.one(operation, entry, key) is None else value


def _hidden(entity: str, rights: Rights) -> set[str]:
    """The fields of an entity that the viewer may not see, by role or for want of a permission, in the schema's names."""
    entries = [entry for entry in nouns() if entry.entity == entity]
    hidden = {camel_case(name) for entry in entries for name in hidden_fields(entry, rights)}
    custom = {key.removeprefix(f"{entity}.") for key in rights.hidden if key.startswith(f"{entity}.custom.")}
    return hidden | custom


ChangeFilter = filter_of(Change)
ChangeOrder = order_of(Change)
