"""Merges: two parties, or two contacts, that became one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun, noun_named, noun_of_record, part
from crm.graph.orders import order_of
from crm.graph.payloads import USER_ERRORS, UserError
from crm.graph.rows import Row
from crm.schema.customers.enums import ContactMergeField, MergeSide, PartyMergeField
from crm.schema.system.record import Node, Record

if TYPE_CHECKING:
    from crm.schema.customers.contact import Contact
    from crm.schema.customers.party import Party

PartyInterface = Annotated["Party", strawberry.lazy("crm.schema.customers.party")]
ContactType = Annotated["Contact", strawberry.lazy("crm.schema.customers.contact")]


@noun(
    "merge",
    label="merged_name",
    order="-at",
    description="Two records that became one (合并记录), and how to undo it for 30 days. Seen wherever the survivor is.",
    extra=("record_id",),
)
class Merge(Node):
    """合并记录."""

    at: datetime = column("When (合并时间).", sort=True)
    actor = related("system.User", "actor_id", "Who merged them (操作人).", card=True)
    merged_name: str = column("What the record was called that is part of the other now (被合并记录).", filterable=False)
    expires_at: datetime = column("Until when it can be undone; then it is forgotten (可撤销至).")
    undone_at: datetime | None = column("When it was undone (撤销时间).")
    undone_by = related("system.User", "undone_by_id", "Who undid it (撤销人).", card=True)

    @computed("The record that stands for both (保留记录).", needs=("record_id",))
    async def record(root: Row, info: Info) -> Record | None:
        """Under its own rights."""
        return await _record(info, root.record["record_id"])

    @computed("The id of the record that was merged; `node` shows the survivor for it.", needs=("merged_id",))
    def merged_id(root: Row) -> strawberry.ID:
        """The id it always had."""
        return strawberry.ID(str(root.record["merged_id"]))


MergeFilter = filter_of(Merge)
MergeOrder = order_of(Merge)


async def _record(info: Info, key: UUID) -> Record | None:
    entry = noun_of_record(key)
    found: Any = None if entry is None else await reads.one(info.context, entry, key)
    return found  # type: ignore[no-any-return]


async def _ledger(root: Any, info: Info) -> Merge | None:
    key = root.extra.get("merge")
    found: Any = None if key is None else await reads.shown(info, noun_named("Merge"), UUID(key))
    return found  # type: ignore[no-any-return]


def _merge_field() -> Any:
    return strawberry.field(
        resolver=_ledger, description="The entry of the ledger, by which it can be undone; null when refused."
    )


@part(of="its mutation", description="The party that stands for both.")
class PartyMergePayload:
    """合并结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)
    merge = _merge_field()

    @strawberry.field(description="The survivor as it is now; null when nothing was changed.")
    async def party(root: Any, info: Info) -> PartyInterface | None:
        """Read back under the viewer's rights."""
        found: Any = None if root.id is None else await reads.shown(info, noun_named("Party"), root.id)
        return found  # type: ignore[no-any-return]


@part(of="its mutation", description="The contact that stands for both.")
class ContactMergePayload:
    """合并结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)
    merge = _merge_field()

    @strawberry.field(description="The survivor as it is now; null when nothing was changed.")
    async def contact(root: Any, info: Info) -> ContactType | None:
        """Read back under the viewer's rights."""
        found: Any = None if root.id is None else await reads.shown(info, noun_named("Contact"), root.id)
        return found  # type: ignore[no-any-return]


@part(of="its mutation", description="What is there again, and what stays with the survivor because it was changed since.")
class MergeUndoPayload:
    """撤销合并结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)
    merge = _merge_field()

    @strawberry.field(description="The record that is there again; null when nothing was changed.")
    async def record(root: Any, info: Info) -> Record | None:
        """Read back under the viewer's rights."""
        return None if root.id is None else await _record(info, root.id)

    @strawberry.field(
        description="Fields of the survivor that stay as they are, because somebody changed them since (未还原字段)."
    )
    def left_fields(root: Any) -> list[str]:
        """In the schema's names."""
        return list(root.extra.get("fields", []))

    @strawberry.field(
        description="Records that stay with the survivor, because somebody changed them since; at most 100 (未还原记录)."
    )
    async def left_records(root: Any, info: Info) -> list[Record]:
        """Those that the viewer sees."""
        found = [await _record(info, UUID(each)) for each in root.extra.get("records", [])]
        return [each for each in found if each is not None]


@part(of="the records", description="One field of both records (合并字段对比).")
class MergeField:
    """合并字段对比."""

    field: str = strawberry.field(description="The field, as in the schema.")
    survivor: strawberry.scalars.JSON | None = strawberry.field(description="The survivor's value.")
    merged: strawberry.scalars.JSON | None = strawberry.field(description="The other's.")
    differs: bool = strawberry.field(description="Whether both have a value, and not the same: the one to choose.")
    side: MergeSide = strawberry.field(description="Whose it will be if nobody chooses.")
    closed: bool = strawberry.field(description="Whether no role of the viewer lets them change it: it stays the survivor's.")


@part(of="the records", description="How many records of an entity would follow.")
class MergeCount:
    """随同合并."""

    entity: str = strawberry.field(description="The entity, such as `contact`.")
    count: int = strawberry.field(description="How many of them the viewer sees, those in the recycle bin not counted.")


@part(of="the records", description="What a merge would do (合并预览).")
class MergePreview:
    """合并预览."""

    fields: list[MergeField] = strawberry.field(description="All that can be chosen, without what is hidden from the viewer.")
    following: list[MergeCount] = strawberry.field(description="What would name the survivor (随同合并).")
    problems: list[UserError] = strawberry.field(description="Why it would be refused; empty where it would not.")
    survivor_id: strawberry.Private[UUID]
    merged_id: strawberry.Private[UUID]

    @strawberry.field(description="The record that would stand for both.")
    async def survivor(self, info: Info) -> Record | None:
        """Under the viewer's rights."""
        return await _record(info, self.survivor_id)

    @strawberry.field(description="The record that would be part of it.")
    async def merged(self, info: Info) -> Record | None:
        """Under the viewer's rights."""
        return await _record(info, self.merged_id)


@strawberry.input(description="Whose value of one field of a party the survivor gets.")
class PartyMergeChoice:
    """合并取值."""

    field: PartyMergeField = strawberry.field(description="The field.")
    side: MergeSide = strawberry.field(description="Whose value.")


@strawberry.input(description="Whose value of one field of a contact the survivor gets.")
class ContactMergeChoice:
    """合并取值."""

    field: ContactMergeField = strawberry.field(description="The field.")
    side: MergeSide = strawberry.field(description="Whose value.")


_CHOICES = "Whose values the survivor gets; of fields not named its own, and where it has none the other's."


@strawberry.input(description="Which party to merge into which.")
class PartyMergeInput:
    """合并."""

    survivor_id: strawberry.ID = strawberry.field(description="The one that stays (保留记录).")
    merged_id: strawberry.ID = strawberry.field(description="The one that becomes part of it (被合并记录).")
    choices: list[PartyMergeChoice] = strawberry.field(description=_CHOICES, default_factory=list)
    survivor_version: strawberry.Maybe[int] = strawberry.field(
        description="The version that was looked at; an old one is CONFLICT."
    )
    merged_version: strawberry.Maybe[int] = strawberry.field(description="The same of the other.")


@strawberry.input(description="Which contact to merge into which.")
class ContactMergeInput:
    """合并."""

    survivor_id: strawberry.ID = strawberry.field(description="The one that stays (保留记录).")
    merged_id: strawberry.ID = strawberry.field(description="The one that becomes part of it (被合并记录).")
    choices: list[ContactMergeChoice] = strawberry.field(description=_CHOICES, default_factory=list)
    survivor_version: strawberry.Maybe[int] = strawberry.field(
        description="The version that was looked at; an old one is CONFLICT."
    )
    merged_version: strawberry.Maybe[int] = strawberry.field(description="The same of the other.")
