"""What can be done with messages that came in (处理邮件)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, plain_input
from crm.schema.messaging.email_message import EmailMessagePayload
from crm.schema.messaging.email_reading import EmailArrangeInput
from crm.schema.messaging.email_thread import EmailThreadPayload
from crm.services.deeds import Deed
from crm.services.messaging import email_reading


@strawberry.type
class EmailReadingMutation:
    """Reading mail, which changes it."""

    @command(
        "email_message.update",
        EmailMessagePayload,
        "Mark a message as read, flag it, move it, hand it on, or have its pictures shown (整理邮件).",
    )
    async def email_message_arrange(deed: Deed, id: strawberry.ID, input: EmailArrangeInput) -> UUID:
        """For all who share the mailbox."""
        return await email_reading.arrange(deed, id, plain_input(input))

    @command("email_message.update", EmailThreadPayload, "All that came in of a conversation is read (会话标为已读), or is not.")
    async def email_thread_mark(deed: Deed, id: strawberry.ID, seen: bool = True) -> UUID:
        """Its unseen count follows."""
        return await email_reading.mark_thread(deed, id, seen=seen)
