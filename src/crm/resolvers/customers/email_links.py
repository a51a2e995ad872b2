"""Whom messages are with, as people say it (关联邮件)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, plain_input
from crm.schema.messaging.email_message import EmailMessagePayload
from crm.schema.messaging.email_reading import EmailLinkInput
from crm.services.customers import email_links
from crm.services.deeds import Deed


@strawberry.type
class EmailLinkMutation:
    """Linking mail."""

    @command(
        "email_message.update",
        EmailMessagePayload,
        "A message is with this party (关联邮件), and its activity; a suggestion of it is accepted, the others are dismissed.",
    )
    async def email_message_link(deed: Deed, id: strawberry.ID, input: EmailLinkInput) -> UUID:
        """A party that the viewer sees."""
        return await email_links.link(deed, id, plain_input(input))

    @command("email_message.update", EmailMessagePayload, "A message is with nobody we know (取消关联): its activity goes too.")
    async def email_message_unlink(deed: Deed, id: strawberry.ID) -> UUID:
        """The next message from the same address is linked by it again."""
        return await email_links.unlink(deed, id)

    @command("email_message.update", EmailMessagePayload, "A message is from none of those who were suggested (忽略建议).")
    async def email_suggestions_dismiss(deed: Deed, id: strawberry.ID) -> UUID:
        """It stays linked where it is."""
        return await email_links.dismiss(deed, id)
