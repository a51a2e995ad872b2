"""Mailboxes."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, computed, owned_list, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.schema.messaging.email_enums import EmailAccountKind, EmailAccountState, MailSecurity
from crm.schema.messaging.email_member import EmailMemberInput
from crm.schema.messaging.email_rule import EmailRuleInput
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord

MAY_CHANGE = "email_account.update"


@noun(
    "email_account",
    entity="email_account",
    order="address",
    description="A mailbox (电子邮箱). Its owner sees it, its members if it is shared, and a role's scope.",
)
class EmailAccount(OwnedRecord):
    """电子邮箱."""

    address: str = column("Its address (邮箱地址).", sort=True)
    name: str = column("What people call it (名称).")
    display_name: str | None = column("The name that recipients see (发件人名称).")
    kind: EmailAccountKind = column("Whose it is (类型).")
    reply_to: str | None = column("Where answers go instead (回复地址).")
    active: bool = column("Whether anything is sent and received by it (启用).")
    signature_text: str | None = column("What stands beneath every message (签名).", filterable=False)
    signature_html: str | None = column("The same in HTML (富文本签名).", filterable=False)
    undo_seconds: int = column("So long a message that was sent can be taken back (撤销时间).")
    smtp_host: str | None = column("The server it sends by (发件服务器).", requires=MAY_CHANGE, filterable=False)
    smtp_port: int | None = column("Its port; null is the usual one (端口).", requires=MAY_CHANGE, filterable=False)
    smtp_security: MailSecurity = column("How that is encrypted (加密方式).")
    smtp_user: str | None = column("Who logs in there; null is the address (用户名).", requires=MAY_CHANGE, filterable=False)
    return_path: str | None = column(
        "Where mail comes back to, with {token} in it for each recipient's own (退信地址).", requires=MAY_CHANGE, filterable=False
    )
    connections: int = column("Over how many connections (连接数).")
    per_minute: int = column("How many messages it sends in a minute (每分钟上限).")
    per_day: int | None = column("How many recipients it has in a day; null is no limit (每日上限).")
    most_recipients: int = column("How many recipients a message has at most (收件人上限).")
    largest_megabytes: int = column("How large a message is at most (大小上限).")
    smtp_state: EmailAccountState = column("Whether the server lets us in (发件状态).")
    smtp_error: str | None = column("Why not (发件错误).", requires=MAY_CHANGE, filterable=False)
    smtp_checked_at: datetime | None = column("When that was found out (检查时间).")
    imap_host: str | None = column("The server it receives from (收件服务器).", requires=MAY_CHANGE, filterable=False)
    imap_port: int | None = column("Its port; null is the usual one (端口).", requires=MAY_CHANGE, filterable=False)
    imap_security: MailSecurity = column("How that is encrypted (加密方式).")
    imap_user: str | None = column("Who logs in there; null is the address (用户名).", requires=MAY_CHANGE, filterable=False)
    receiving: bool = column("Whether it receives (收信).")
    imap_folder: str = column("Out of which of its folders (收信文件夹).", filterable=False)
    receive_since: datetime | None = column("What came before that is left where it is (收信起始时间).")
    imap_state: EmailAccountState = column("Whether the server lets us in (收件状态).")
    imap_error: str | None = column("Why not (收件错误).", requires=MAY_CHANGE, filterable=False)
    imap_checked_at: datetime | None = column("When that was found out (检查时间).")
    synced_at: datetime | None = column("Up to when it was read (同步时间).")
    members = owned_list("messaging.EmailMember", "account_id", "Whom a shared mailbox is for (成员).")
    rules = owned_list("messaging.EmailRule", "account_id", "What is done with what arrives (收信规则).")
    threads = related_list("messaging.EmailThread", "account_id", "Its conversations (会话).")
    messages = related_list("messaging.EmailMessage", "account_id", "What is in it (邮件).")

    @computed(
        "Whether a password is kept for sending (已设发件密码). It is never shown.",
        reads=("sealed_smtp_secret",),
        requires=MAY_CHANGE,
    )
    def smtp_secret_set(root: Row) -> bool | None:
        """Only that there is one."""
        root.check("smtp_secret_set")
        return root.record["sealed_smtp_secret"] is not None

    @computed(
        "Whether a password of its own is kept for receiving (已设收件密码).", reads=("sealed_imap_secret",), requires=MAY_CHANGE
    )
    def imap_secret_set(root: Row) -> bool | None:
        """Only that there is one; without it that for sending serves for both."""
        root.check("imap_secret_set")
        return root.record["sealed_imap_secret"] is not None


EmailAccountFilter = filter_of(EmailAccount)
EmailAccountOrder = order_of(EmailAccount)
EmailAccountPayload = payload_of(EmailAccount)


@strawberry.input(description="What creation and update of a mailbox have in common.")
class EmailAccountValues(OwnedValues):
    """电子邮箱."""

    display_name: strawberry.Maybe[str | None] = strawberry.field(description="The name that recipients see.")
    kind: strawberry.Maybe[EmailAccountKind] = strawberry.field(description="PERSONAL at first; SHARED has members.")
    reply_to: strawberry.Maybe[str | None] = strawberry.field(description="Where answers go instead.")
    active: strawberry.Maybe[bool] = strawberry.field(description="False: nothing is sent and received by it.")
    signature_text: strawberry.Maybe[str | None] = strawberry.field(description="What stands beneath every message.")
    signature_html: strawberry.Maybe[str | None] = strawberry.field(description="The same in HTML; made harmless.")
    undo_seconds: strawberry.Maybe[int] = strawberry.field(description="0 to 120; 10 at first.")
    smtp_host: strawberry.Maybe[str | None] = strawberry.field(description="The server it sends by, such as smtp.example.com.")
    smtp_port: strawberry.Maybe[int | None] = strawberry.field(description="Its port; null is the usual one.")
    smtp_security: strawberry.Maybe[MailSecurity] = strawberry.field(description="STARTTLS at first.")
    smtp_user: strawberry.Maybe[str | None] = strawberry.field(description="Who logs in there; null is the address.")
    smtp_secret: strawberry.Maybe[str | None] = strawberry.field(
        description="The password, or the code that the provider gives for it; kept encrypted, never shown. Null forgets it."
    )
    return_path: strawberry.Maybe[str | None] = strawberry.field(
        description="Such as bounce+{token}@example.com, where such addresses reach a mailbox of yours."
    )
    connections: strawberry.Maybe[int] = strawberry.field(description="1 to 10; 2 at first.")
    per_minute: strawberry.Maybe[int] = strawberry.field(description="1 to 6000; 60 at first.")
    per_day: strawberry.Maybe[int | None] = strawberry.field(description="1 to 1,000,000; null is no limit.")
    most_recipients: strawberry.Maybe[int] = strawberry.field(description="1 to 500; 50 at first.")
    largest_megabytes: strawberry.Maybe[int] = strawberry.field(description="1 to 50; 20 at first.")
    imap_host: strawberry.Maybe[str | None] = strawberry.field(description="The server it receives from.")
    imap_port: strawberry.Maybe[int | None] = strawberry.field(description="Its port; null is the usual one.")
    imap_security: strawberry.Maybe[MailSecurity] = strawberry.field(description="TLS at first.")
    imap_user: strawberry.Maybe[str | None] = strawberry.field(description="Who logs in there; null is the address.")
    imap_secret: strawberry.Maybe[str | None] = strawberry.field(
        description="Its password, where it is another than for sending."
    )
    receiving: strawberry.Maybe[bool] = strawberry.field(description="Whether it receives.")
    imap_folder: strawberry.Maybe[str] = strawberry.field(description="INBOX at first.")
    receive_since: strawberry.Maybe[datetime | None] = strawberry.field(description="What came before that is not fetched.")
    members: strawberry.Maybe[list[EmailMemberInput]] = strawberry.field(description="The whole list of members.")
    rules: strawberry.Maybe[list[EmailRuleInput]] = strawberry.field(description="The whole list of rules, in their order.")


@strawberry.input(
    description="The values of a mailbox. Absent fields stay, null clears. Another server asks for its password again."
)
class EmailAccountUpdateInput(EmailAccountValues):
    """What an update takes."""

    address: strawberry.Maybe[str] = strawberry.field(description="Its address.")
    name: strawberry.Maybe[str] = strawberry.field(description="What people call it.")


@strawberry.input(description="A new mailbox, of the viewer's own or for somebody within the scope of creating them.")
class EmailAccountCreateInput(EmailAccountValues):
    """Address and name must be given."""

    address: str = strawberry.field(description="Its address.")
    name: str = strawberry.field(description="What people call it.")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Whose it is; the viewer's own if absent.")
