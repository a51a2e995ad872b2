"""What a bulk message would be, before it is one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, part
from crm.schema.messaging.sms_enums import SmsReason
from crm.services.messaging.sms_batches import Preview
from crm.services.messaging.sms_judgement import Sample

if TYPE_CHECKING:
    from crm.schema.customers.contact import Contact
    from crm.schema.customers.party import Party

ContactType = Annotated["Contact", strawberry.lazy("crm.schema.customers.contact")]
PartyType = Annotated["Party", strawberry.lazy("crm.schema.customers.party")]


@part(of="SmsBatch", description="So many recipients would get nothing, for one reason.")
class SmsRefusedCount:
    """未发送数."""

    reason: SmsReason = strawberry.field(description="Why (原因).")
    count: int = strawberry.field(description="How many (人数).")


@part(of="SmsBatch", description="One recipient as they would be written to (短信预览).")
class SmsSample:
    """Among the first of them."""

    sample: strawberry.Private[Sample]

    @strawberry.field(description="The contact, if it is one (联系人).")
    async def contact(self, info: Info) -> ContactType | None:
        """Read under the viewer's rights."""
        key = self.sample.recipient.contact_id
        found: Any = None if key is None else await reads.one(info.context, noun_named("Contact"), key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="The party (单位).")
    async def party(self, info: Info) -> PartyType | None:
        """Read under the viewer's rights."""
        key = self.sample.recipient.party_id
        found: Any = None if key is None else await reads.one(info.context, noun_named("Party"), key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="By which number (号码).")
    def number(self) -> str | None:
        """As people read it."""
        return self.sample.recipient.number

    @strawberry.field(description="What they would read (内容); null where they would get nothing.")
    def text(self) -> str | None:
        """Signed, with their values."""
        return self.sample.text.text if self.sample.text else None

    @strawberry.field(description="Of how many parts that is (条数).")
    def segments(self) -> int:
        """None of it is 0."""
        return self.sample.text.segments if self.sample.text else 0

    @strawberry.field(description="Why they would get nothing (原因).")
    def reason(self) -> SmsReason | None:
        """Null where they get it."""
        return self.sample.reason


@part(of="SmsBatch", description="What a bulk message would come to (群发预览). Nothing is written by asking.")
class SmsBatchPreview:
    """群发预览."""

    found: strawberry.Private[Preview]

    @strawberry.field(description="Whom it reaches (收件人数).")
    def recipient_count(self) -> int:
        """Each once."""
        return self.found.recipients

    @strawberry.field(description="How many of them would get it (可发送数).")
    def sendable_count(self) -> int:
        """As things stand now."""
        return self.found.sendable

    @strawberry.field(description="How many would get nothing, and why (未发送).")
    def refused(self) -> list[SmsRefusedCount]:
        """By reason."""
        return [SmsRefusedCount(reason=reason, count=count) for reason, count in sorted(self.found.refused.items())]

    @strawberry.field(description="Of how many parts all of it is (总条数).")
    def segment_count(self) -> int:
        """What is paid for."""
        return self.found.segments

    @strawberry.field(description="What it would cost (预计费用).")
    def cost(self) -> Decimal:
        """At the account's price."""
        return self.found.cost

    @strawberry.field(description="In which currency (币种).")
    def currency(self) -> str:
        """The account's."""
        return self.found.currency

    @strawberry.field(description="The first of them, at most 5 (示例).")
    def samples(self) -> list[SmsSample]:
        """As they would read it."""
        return [SmsSample(sample=each) for each in self.found.samples]
