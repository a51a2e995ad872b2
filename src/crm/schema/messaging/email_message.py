"""Messages by e-mail."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry

from crm.graph.fields import column, computed, owned_list, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.messaging.email_flow import offered
from crm.rules.messaging.mail_html import with_images
from crm.schema.messaging.email_enums import (
    EmailCategory,
    EmailDirection,
    EmailFolder,
    EmailReason,
    EmailState,
    EmailVerb,
)
from crm.schema.messaging.email_recipient import EmailAddressee
from crm.schema.messaging.sms_message import SmsValueInput
from crm.schema.system.record import Record


@noun(
    "email_message",
    entity="email_message",
    label="subject",
    order="-dated_at",
    description="A message by e-mail, written or received (邮件). Whoever sees its mailbox sees it.",
    extra=("remarks",),
)
class EmailMessage(Record):
    """邮件."""

    direction: EmailDirection = column("Whether we wrote it (方向).")
    state: EmailState = column("Where it stands (状态).")
    folder: EmailFolder = column("Where it lies (文件夹).")
    category: EmailCategory = column("What it is for (类别).")
    subject: str = column("What it is about (主题).")
    from_address: str | None = column("Who wrote it (发件地址).")
    from_name: str | None = column("What they call themselves (发件人).")
    reply_address: str | None = column("Where answers go (回复地址).", filterable=False)
    dated_at: datetime = column("Its date (日期).", sort=True)
    received_at: datetime | None = column("When it came in (收到时间).")
    sent_at: datetime | None = column("When the first recipient's server took it (发送时间).")
    ended_at: datetime | None = column("When nothing more was to come (结束时间).")
    send_at: datetime | None = column("For when it was meant (定时发送时间).")
    undo_until: datetime | None = column("Until when it can be taken back for certain (可撤销至).")
    text: str = column("What it says (正文).", filterable=False)
    snippet: str = column("Its first words (摘要).", filterable=False)
    size: int = column("About how many bytes it has (大小).")
    remote_images: int = column("How many pictures from elsewhere are not shown (已屏蔽图片数).", filterable=False)
    images_allowed: bool = column("Whether somebody asked to see them (允许图片).", filterable=False)
    auto_reply: bool = column("Whether a machine answered (自动回复).")
    bounce: bool = column("Whether it tells that something did not arrive (退信).")
    seen: bool = column("Whether somebody has read it (已读).")
    flagged: bool = column("Whether it is flagged (星标).")
    answered_at: datetime | None = column("When it was answered (回复时间).")
    rfc_message_id: str | None = column("Its Message-ID.", filterable=False)
    tries: int = column("How often it was tried (尝试次数).")
    repeated: bool = column("Whether it was sent again after an answer that never came, so it may have arrived twice (可能重复).")
    reason: EmailReason | None = column("Why it was not sent or did not arrive (失败原因).")
    detail: str | None = column("The server's words for that (说明).", filterable=False)
    account = related("messaging.EmailAccount", "account_id", "In which mailbox (邮箱).")
    thread = related("messaging.EmailThread", "thread_id", "Part of which conversation (会话).")
    batch = related("messaging.EmailBatch", "batch_id", "Part of which bulk message (群发).")
    template = related("messaging.EmailTemplate", "template_id", "From which template (邮件模板).")
    party = related("customers.Party", "party_id", "With which party (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    assignee = related("system.User", "assignee_id", "Who looks after it (处理人).", card=True)
    activity = related("customers.Activity", "activity_id", "The activity that was made of it (活动).")
    reply_to = related("messaging.EmailMessage", "reply_to_id", "The message that it answers, or that came back (回复的邮件).")
    original = related("system.StoredFile", "original_id", "The message as it came in, for downloading (原始邮件).")
    recipients = owned_list("messaging.EmailRecipient", "message_id", "Whom it is to (收件人).", limit=500)
    attachments = owned_list("messaging.EmailAttachment", "message_id", "What is attached (附件).", limit=100)
    replies = related_list("messaging.EmailMessage", "reply_to_id", "What answers it (回复).")

    suggestions = owned_list("messaging.EmailSuggestion", "message_id", "Whom it may be from (匹配建议).")

    @computed(
        "The same in HTML, made harmless (富文本正文). Pictures from elsewhere stand in `data-remote-src` until `imagesAllowed`;"
        " those that came with it name their attachment in `data-attachment`.",
        needs=("html",),
        reads=("images_allowed",),
    )
    def html(root: Row) -> str | None:
        """As it was kept, or with its pictures."""
        kept: str | None = root.record["html"]
        return with_images(kept) if kept is not None and root.record["images_allowed"] else kept

    @computed("What was odd about it when it came in, such as TOO_MANY_PARTS (备注).", needs=("remarks",))
    def remarks(root: Row) -> list[str]:
        """Words of our own."""
        kept = root.record["remarks"]
        return list(orjson.loads(kept) if isinstance(kept, str | bytes) else kept)

    @computed("What people can do with it next; rights come on top.", needs=("state",), reads=("batch_id",))
    def actions(root: Row) -> list[EmailVerb]:
        """The verbs that the flow table allows from here."""
        return list(offered(EmailState(root.record["state"]), bulk=root.record["batch_id"] is not None))


EmailMessageFilter = filter_of(EmailMessage)
EmailMessageOrder = order_of(EmailMessage)
EmailMessagePayload = payload_of(EmailMessage)


@strawberry.input(description="What a message says: a subject and a text, HTML or both, or a template with its values.")
class EmailLetterInput:
    """邮件内容."""

    subject: strawberry.Maybe[str] = strawberry.field(description="One line, at most 400 characters.")
    text: strawberry.Maybe[str] = strawberry.field(description="The text; made of the HTML where there is only that.")
    html: strawberry.Maybe[str | None] = strawberry.field(description="The same in HTML; made harmless.")
    template_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="A template (邮件模板).")
    variables: strawberry.Maybe[list[SmsValueInput]] = strawberry.field(description="The values that it is to be given.")
    signed: strawberry.Maybe[bool] = strawberry.field(
        description="Whether the mailbox's signature is put beneath; true if absent."
    )


@strawberry.input(description="A message: to whom, what it says and what is attached. Absent fields stay as they are.")
class EmailDraftUpdateInput(EmailLetterInput):
    """修改草稿."""

    to: strawberry.Maybe[list[EmailAddressee]] = strawberry.field(description="The whole list of recipients.")
    cc: strawberry.Maybe[list[EmailAddressee]] = strawberry.field(description="Who gets a copy (抄送).")
    bcc: strawberry.Maybe[list[EmailAddressee]] = strawberry.field(description="Who gets one that nobody sees (密送).")
    file_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The whole list of attachments: what `POST /files` answered, or what is attached already; at most 30."
    )
    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With whom it is; else found by address.")
    party_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With which party it is.")


@strawberry.input(description="A new draft.")
class EmailDraftInput(EmailDraftUpdateInput):
    """写邮件."""

    account_id: strawberry.ID = strawberry.field(description="From which mailbox of yours.")
    reply_to_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The message in it that this one answers.")


@strawberry.input(description="A message that is sent at once, or at its time.")
class EmailSendInput(EmailDraftInput):
    """发送邮件."""

    send_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When, within a year; at once, if absent.")
