"""The block list."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import BlockMatch, CallDirection
from crm.schema.system.record import Record


@noun(
    "blocked_number",
    entity="blocked_number",
    label="number",
    order="-created_at",
    description="A number, or all that begin alike, whose calls ring nobody (黑名单号码). They are kept all the same.",
)
class BlockedNumber(Record):
    """黑名单号码."""

    match: BlockMatch = column("What it stands for (匹配方式).")
    number: str | None = column("As it was entered (号码); null for withheld ones.")
    pattern: str | None = column("What calls are compared with: E.164, or its beginning (匹配号码).")
    direction: CallDirection | None = column("Only calls in this direction (呼叫方向); both, if null.")
    reason: str | None = column("Why (原因).")
    until: datetime | None = column("Until when (截止时间); for good, if null.")


BlockedNumberFilter = filter_of(BlockedNumber)
BlockedNumberOrder = order_of(BlockedNumber)
BlockedNumberPayload = payload_of(BlockedNumber)


@strawberry.input(description="What creation and update of an entry of the block list have in common.")
class BlockedNumberValues:
    """黑名单号码."""

    number: strawberry.Maybe[str | None] = strawberry.field(
        description="The number, or how numbers begin: at least three digits of one's own country. None of our own lines."
    )
    direction: strawberry.Maybe[CallDirection | None] = strawberry.field(description="INBOUND or OUTBOUND; null is both.")
    reason: strawberry.Maybe[str | None] = strawberry.field(description="Why, at most 200 characters.")
    until: strawberry.Maybe[datetime | None] = strawberry.field(description="Until when, ahead; null is for good.")


@strawberry.input(description="The values of an entry of the block list. Absent fields stay as they are; null clears.")
class BlockedNumberUpdateInput(BlockedNumberValues):
    """What an update takes."""

    match: strawberry.Maybe[BlockMatch] = strawberry.field(description="What it stands for.")


@strawberry.input(description="A new entry of the block list.")
class BlockedNumberCreateInput(BlockedNumberValues):
    """What it stands for must be said, and but for withheld ones the number."""

    match: BlockMatch = strawberry.field(description="What it stands for.")
