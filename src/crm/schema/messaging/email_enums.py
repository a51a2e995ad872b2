"""The enums of e-mail, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.messaging.email_flow import (
    EmailAccountKind,
    EmailAccountState,
    EmailAttachmentState,
    EmailBatchStatus,
    EmailBatchVerb,
    EmailCategory,
    EmailDirection,
    EmailFolder,
    EmailReason,
    EmailRecipientRole,
    EmailRecipientState,
    EmailState,
    EmailSuppressionCause,
    EmailVerb,
)
from crm.rules.messaging.email_rules import EmailRuleField, EmailRuleTest
from crm.rules.messaging.email_templates import EmailVariableSource
from crm.rules.messaging.mail_hosts import MailSecurity

strawberry.enum(EmailAccountKind, description="Whose a mailbox is (邮箱类型): one person's, or its members'.")
strawberry.enum(EmailAccountState, description="Whether a server lets us in (连接状态). UNTRIED: that is tried in some seconds.")
strawberry.enum(MailSecurity, description="How a connection is encrypted (加密方式). STARTTLS is demanded, never only tried.")
strawberry.enum(EmailDirection, description="Whether we wrote it or somebody wrote to us (邮件方向).")
strawberry.enum(EmailCategory, description="What a message is for (邮件类别). NOTICE and MARKETING are sent in bulk.")
strawberry.enum(EmailFolder, description="Where a message lies (邮件文件夹). DRAFTS holds all drafts and nothing else.")
strawberry.enum(
    EmailState,
    description="Where a message stands (邮件状态). PARTLY: some recipients got it. UNKNOWN: nobody can say whether it arrived."
    " REFUSED: we did not send it, for the reason it names; when that is gone, it can be sent again.",
)
strawberry.enum(EmailVerb, description="What happens to a message; people send, undo and retry (邮件操作).")
strawberry.enum(EmailReason, description="Why a message was not sent, or did not arrive (邮件失败原因).")
strawberry.enum(EmailRecipientRole, description="How somebody is addressed (收件方式).")
strawberry.enum(
    EmailRecipientState,
    description="What became of a message at one recipient (投递状态). SENT: their server took it. BOUNCED: and wrote back. "
    "NONE: a draft, or somebody else's message.",
)
strawberry.enum(EmailAttachmentState, description="Whether an attachment was kept (附件状态).")
strawberry.enum(EmailSuppressionCause, description="Why an address gets nothing in bulk (退订原因).")
strawberry.enum(EmailVariableSource, description="Where the value of a variable comes from (变量来源).")
strawberry.enum(EmailRuleField, description="What of a message a rule looks at (条件字段).")
strawberry.enum(EmailRuleTest, description="How a rule compares (比较方式).")
strawberry.enum(EmailBatchStatus, description="Where a bulk message stands (群发状态). QUEUED: all its messages are written.")
strawberry.enum(EmailBatchVerb, description="What can be done to a bulk message (群发操作).")

__all__ = [
    "EmailAccountKind", "EmailAccountState", "EmailAttachmentState", "EmailBatchStatus", "EmailBatchVerb", "EmailCategory",
    "EmailDirection", "EmailFolder", "EmailReason", "EmailRecipientRole", "EmailRecipientState", "EmailRuleField",
    "EmailRuleTest", "EmailState", "EmailSuppressionCause", "EmailVariableSource", "EmailVerb", "MailSecurity",
]  # fmt: skip
