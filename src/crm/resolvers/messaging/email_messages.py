"""What can be asked of and done with messages by e-mail, alone and in bulk (邮件, 邮件群发)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from crm.core.errors import BadUserInput, DomainError
from crm.graph.context import Operation
from crm.resolvers.deeds import consulted
from crm.resolvers.messaging.sms_messages import Contacts, contacts_where
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.messaging.email_batch import EmailBatchInput, EmailBatchPayload, EmailBatchSendInput
from crm.schema.messaging.email_batch_preview import EmailBatchPreview
from crm.schema.messaging.email_message import EmailDraftInput, EmailDraftUpdateInput, EmailMessagePayload, EmailSendInput
from crm.services.deeds import Deed
from crm.services.messaging import email_answers, email_batches, email_drafts, email_sending


@strawberry.type
class EmailMessageQuery:
    """Reading mail."""

    email_message = single("messaging.EmailMessage", "email_message.read", "One message (邮件).")
    email_messages = listing(
        "messaging.EmailMessage", "email_message.read", "The messages (邮件) of the mailboxes that the viewer sees."
    )
    email_thread = single("messaging.EmailThread", "email_thread.read", "One conversation (邮件会话).")
    email_threads = listing("messaging.EmailThread", "email_thread.read", "The conversations (邮件会话) in those mailboxes.")
    email_batch = single("messaging.EmailBatch", "email_batch.read", "One bulk message (邮件群发).")
    email_batches = listing("messaging.EmailBatch", "email_batch.read", "The bulk messages (邮件群发) that the viewer may see.")

    @query("email_batch.create", "What a bulk message would come to (群发预览): whom it reaches and what they read.")
    async def email_batch_preview(
        operation: Operation, input: EmailBatchInput, filter: Contacts = None
    ) -> EmailBatchPreview | None:
        """What is wrong with the input answers BAD_USER_INPUT."""
        given, condition = plain_input(input), contacts_where(operation.rights, filter)
        try:
            found = await consulted(operation, lambda deed: email_batches.preview(deed, given, condition))
        except DomainError as error:
            raise BadUserInput(error.message, field=list(error.field)) from None
        return EmailBatchPreview(found=found)


@strawberry.type
class EmailMessageMutation:
    """Writing and sending mail."""

    @command("email_message.create", EmailMessagePayload, "Begin a draft (写邮件).")
    async def email_draft_create(deed: Deed, input: EmailDraftInput) -> UUID:
        """From a mailbox that the viewer writes from."""
        return await email_drafts.create(deed, plain_input(input))

    @command("email_message.update", EmailMessagePayload, "Go on with a draft (修改草稿); `version` is the one that was read.")
    async def email_draft_update(deed: Deed, id: strawberry.ID, version: int, input: EmailDraftUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one; what is on its way answers ILLEGAL_TRANSITION."""
        return await email_drafts.update(deed, id, version, plain_input(input))

    @command(
        "email_message.create", EmailMessagePayload, "Send a draft (发送草稿), now or later. It is QUEUED when this answers."
    )
    async def email_draft_send(
        deed: Deed, id: strawberry.ID, version: int | None = None, send_at: datetime | None = None
    ) -> UUID:
        """It can be taken back until `undoUntil`, and as long as nobody has begun to send it."""
        return await email_sending.send_draft(deed, id, version, send_at)

    @command(
        "email_message.create",
        EmailMessagePayload,
        "Write a message and send it (发送邮件), now or later. It is QUEUED when this answers.",
    )
    async def email_send(deed: Deed, input: EmailSendInput) -> UUID:
        """It can be taken back until `undoUntil`, and as long as nobody has begun to send it."""
        return await email_sending.send(deed, plain_input(input))

    @command(
        "email_message.update",
        EmailMessagePayload,
        "Take a message back that nobody has begun to send (撤销发送): it is a draft again.",
    )
    async def email_undo(deed: Deed, id: strawberry.ID) -> UUID:
        """One that is being sent at this moment answers ILLEGAL_TRANSITION."""
        return await email_sending.undo(deed, id)

    @command(
        "email_message.update",
        EmailMessagePayload,
        "Send a message again to those it did not reach (重发邮件), or one that we did not send, as its reason is gone.",
    )
    async def email_retry(deed: Deed, id: strawberry.ID) -> UUID:
        """Where nobody knows whether it did, it is marked as repeated."""
        return await email_sending.retry(deed, id)

    @command(
        "email_message.create", EmailMessagePayload, "A draft that answers a message (回复): its sender, or with `all` everybody."
    )
    async def email_reply(deed: Deed, id: strawberry.ID, all: bool = False) -> UUID:
        """With the original beneath; it goes on with the conversation."""
        return await email_answers.reply(deed, id, everybody=all)

    @command("email_message.create", EmailMessagePayload, "A draft that passes a message on (转发), with what was attached.")
    async def email_forward(deed: Deed, id: strawberry.ID) -> UUID:
        """To nobody yet."""
        return await email_answers.forward(deed, id)

    @command(
        "email_message.delete",
        EmailMessagePayload,
        "Move a message to the recycle bin (删除邮件), for all who share the mailbox.",
    )
    async def email_message_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """One that waits to be sent is taken back first."""
        return await email_drafts.delete(deed, id)

    @command("email_message.delete", EmailMessagePayload, "Take a message out of the recycle bin (恢复邮件).")
    async def email_message_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await email_drafts.restore(deed, id)

    @command(
        "email_batch.create",
        EmailBatchPayload,
        "Send a letter to many (邮件群发): to contacts, parties, and the contacts that a filter finds, at most 20,000.",
    )
    async def email_batch_send(deed: Deed, input: EmailBatchSendInput, filter: Contacts = None) -> UUID:
        """Its messages are written in the background, each with a way to get no more."""
        return await email_batches.send(deed, plain_input(input), contacts_where(deed.viewer.rights, filter))

    @command("email_batch.update", EmailBatchPayload, "Cancel what nobody has sent yet of a bulk message (取消邮件群发).")
    async def email_batch_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """What has been sent has been sent."""
        return await email_batches.cancel(deed, id)
