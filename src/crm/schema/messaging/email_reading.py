"""What is done with messages that came in: inputs."""

from __future__ import annotations

import strawberry

from crm.schema.messaging.email_enums import EmailFolder


@strawberry.input(description="How a message lies in its mailbox, for all who share it. Absent fields stay as they are.")
class EmailArrangeInput:
    """整理邮件."""

    seen: strawberry.Maybe[bool] = strawberry.field(description="Whether somebody has read it (已读).")
    flagged: strawberry.Maybe[bool] = strawberry.field(description="Whether it is flagged (星标).")
    folder: strawberry.Maybe[EmailFolder] = strawberry.field(
        description="INBOX, ARCHIVE or JUNK for what came in, SENT or ARCHIVE for what was sent (文件夹)."
    )
    assignee_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Who looks after it: somebody who works with the mailbox (处理人)."
    )
    images_allowed: strawberry.Maybe[bool] = strawberry.field(
        description="Whether pictures from elsewhere are shown: whoever sent it learns that it was opened (显示图片)."
    )


@strawberry.input(description="Whom a message is from, or to.")
class EmailLinkInput:
    """关联邮件."""

    party_id: strawberry.ID = strawberry.field(description="The party (单位).")
    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Somebody there (联系人).")
