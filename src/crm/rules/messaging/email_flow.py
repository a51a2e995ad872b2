"""E-mail (邮件): from the draft to each recipient's server, and what may stop it on the way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from crm.core.flow import Flow


class EmailDirection(StrEnum):
    """Whether we wrote it or somebody wrote to us (邮件方向): 发出, 收到."""

    OUTBOUND = "OUTBOUND"
    INBOUND = "INBOUND"


class EmailCategory(StrEnum):
    """What a message is for (邮件类别): 个人, 通知, 营销. Marketing says how to get no more."""

    PERSONAL = "PERSONAL"
    NOTICE = "NOTICE"
    MARKETING = "MARKETING"


class EmailFolder(StrEnum):
    """Where a message lies (邮件文件夹): 收件箱, 草稿箱, 发件箱, 已发送, 归档, 垃圾邮件."""

    INBOX = "INBOX"
    DRAFTS = "DRAFTS"
    OUTBOX = "OUTBOX"
    SENT = "SENT"
    ARCHIVE = "ARCHIVE"
    JUNK = "JUNK"


class EmailState(StrEnum):
    """Where a message stands (邮件状态): 草稿, 待发, 已发送, 部分发送, 失败, 过期, 未知, 已取消, 未发送, 已收到."""

    DRAFT = "DRAFT"
    QUEUED = "QUEUED"
    SENT = "SENT"
    PARTLY = "PARTLY"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"
    CANCELLED = "CANCELLED"
    REFUSED = "REFUSED"
    RECEIVED = "RECEIVED"


class EmailVerb(StrEnum):
    """What happens to a message: 发送, 撤销, 取消, 重发 by people; 送出, 部分送出, 失败, 过期, 失去消息, 拒绝 by itself."""

    SEND = "SEND"
    UNDO = "UNDO"
    CANCEL = "CANCEL"
    RETRY = "RETRY"
    DELIVER = "DELIVER"
    DELIVER_PARTLY = "DELIVER_PARTLY"
    FAIL = "FAIL"
    EXPIRE = "EXPIRE"
    LOSE = "LOSE"
    REFUSE = "REFUSE"


class EmailReason(StrEnum):
    """Why a message, or a recipient, got nothing (邮件失败原因)."""

    NO_ADDRESS = "NO_ADDRESS"
    DUPLICATE = "DUPLICATE"
    SUPPRESSED = "SUPPRESSED"
    BAD_VALUE = "BAD_VALUE"
    TOO_LARGE = "TOO_LARGE"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    FILE_MISSING = "FILE_MISSING"
    TOO_OLD = "TOO_OLD"
    DAILY_LIMIT = "DAILY_LIMIT"
    REJECTED = "REJECTED"
    NO_ANSWER = "NO_ANSWER"


class EmailRecipientRole(StrEnum):
    """How somebody is addressed (收件方式): 收件人, 抄送, 密送."""

    TO = "TO"
    CC = "CC"
    BCC = "BCC"


class EmailRecipientState(StrEnum):
    """What became of a message at one recipient (投递状态): 无, 待投递, 暂缓, 已投递, 被拒, 退信, 未知.

    SENT: their server took it. BOUNCED: it took it, and wrote back that it could not be delivered.
    """

    NONE = "NONE"
    QUEUED = "QUEUED"
    DEFERRED = "DEFERRED"
    SENT = "SENT"
    REFUSED = "REFUSED"
    BOUNCED = "BOUNCED"
    UNKNOWN = "UNKNOWN"


class EmailAccountKind(StrEnum):
    """Whose a mailbox is (邮箱类型): 个人, 共享."""

    PERSONAL = "PERSONAL"
    SHARED = "SHARED"


class EmailAccountState(StrEnum):
    """Whether a server lets us in (连接状态): 未测试, 正常, 异常."""

    UNTRIED = "UNTRIED"
    OK = "OK"
    FAILING = "FAILING"


class EmailSuppressionCause(StrEnum):
    """退订原因: 退订, 退信, 投诉, 人工登记."""

    UNSUBSCRIBED = "UNSUBSCRIBED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"
    MANUAL = "MANUAL"


class EmailAttachmentState(StrEnum):
    """Whether an attachment was kept (附件状态): 已保存, 过大, 不允许, 过多."""

    KEPT = "KEPT"
    TOO_LARGE = "TOO_LARGE"
    FORBIDDEN = "FORBIDDEN"
    TOO_MANY = "TOO_MANY"


_AGAIN = (EmailState.PARTLY, EmailState.FAILED, EmailState.EXPIRED, EmailState.UNKNOWN, EmailState.REFUSED)
EMAIL_FLOW = Flow(
    "Message",
    EmailState,
    EmailVerb,
    {
        (EmailState.DRAFT, EmailVerb.SEND): EmailState.QUEUED,
        (EmailState.QUEUED, EmailVerb.UNDO): EmailState.DRAFT,
        (EmailState.QUEUED, EmailVerb.CANCEL): EmailState.CANCELLED,
        (EmailState.QUEUED, EmailVerb.DELIVER): EmailState.SENT,
        (EmailState.QUEUED, EmailVerb.DELIVER_PARTLY): EmailState.PARTLY,
        (EmailState.QUEUED, EmailVerb.FAIL): EmailState.FAILED,
        (EmailState.QUEUED, EmailVerb.EXPIRE): EmailState.EXPIRED,
        (EmailState.QUEUED, EmailVerb.LOSE): EmailState.UNKNOWN,
        (EmailState.QUEUED, EmailVerb.REFUSE): EmailState.REFUSED,
        **{(state, EmailVerb.RETRY): EmailState.QUEUED for state in _AGAIN},
    },
)
"""A message that was sent stays sent; what comes back for one of its recipients stands with that recipient."""

BY_PEOPLE = frozenset({EmailVerb.SEND, EmailVerb.UNDO, EmailVerb.RETRY})
WORTH = timedelta(days=3)
"""So long is a message tried that nobody takes, from its first try on; then its sender is told."""
TURN = {EmailCategory.NOTICE: 1, EmailCategory.MARKETING: 2}
"""Of what goes out in bulk. Letters that somebody wrote go first: thousands of a mail shot take hours."""
OPEN = frozenset({EmailRecipientState.QUEUED, EmailRecipientState.DEFERRED})
"""A recipient who is still to be reached."""
UNDELIVERED = frozenset({EmailRecipientState.REFUSED, EmailRecipientState.BOUNCED})


def folder_after(state: EmailState) -> EmailFolder:
    """Where a message lies that is waited for no more; what never was to go out again lies not among what was sent."""
    return EmailFolder.ARCHIVE if state in (EmailState.CANCELLED, EmailState.REFUSED) else EmailFolder.SENT


def is_settled(state: EmailState, bulk: bool) -> bool:
    """Whether it was never sent and stays so: in bulk the reason is mostly the recipient, and the next one asks again."""
    return bulk and state is EmailState.REFUSED


def offered(state: EmailState, bulk: bool = False) -> tuple[EmailVerb, ...]:
    """The verbs that a person can use next; `bulk`: for one of a bulk message."""
    return () if is_settled(state, bulk) else tuple(verb for verb in EMAIL_FLOW.verbs(state) if verb in BY_PEOPLE)


def state_of(recipients: Iterable[EmailRecipientState]) -> EmailState:
    """Where a message stands that was sent, by what became of it at each of its recipients."""
    states = set(recipients)
    if states & OPEN:
        return EmailState.QUEUED
    if EmailRecipientState.SENT in states:
        return EmailState.SENT if states == {EmailRecipientState.SENT} else EmailState.PARTLY
    return EmailState.UNKNOWN if EmailRecipientState.UNKNOWN in states else EmailState.FAILED


class EmailBatchStatus(StrEnum):
    """Where a bulk message stands (群发状态): 准备中, 已排队, 已取消. What became of each message stands there."""

    PREPARING = "PREPARING"
    QUEUED = "QUEUED"
    CANCELLED = "CANCELLED"


class EmailBatchVerb(StrEnum):
    """What can be done to a bulk message: 排队, 取消."""

    QUEUE = "QUEUE"
    CANCEL = "CANCEL"


EMAIL_BATCH_FLOW = Flow(
    "Bulk message",
    EmailBatchStatus,
    EmailBatchVerb,
    {
        (EmailBatchStatus.PREPARING, EmailBatchVerb.QUEUE): EmailBatchStatus.QUEUED,
        (EmailBatchStatus.PREPARING, EmailBatchVerb.CANCEL): EmailBatchStatus.CANCELLED,
        (EmailBatchStatus.QUEUED, EmailBatchVerb.CANCEL): EmailBatchStatus.CANCELLED,
    },
)


def batch_offered(status: EmailBatchStatus) -> tuple[EmailBatchVerb, ...]:
    """The verbs that a person can use next."""
    return tuple(verb for verb in EMAIL_BATCH_FLOW.verbs(status) if verb is EmailBatchVerb.CANCEL)
