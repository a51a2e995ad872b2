"""Segments."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from crm.graph.counts import members_of
from crm.graph.fields import column, computed
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@strawberry.enum(description="Whose records a segment holds (客群对象).")
class SegmentHolds(Enum):
    """客户、渠道、供应商、联系人."""

    CUSTOMER = "CUSTOMER"
    CHANNEL = "CHANNEL"
    SUPPLIER = "SUPPLIER"
    CONTACT = "CONTACT"


@strawberry.enum(description="How it is known who is in a segment (客群类型).")
class SegmentKind(Enum):
    """DYNAMIC 动态: whoever its filter finds at the time. STATIC 静态: whoever was put in."""

    DYNAMIC = "DYNAMIC"
    STATIC = "STATIC"


@noun(
    "segment",
    entity="segment",
    order="name",
    description="A group of customers, channels, suppliers or contacts under a name (客群), for filters everywhere: `inSegment`.",
)
class Segment(OwnedRecord):
    """客群."""

    name: str = column("Its name (名称).", sort="name_key")
    description: str | None = column("What it is for (说明).", filterable=False)
    holds: SegmentHolds = column("Whose records it holds (对象).")
    kind: SegmentKind = column("Whether its filter says who is in it, or a list (类型).")
    filter: str | None = column(
        "Of DYNAMIC: the filter (筛选条件) as JSON, as it can be given to a list of what the segment holds.",
        column="asked",
        filterable=False,
    )
    frozen_at: datetime | None = column("When a dynamic one was made a static one (固化时间).")

    @computed(
        "How many records it holds that the viewer may see (成员数); counted when it is asked for, as `totalCount` is.",
        reads=("id",),
    )
    async def member_count(root: Row, info: Info) -> int | None:
        """All segments of the answer are counted by one statement."""
        return await members_of(info.context, root.id)


SegmentFilter = filter_of(Segment)
SegmentOrder = order_of(Segment)
SegmentPayload = payload_of(Segment)
_ROOM = "crm.schema.customers"


@strawberry.input(
    description="A filter of one of the lists that a segment can hold records of; which of them it is says what it holds.",
    one_of=True,
)
class SegmentFilterInput:
    """Exactly one."""

    customers: strawberry.Maybe[Annotated[CustomerFilter, strawberry.lazy(f"{_ROOM}.customer")]] = strawberry.field(  # type: ignore[name-defined]  # noqa: F821 -- made at run time
        description="Of customers (客户)."
    )
    channels: strawberry.Maybe[Annotated[ChannelFilter, strawberry.lazy(f"{_ROOM}.channel")]] = strawberry.field(  # type: ignore[name-defined]  # noqa: F821
        description="Of channels (渠道)."
    )
    suppliers: strawberry.Maybe[Annotated[SupplierFilter, strawberry.lazy(f"{_ROOM}.supplier")]] = strawberry.field(  # type: ignore[name-defined]  # noqa: F821
        description="Of suppliers (供应商)."
    )
    contacts: strawberry.Maybe[Annotated[ContactFilter, strawberry.lazy(f"{_ROOM}.contact")]] = strawberry.field(  # type: ignore[name-defined]  # noqa: F821
        description="Of contacts (联系人)."
    )


@strawberry.input(description="What creation and update of a segment have in common.")
class SegmentValues(OwnedValues):
    """A static segment has no filter."""

    description: strawberry.Maybe[str | None] = strawberry.field(description="What it is for.")
    filter: strawberry.Maybe[SegmentFilterInput] = strawberry.field(description="Of DYNAMIC: who is in it (筛选条件).")


@strawberry.input(description="The values of a segment. Absent fields stay as they are; null clears.")
class SegmentUpdateInput(SegmentValues):
    """What it holds never changes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name.")


@strawberry.input(description="A new segment: a dynamic one by its filter, or a static one, empty, by what it holds.")
class SegmentCreateInput(SegmentValues):
    """Without an owner the record is the creator's."""

    name: str = strawberry.field(description="Its name.")
    holds: strawberry.Maybe[SegmentHolds] = strawberry.field(description="Of STATIC: whose records it will hold.")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")


@strawberry.input(description="Records that join or leave a static segment.")
class SegmentMembersInput:
    """Given by their ids."""

    record_ids: list[strawberry.ID] = strawberry.field(description="Records of what the segment holds, at most 500.")
