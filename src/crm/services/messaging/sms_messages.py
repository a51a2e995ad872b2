"""What people do with single short messages (短信): send, call back from the queue, send again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import IllegalTransition, Invalid
from crm.core.kinds import Kind
from crm.models import SmsMessage
from crm.rules.messaging.sending import Medium
from crm.rules.messaging.sms_flow import SMS_FLOW, TURN, SmsCategory, SmsDirection, SmsState, SmsVerb
from crm.rules.messaging.sms_hours import allowed_at
from crm.services import custom_values
from crm.services.deeds import Deed
from crm.services.messaging import outbound, sms_accounts, sms_opt_outs
from crm.services.messaging.outbound import Waiting
from crm.services.messaging.sms_recipients import Recipient, recipient_of
from crm.services.messaging.sms_texts import Draft, Written, draft_of, written_or_refused
from crm.services.owners import owned_by
from crm.services.records import check_frozen, claim, insert, record_change, revise

OPTED_OUT = "This number wants no more short messages."


async def send(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """One message to a contact, a party or a number, now or at `send_at`."""
    check_frozen(
        deed, "sms_message", [name for name in given if name not in ("variables", "contact_id", "party_id", "custom_fields")]
    )
    draft = await draft_of(deed, given)
    recipient, where = await recipient_of(deed, given)
    text = written_or_refused(draft, recipient)
    if draft.category is not SmsCategory.CODE and await sms_opt_outs.among(deed, [recipient.e164]):
        raise Invalid(OPTED_OUT, where)
    values = await owned_by(deed, "sms_message", {})
    return await queue(deed, draft, recipient, text, values, given)


async def notify(
    deed: Deed, key: UUID, recipient: Recipient, text: str, *, owner_id: UUID | None, department_id: UUID | None
) -> UUID | None:
    """A notice of the system's own, such as a reminder: to somebody who can be reached and did not opt out; else None.

    `key` is its id, so that whoever is not sure whether they have given it here may give it again.
    """
    if await deed.rows("SELECT 1 FROM sms_message WHERE id = $1", key):
        return key
    if recipient.reason is not None or await sms_opt_outs.among(deed, [recipient.e164]):
        return None
    account = await sms_accounts.chosen(deed, None)
    draft = Draft(account, None, SmsCategory.NOTICE, text, (), {}, "", None)
    owner = {"owner_id": owner_id, "department_id": department_id}
    return await queue(deed, draft, recipient, written_or_refused(draft, recipient), owner, key=key)


async def queue(
    deed: Deed,
    draft: Draft,
    recipient: Recipient,
    text: Written,
    owner: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    key: UUID | None = None,
) -> UUID:
    """Write a message and have it sent after the commit. `given` is what somebody said of it, custom fields and all."""
    message, changes = await insert(deed, SmsMessage, Kind.SMS_MESSAGE, {**row_of(draft, recipient, text), **owner}, key=key)
    if given is not None:
        changes += await custom_values.write(deed, message, given, new=True)
    await outbound.put(deed, Medium.SMS, [Waiting(message.id, draft.account["id"], due_at(deed, draft), TURN[draft.category])])
    await record_change(deed, message, "sms_message.create", changes)
    return message.id


def row_of(draft: Draft, recipient: Recipient, text: Written) -> dict[str, Any]:
    """The columns of a message that waits to be sent."""
    return {
        "direction": SmsDirection.OUTBOUND.value, "state": SmsState.QUEUED.value, "category": draft.category.value,
        "account_id": draft.account["id"], "template_id": draft.template["id"] if draft.template else None,
        "party_id": recipient.party_id, "contact_id": recipient.contact_id, "recipient_id": recipient.user_id,
        "e164": recipient.e164, "number": recipient.number, "text": text.text, "encoding": text.encoding,
        "segments": text.segments, "cost": text.cost, "currency": draft.account["currency"], "send_at": draft.send_at,
    }  # fmt: skip


def due_at(deed: Deed, draft: Draft) -> datetime:
    """When it is tried first: marketing keeps the quiet hours of its account."""
    at = draft.send_at or deed.at
    if draft.category is not SmsCategory.MARKETING:
        return at
    account = draft.account
    return allowed_at(at, account["time_zone"], account["quiet_from"], account["quiet_until"])


async def cancel(deed: Deed, record_id: str) -> UUID:
    """It is not to be sent after all; one that is being sent at this moment is out of reach."""
    message: Any = await claim(deed, SmsMessage, record_id, Action.UPDATE)
    state = SMS_FLOW.after(SmsState(message.state), SmsVerb.CANCEL)
    if not await outbound.withdraw(deed, Medium.SMS, [message.id]):
        raise IllegalTransition("A message that is being sent", message.state, SmsVerb.CANCEL)
    changes = await revise(deed, message, {"state": state.value, "ended_at": deed.at})
    await record_change(deed, message, "sms_message.cancel", changes)
    return UUID(str(message.id))


async def retry(deed: Deed, record_id: str) -> UUID:
    """Send it again; where nobody knows whether it arrived, it may arrive twice, and is marked."""
    message: Any = await claim(deed, SmsMessage, record_id, Action.UPDATE)
    doubtful = message.doubts > 0 or message.state == SmsState.UNKNOWN
    state = SMS_FLOW.after(SmsState(message.state), SmsVerb.RETRY)
    if message.category != SmsCategory.CODE and await sms_opt_outs.among(deed, [message.e164]):
        raise Invalid(OPTED_OUT, ("id",))
    waiting = Waiting(message.id, message.account_id, deed.at, TURN[SmsCategory(message.category)])
    await outbound.put(deed, Medium.SMS, [waiting], doubts=int(doubtful))
    values = {"state": state.value, "reason": None, "detail": None, "ended_at": None}
    await record_change(deed, message, "sms_message.retry", await revise(deed, message, values))
    return UUID(str(message.id))
