"""Attachments of messages by e-mail."""

from __future__ import annotations

from crm.graph.fields import column, related
from crm.graph.nouns import noun
from crm.schema.messaging.email_enums import EmailAttachmentState


@noun(
    "email_attachment",
    order="position",
    part_of="EmailMessage",
    description="Something attached to a message (邮件附件); its file is downloaded like any other.",
)
class EmailAttachment:
    """邮件附件."""

    name: str = column("Its name (文件名).")
    media_type: str = column("What it is (类型).")
    size: int = column("Its bytes (大小).")
    state: EmailAttachmentState = column("Whether it was kept (状态).")
    inline: bool = column("Whether it is shown inside the text (内嵌).")
    dangerous: bool = column("Whether it may do harm to whoever opens it (危险).")
    content_id: str | None = column("Its name inside the HTML: cid:… (内容标识).", filterable=False)
    position: int = column("The place in the list.", sort=True)
    file = related("system.StoredFile", "file_id", "The file; null where it was not kept (文件).")
