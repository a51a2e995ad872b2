"""Letters on their way (发送邮件): queued, taken back, sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.core.errors import IllegalTransition, Invalid, Required
from crm.rules.messaging.email_flow import (
    EMAIL_FLOW,
    EmailCategory,
    EmailFolder,
    EmailRecipientState,
    EmailState,
    EmailVerb,
    folder_after,
    is_settled,
)
from crm.rules.messaging.email_mime import message_id_of
from crm.rules.messaging.sending import Medium
from crm.services.deeds import Deed
from crm.services.messaging import email_drafts, email_threads, outbound
from crm.services.messaging.email_contents import refuse_marketing
from crm.services.messaging.email_rights import check_may_send, seen_message
from crm.services.messaging.outbound import Waiting
from crm.services.records import check_version, record_change, revise

FURTHEST = timedelta(days=365)
GROWN = 1.4
"""So much larger is what is attached on its way."""
MEGABYTE = 1024 * 1024


async def send(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Write it and have it sent, now or at `send_at`."""
    message, account = await email_drafts.write(deed, given)
    await queue(deed, message, account, _send_at(deed, given.get("send_at")))
    return UUID(str(message.id))


async def send_draft(deed: Deed, record_id: str, version: int | None, send_at: datetime | None) -> UUID:
    """Have a draft sent."""
    message, account = await email_drafts.draft(deed, record_id)
    check_version(message, version)
    await queue(deed, message, account, _send_at(deed, send_at, ("sendAt",)))
    return UUID(str(message.id))


async def _category(deed: Deed, template_id: UUID | None) -> str:
    """What its template is for by now: that may have become marketing since the draft was written."""
    if template_id is None:
        return EmailCategory.PERSONAL.value
    (template,) = await deed.rows("SELECT category FROM email_template WHERE id = $1", template_id)
    refuse_marketing(template, ("id",))
    return str(template["category"])


async def queue(deed: Deed, message: Any, account: Mapping[str, Any], send_at: datetime | None) -> None:
    """Have it sent after the commit, when its time has come and nobody can take it back any more."""
    state = EMAIL_FLOW.after(EmailState(message.state), EmailVerb.SEND)
    recipients = await deed.rows("SELECT id, address FROM email_recipient WHERE message_id = $1 ORDER BY position", message.id)
    check_sendable(account, recipients, message.size)
    undo_until = deed.at + timedelta(seconds=account["undo_seconds"])
    thread = message.thread_id or await email_threads.begin(
        deed, account["id"], message.subject, deed.at, party_id=message.party_id, contact_id=message.contact_id
    )
    values = {
        "state": state.value, "folder": EmailFolder.OUTBOX.value, "send_at": send_at, "thread_id": thread,
        "undo_until": undo_until if account["undo_seconds"] else None, "dated_at": max(send_at or deed.at, deed.at),
        "category": await _category(deed, message.template_id),
        "rfc_message_id": message_id_of(message.id, account["address"]), "ended_at": None, "reason": None, "detail": None,
    }  # fmt: skip
    changes = [each for each in await revise(deed, message, values) if each.field in ("state", "sendAt")]
    await record_change(deed, message, "email_message.send", changes)
    await enqueue(deed, account, message.id, [row["id"] for row in recipients], max(send_at or deed.at, undo_until))
    if message.reply_to_id is not None:
        await deed.run("UPDATE email_message SET answered_at = $2 WHERE id = $1", message.reply_to_id, deed.at)
    await email_threads.recount(deed, thread)


async def enqueue(
    deed: Deed, account: Mapping[str, Any], message_id: UUID, recipients: Sequence[UUID], at: datetime, *, doubts: int = 0
) -> None:
    """One try for the whole message; where every recipient has a return path of their own, one for each of them."""
    query = (
        "UPDATE email_recipient SET state = $2, reply = NULL, status_code = NULL, settled_at = NULL WHERE id = ANY($1::uuid[])"
    )
    await deed.run(query, list(recipients), EmailRecipientState.QUEUED.value)
    units = list(recipients) if account["return_path"] else [message_id]
    await outbound.put(deed, Medium.EMAIL, [Waiting(unit, account["id"], at) for unit in units], doubts=doubts)


def check_sendable(account: Mapping[str, Any], recipients: Sequence[Mapping[str, Any]], size: int) -> None:
    """A message that a server could take."""
    if account["smtp_host"] is None:
        raise Invalid("This mailbox has no server to send by.", ("input", "accountId"))
    if not recipients:
        raise Required("Nobody is named to whom it goes.", ("input", "to"))
    if len(recipients) > account["most_recipients"]:
        raise Invalid(f"At most {account['most_recipients']} recipients by this mailbox.", ("input", "to"))
    check_fits_a_day(account, len(recipients), ("input", "to"))
    if size * GROWN > account["largest_megabytes"] * MEGABYTE:
        raise Invalid(f"A message by this mailbox has at most {account['largest_megabytes']} MB.", ("input", "fileIds"))


def check_fits_a_day(account: Mapping[str, Any], recipients: int, where: tuple[str, ...]) -> None:
    """A letter goes out whole, so one to more than the mailbox may write to in a day never would."""
    if account["per_day"] is not None and recipients > account["per_day"]:
        raise Invalid(f"This mailbox writes to at most {account['per_day']} recipients a day.", where)


async def undo(deed: Deed, record_id: str) -> UUID:
    """Take it back, as long as nobody has begun to send it: it is a draft again; one of a bulk message is cancelled."""
    message, _ = await seen_message(deed, record_id)
    await check_may_send(deed, message.account_id)
    verb = EmailVerb.UNDO if message.batch_id is None else EmailVerb.CANCEL
    state = EMAIL_FLOW.after(EmailState(message.state), verb)
    people = await deed.rows("SELECT id, state FROM email_recipient WHERE message_id = $1", message.id)
    units = [message.id, *(row["id"] for row in people)]
    await outbound.withdraw(deed, Medium.EMAIL, units)
    query = "SELECT 1 FROM outbound WHERE medium = 'EMAIL' AND message_id = ANY($1::uuid[]) LIMIT 1"
    begun = any(row["state"] != EmailRecipientState.QUEUED for row in people)
    if begun or message.tries or await deed.rows(query, units):
        raise IllegalTransition("A message that is being sent", message.state, verb)
    await deed.run("UPDATE email_recipient SET state = $2 WHERE message_id = $1", message.id, EmailRecipientState.NONE.value)
    again = {"folder": EmailFolder.DRAFTS.value, "undo_until": None} if verb is EmailVerb.UNDO else {
        "folder": folder_after(state).value, "ended_at": deed.at,
    }  # fmt: skip
    changes = await revise(deed, message, {"state": state.value, **again})
    await record_change(deed, message, f"email_message.{verb.lower()}", [each for each in changes if each.field == "state"])
    await email_threads.recount(deed, message.thread_id)
    return UUID(str(message.id))


async def retry(deed: Deed, record_id: str) -> UUID:
    """Send it again to those it did not reach. Where nobody knows whether it did, it may arrive twice, and is marked."""
    message, _ = await seen_message(deed, record_id)
    account = await check_may_send(deed, message.account_id)
    if is_settled(EmailState(message.state), message.batch_id is not None):
        raise IllegalTransition("A message of a bulk message", message.state, EmailVerb.RETRY)
    state = EMAIL_FLOW.after(EmailState(message.state), EmailVerb.RETRY)
    query = "SELECT id, state FROM email_recipient WHERE message_id = $1 AND state = ANY($2) ORDER BY position"
    missed = await deed.rows(query, message.id, [EmailRecipientState.REFUSED.value, EmailRecipientState.UNKNOWN.value])
    if not missed:
        raise Invalid("It reached everybody, or came back from them.", ("id",))
    check_fits_a_day(account, len(missed), ("id",))
    doubtful = message.doubts > 0 or any(row["state"] == EmailRecipientState.UNKNOWN for row in missed)
    await enqueue(deed, account, message.id, [row["id"] for row in missed], deed.at, doubts=int(doubtful))
    values = {"state": state.value, "folder": EmailFolder.OUTBOX.value, "reason": None, "detail": None, "ended_at": None}
    changes = await revise(deed, message, values)
    await record_change(deed, message, "email_message.retry", [each for each in changes if each.field == "state"])
    return UUID(str(message.id))


def _send_at(deed: Deed, at: datetime | None, where: tuple[str, ...] = ("input", "sendAt")) -> datetime | None:
    if at is not None and not deed.at < at < deed.at + FURTHEST:
        raise Invalid(f"Later than now, and within {FURTHEST.days} days.", where)
    return at
