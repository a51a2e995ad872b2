"""The enums of short messages, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.messaging.sms_drivers import SmsDriver
from crm.rules.messaging.sms_flow import (
    SmsBatchStatus,
    SmsBatchVerb,
    SmsCategory,
    SmsDirection,
    SmsReason,
    SmsState,
    SmsVerb,
)
from crm.rules.messaging.sms_opt_out import SmsOptOutCause
from crm.rules.messaging.sms_template import SmsVariableSource
from crm.rules.messaging.sms_text import SmsEncoding

strawberry.enum(SmsDriver, description="By what an account sends (短信通道); INSTALLATION as the settings CRM_SMS_… say.")
strawberry.enum(SmsDirection, description="Whether we wrote it or somebody wrote to us (短信方向).")
strawberry.enum(
    SmsCategory, description="What a message is for (短信类别). MARKETING keeps quiet hours; all but CODE obey opt-outs."
)
strawberry.enum(SmsEncoding, description="The alphabet a text is sent in (短信编码).")
strawberry.enum(
    SmsState,
    description="Where a message stands (短信状态). UNKNOWN: nobody can say whether it arrived. REFUSED: it was never sent.",
)
strawberry.enum(SmsVerb, description="What happens to a message; people only cancel and retry (短信操作).")
strawberry.enum(SmsReason, description="Why a message was not sent, or did not arrive (短信失败原因).")
strawberry.enum(SmsBatchStatus, description="Where a bulk message stands (群发状态). QUEUED: all its messages are written.")
strawberry.enum(SmsBatchVerb, description="What can be done to a bulk message (群发操作).")
strawberry.enum(SmsOptOutCause, description="How we know that a number wants no messages (退订原因).")
strawberry.enum(SmsVariableSource, description="Where the value of a variable comes from (变量来源).")

__all__ = [
    "SmsBatchStatus", "SmsBatchVerb", "SmsCategory", "SmsDirection", "SmsDriver", "SmsEncoding", "SmsOptOutCause", "SmsReason",
    "SmsState", "SmsVariableSource", "SmsVerb",
]  # fmt: skip
