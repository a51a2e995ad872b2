"""Short messages (短信): from the queue to the telephone, and what may stop them on the way."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from crm.core.flow import Flow


class SmsDirection(StrEnum):
    """Whether we wrote it or somebody wrote to us (短信方向): 发出, 收到."""

    OUTBOUND = "OUTBOUND"
    INBOUND = "INBOUND"


class SmsCategory(StrEnum):
    """What a message is for (短信类别): 验证码, 通知, 营销. Marketing keeps quiet hours and says how to opt out."""

    CODE = "CODE"
    NOTICE = "NOTICE"
    MARKETING = "MARKETING"


class SmsState(StrEnum):
    """Where a message stands (短信状态): 待发, 已提交, 已送达, 失败, 过期, 未知, 已取消, 未发送, 已收到."""

    QUEUED = "QUEUED"
    SUBMITTED = "SUBMITTED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"
    CANCELLED = "CANCELLED"
    REFUSED = "REFUSED"
    RECEIVED = "RECEIVED"


class SmsVerb(StrEnum):
    """What happens to a message: 提交, 送达, 失败, 过期, 失去消息, 拒绝 by itself; 取消, 重发 by people."""

    SUBMIT = "SUBMIT"
    DELIVER = "DELIVER"
    FAIL = "FAIL"
    EXPIRE = "EXPIRE"
    LOSE = "LOSE"
    REFUSE = "REFUSE"
    CANCEL = "CANCEL"
    RETRY = "RETRY"


class SmsReason(StrEnum):
    """Why a message was not sent, or did not arrive (短信失败原因)."""

    NO_NUMBER = "NO_NUMBER"
    SHORT_CODE = "SHORT_CODE"
    LANDLINE = "LANDLINE"
    DUPLICATE_NUMBER = "DUPLICATE_NUMBER"
    OPTED_OUT = "OPTED_OUT"
    BAD_VALUE = "BAD_VALUE"
    TOO_LONG = "TOO_LONG"
    DAILY_LIMIT = "DAILY_LIMIT"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    TOO_OLD = "TOO_OLD"
    REJECTED = "REJECTED"
    NOT_DELIVERED = "NOT_DELIVERED"
    NO_ANSWER = "NO_ANSWER"


_BEFORE = (SmsState.QUEUED, SmsState.SUBMITTED, SmsState.UNKNOWN)
SMS_FLOW = Flow(
    "Message",
    SmsState,
    SmsVerb,
    {
        (SmsState.QUEUED, SmsVerb.CANCEL): SmsState.CANCELLED,
        (SmsState.QUEUED, SmsVerb.SUBMIT): SmsState.SUBMITTED,
        (SmsState.QUEUED, SmsVerb.REFUSE): SmsState.REFUSED,
        (SmsState.QUEUED, SmsVerb.LOSE): SmsState.UNKNOWN,
        **{(state, SmsVerb.DELIVER): SmsState.DELIVERED for state in _BEFORE},
        **{(state, SmsVerb.FAIL): SmsState.FAILED for state in _BEFORE},
        **{(state, SmsVerb.EXPIRE): SmsState.EXPIRED for state in _BEFORE},
        (SmsState.SUBMITTED, SmsVerb.LOSE): SmsState.UNKNOWN,
        (SmsState.UNKNOWN, SmsVerb.SUBMIT): SmsState.SUBMITTED,
        **{(state, SmsVerb.RETRY): SmsState.QUEUED for state in (SmsState.FAILED, SmsState.EXPIRED, SmsState.UNKNOWN)},
    },
)
"""What the provider reports last about a message that has ended is kept with its reports, and moves nothing."""

BY_PEOPLE = frozenset({SmsVerb.CANCEL, SmsVerb.RETRY})

WORTH = {
    SmsCategory.CODE: timedelta(minutes=10),
    SmsCategory.NOTICE: timedelta(hours=24),
    SmsCategory.MARKETING: timedelta(hours=72),
}
"""So long after its time a message is still worth sending: a code of yesterday lets nobody in."""

TURN = {SmsCategory.CODE: 0, SmsCategory.NOTICE: 1, SmsCategory.MARKETING: 2}
"""What goes first of what is due: somebody waits for a code, and thousands of a mail shot would outlast what it is worth."""


def offered(state: SmsState) -> tuple[SmsVerb, ...]:
    """The verbs that a person can use next."""
    return tuple(verb for verb in SMS_FLOW.verbs(state) if verb in BY_PEOPLE)


class SmsBatchStatus(StrEnum):
    """Where a bulk message stands (群发状态): 准备中, 已排队, 已取消. What became of each message stands there."""

    PREPARING = "PREPARING"
    QUEUED = "QUEUED"
    CANCELLED = "CANCELLED"


class SmsBatchVerb(StrEnum):
    """What can be done to a bulk message: 排队, 取消."""

    QUEUE = "QUEUE"
    CANCEL = "CANCEL"


SMS_BATCH_FLOW = Flow(
    "Bulk message",
    SmsBatchStatus,
    SmsBatchVerb,
    {
        (SmsBatchStatus.PREPARING, SmsBatchVerb.CANCEL): SmsBatchStatus.CANCELLED,
        (SmsBatchStatus.PREPARING, SmsBatchVerb.QUEUE): SmsBatchStatus.QUEUED,
        (SmsBatchStatus.QUEUED, SmsBatchVerb.CANCEL): SmsBatchStatus.CANCELLED,
    },
)


def batch_offered(status: SmsBatchStatus) -> tuple[SmsBatchVerb, ...]:
    """The verbs that a person can use next."""
    return tuple(verb for verb in SMS_BATCH_FLOW.verbs(status) if verb is SmsBatchVerb.CANCEL)
