"""What can be asked of and done with short messages, alone and in bulk (短信, 短信群发)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import strawberry

from crm.access.conditions import Condition
from crm.access.grants import Rights
from crm.core.errors import BadUserInput, DomainError, FieldForbidden
from crm.graph.context import Operation
from crm.graph.filters import condition_of
from crm.graph.nouns import noun_named, optional
from crm.resolvers.deeds import consulted
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.customers.contact import ContactFilter
from crm.schema.messaging.sms_batch import SmsBatchInput, SmsBatchPayload, SmsBatchSendInput
from crm.schema.messaging.sms_batch_preview import SmsBatchPreview
from crm.schema.messaging.sms_message import SmsMessagePayload, SmsMessageSendInput
from crm.services.deeds import Deed
from crm.services.messaging import sms_batches, sms_messages

Contacts: Any = Annotated[
    optional(ContactFilter),
    strawberry.argument(description="To the contacts of their list that fulfil this."),
]


def contacts_where(rights: Rights, wanted: Any) -> Condition | None:
    """A client's filter over contacts; whoever may not list contacts cannot find any by it."""
    if wanted is None:
        return None
    entry = noun_named("Contact")
    if not entry.gate_open(rights):
        raise FieldForbidden("contact.read")
    return condition_of(entry, wanted, rights)


@strawberry.type
class SmsMessageQuery:
    """Reading short messages."""

    sms_message = single("messaging.SmsMessage", "sms_message.read", "One short message (短信).")
    sms_messages = listing("messaging.SmsMessage", "sms_message.read", "The short messages (短信) that the viewer may see.")
    sms_batch = single("messaging.SmsBatch", "sms_batch.read", "One bulk message (短信群发).")
    sms_batches = listing("messaging.SmsBatch", "sms_batch.read", "The bulk messages (短信群发) that the viewer may see.")

    @query("sms_batch.create", "What a bulk message would come to (群发预览): whom it reaches, what they read, what it costs.")
    async def sms_batch_preview(operation: Operation, input: SmsBatchInput, filter: Contacts = None) -> SmsBatchPreview | None:
        """What is wrong with the input answers BAD_USER_INPUT."""
        given, condition = plain_input(input), contacts_where(operation.rights, filter)
        try:
            found = await consulted(operation, lambda deed: sms_batches.preview(deed, given, condition))
        except DomainError as error:
            raise BadUserInput(error.message, field=list(error.field)) from None
        return SmsBatchPreview(found=found)


@strawberry.type
class SmsMessageMutation:
    """Sending short messages."""

    @command(
        "sms_message.create", SmsMessagePayload, "Send a short message (发送短信), now or later. It is QUEUED when this answers."
    )
    async def sms_message_send(deed: Deed, input: SmsMessageSendInput) -> UUID:
        """To a contact, a party or a number."""
        return await sms_messages.send(deed, plain_input(input))

    @command("sms_message.update", SmsMessagePayload, "Take a message back that is still QUEUED (取消短信).")
    async def sms_message_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """One that is being sent at this moment answers ILLEGAL_TRANSITION."""
        return await sms_messages.cancel(deed, id)

    @command("sms_message.update", SmsMessagePayload, "Send a message again that FAILED, EXPIRED or is UNKNOWN (重发短信).")
    async def sms_message_retry(deed: Deed, id: strawberry.ID) -> UUID:
        """One of which nobody knows whether it arrived is marked as repeated."""
        return await sms_messages.retry(deed, id)

    @command(
        "sms_batch.create",
        SmsBatchPayload,
        "Send a short message to many (短信群发): to contacts, parties, and the contacts that a filter finds, at most 20,000.",
    )
    async def sms_batch_send(deed: Deed, input: SmsBatchSendInput, filter: Contacts = None) -> UUID:
        """Its messages are written in the background."""
        return await sms_batches.send(deed, plain_input(input), contacts_where(deed.viewer.rights, filter))

    @command("sms_batch.update", SmsBatchPayload, "Cancel what nobody has sent yet of a bulk message (取消群发).")
    async def sms_batch_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """What has been sent has been sent."""
        return await sms_batches.cancel(deed, id)
