"""What stands in the custom fields of a record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry
from strawberry.types import Info

from crm.core.ids import parse_id
from crm.graph import reads
from crm.graph.fields import column, computed, related
from crm.graph.nouns import noun, noun_of_record
from crm.graph.rows import Row
from crm.schema.system.record import Node


@noun(
    "custom_value",
    order="position",
    part_of="OwnedRecord",
    extra=("target_id",),
    description="One value of a custom field (自定义字段值), under the name for its type; of several options each is one.",
)
class CustomValue:
    """自定义字段值."""

    field = related("system.CustomField", "field_id", "The field it is a value of.", card=True)
    text: str | None = column("Of TEXT.")
    number: Decimal | None = column("Of NUMBER, and of MONEY in the organisation's currency.")
    day: date | None = column("Of DATE.")
    yes_no: bool | None = column("Of YES_NO.")
    option = related("system.DictionaryItem", "option_id", "Of OPTION and MULTI_OPTION.", card=True)
    user = related("system.User", "user_id", "Of USER.", card=True)
    position: int = column("The place of an option among several.", sort=True)

    @computed("Of RECORD; null where the viewer may not see it.", needs=("target_id",))
    async def record(root: Row, info: Info) -> Node | None:
        """The record itself, under its own rights."""
        key = None if root.record["target_id"] is None else parse_id(str(root.record["target_id"]))
        entry = None if key is None else noun_of_record(key)
        return None if key is None or entry is None else await reads.one(info.context, entry, key)  # type: ignore[return-value]


@strawberry.input(
    description="The value of one custom field (自定义字段), under the name for its type; without one it is cleared."
)
class CustomFieldInput:
    """What creations and updates of all owned records take."""

    key: str = strawberry.field(description="The key of the field.")
    text: strawberry.Maybe[str | None] = strawberry.field(description="Of TEXT, at most 500 characters.")
    number: strawberry.Maybe[Decimal | None] = strawberry.field(description="Of NUMBER and MONEY, with at most 4 decimals.")
    day: strawberry.Maybe[date | None] = strawberry.field(description="Of DATE.")
    yes_no: strawberry.Maybe[bool | None] = strawberry.field(description="Of YES_NO.")
    option_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of OPTION: an option of its dictionary.")
    option_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Of MULTI_OPTION: all of them, at most 20."
    )
    user_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of USER.")
    record_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of RECORD: one that the viewer may see.")


@strawberry.input(description="What creations and updates of all owned records have in common.")
class OwnedValues:
    """The base of their inputs."""

    custom_fields: strawberry.Maybe[list[CustomFieldInput]] = strawberry.field(
        description="Values of custom fields (自定义字段), at most 100; fields that are not named stay as they are."
    )
