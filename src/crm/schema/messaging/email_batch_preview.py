"""What a bulk message by e-mail would be, before it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, part
from crm.schema.messaging.email_enums import EmailReason
from crm.services.messaging.email_batches import EmailPreview
from crm.services.messaging.email_people import Sample

if TYPE_CHECKING:
    from crm.schema.customers.contact import Contact
    from crm.schema.customers.party import Party

ContactType = Annotated["Contact", strawberry.lazy("crm.schema.customers.contact")]
PartyType = Annotated["Party", strawberry.lazy("crm.schema.customers.party")]


@part(of="EmailBatch", description="So many recipients would get nothing, for one reason.")
class EmailRefusedCount:
    """未发送数."""

    reason: EmailReason = strawberry.field(description="Why (原因).")
    count: int = strawberry.field(description="How many (人数).")


@part(of="EmailBatch", description="One recipient as they would be written to (邮件预览).")
class EmailSample:
    """Among the first of them."""

    sample: strawberry.Private[Sample]

    @strawberry.field(description="The contact, if it is one (联系人).")
    async def contact(self, info: Info) -> ContactType | None:
        """Read under the viewer's rights."""
        key = self.sample.person.contact_id
        found: Any = None if key is None else await reads.one(info.context, noun_named("Contact"), key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="The party (单位).")
    async def party(self, info: Info) -> PartyType | None:
        """Read under the viewer's rights."""
        found: Any = await reads.one(info.context, noun_named("Party"), self.sample.person.party_id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="By which address (邮箱地址).")
    def address(self) -> str | None:
        """The first of theirs."""
        return self.sample.person.address

    @strawberry.field(description="The subject that they would read (主题); null where they would get nothing.")
    def subject(self) -> str | None:
        """With their values."""
        return self.sample.letter.subject if self.sample.letter else None

    @strawberry.field(description="The text that they would read (正文).")
    def text(self) -> str | None:
        """Signed, with their values."""
        return self.sample.letter.text if self.sample.letter else None

    @strawberry.field(description="The same in HTML (富文本正文).")
    def html(self) -> str | None:
        """With their values escaped."""
        return self.sample.letter.html if self.sample.letter else None

    @strawberry.field(description="Why they would get nothing (原因).")
    def reason(self) -> EmailReason | None:
        """Null where they get it."""
        return self.sample.reason


@part(of="EmailBatch", description="What a bulk message would come to (群发预览). Nothing is written by asking.")
class EmailBatchPreview:
    """群发预览."""

    found: strawberry.Private[EmailPreview]

    @strawberry.field(description="Whom it reaches (收件人数).")
    def recipient_count(self) -> int:
        """Each once."""
        return self.found.recipients

    @strawberry.field(description="How many of them would get it (可发送数).")
    def sendable_count(self) -> int:
        """As things stand now."""
        return self.found.sendable

    @strawberry.field(description="How many would get nothing, and why (未发送).")
    def refused(self) -> list[EmailRefusedCount]:
        """By reason."""
        return [EmailRefusedCount(reason=reason, count=count) for reason, count in sorted(self.found.refused.items())]

    @strawberry.field(description="The first of them, at most 5 (示例).")
    def samples(self) -> list[EmailSample]:
        """As they would read it."""
        return [EmailSample(sample=each) for each in self.found.samples]
