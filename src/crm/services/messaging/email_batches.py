"""E-mail in bulk (邮件群发): to whom, what it would be, and the one verb that sends it.

Who is meant is settled when it is sent, under the rights of whoever sends. Their messages are written afterwards, by a job for
every few hundred (`email_batch_preparing.py`), with the same judgement as the preview.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.access.conditions import Condition
from crm.access.grants import Action
from crm.core.errors import Conflict, Invalid, Required
from crm.core.kinds import Kind
from crm.models import EmailBatch, EmailMessage
from crm.rules.messaging.email_flow import (
    EMAIL_BATCH_FLOW,
    EmailBatchStatus,
    EmailBatchVerb,
    EmailCategory,
    EmailReason,
    EmailRecipientState,
    EmailState,
    folder_after,
)
from crm.rules.messaging.email_templates import Letter
from crm.rules.messaging.email_tokens import token_length
from crm.rules.messaging.sending import Medium
from crm.services import custom_values
from crm.services.change_batches import record_changes
from crm.services.deeds import Deed
from crm.services.jobs import BATCH, enqueue_many
from crm.services.messaging import email_contents, email_templates, outbound
from crm.services.messaging.bulk_people import meant_by
from crm.services.messaging.email_batch_preparing import INNER, PREPARE, Prepare
from crm.services.messaging.email_people import BulkDraft, Sample, addressees, judged, refuse_hidden
from crm.services.messaging.email_rights import ACCOUNT, sending_account
from crm.services.messaging.sms_recipients import blind_to
from crm.services.messaging.template_variables import given_values
from crm.services.owners import owned_by
from crm.services.records import FieldChange, check_frozen, claim, insert, record_change, refuse_blank, revise
from crm.services.values import checked

SAMPLES = 5
FURTHEST = timedelta(days=90)
BULK = (EmailCategory.NOTICE, EmailCategory.MARKETING)


@dataclass(slots=True)
class EmailPreview:
    """What a bulk message would come to."""

    recipients: int = 0
    refused: Counter[EmailReason] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    @property
    def sendable(self) -> int:
        """So many messages would be sent."""
        return self.recipients - self.refused.total()


async def preview(deed: Deed, given: Mapping[str, Any], condition: Condition | None) -> EmailPreview:
    """Count it all through, write nothing."""
    draft, meant = await draft_of(deed, given), await meant_by(deed, given, condition, refuse_hidden)
    found, seen = EmailPreview(), set[str]()
    blind = await blind_to(deed, meant.contacts)
    for part in meant.chunks(BATCH):
        for sample in await judged(deed, draft, await addressees(deed, part.contacts, part.parties, blind), seen):
            found.recipients += 1
            if sample.reason is not None:
                found.refused[sample.reason] += 1
            if len(found.samples) < SAMPLES:
                found.samples.append(sample)
        await asyncio.sleep(0)
    return found


async def send(deed: Deed, given: Mapping[str, Any], condition: Condition | None) -> UUID:
    """Write it down and have its messages written; `expected_recipients` says how many its sender counts on."""
    refuse_blank(given, ["name"])
    check_frozen(
        deed, "email_batch", [name for name in given if name in ("name", "subject", "text", "html", "send_at", "category")]
    )
    draft, meant = await draft_of(deed, given), await meant_by(deed, given, condition, refuse_hidden)
    if draft.account["smtp_host"] is None:
        raise Invalid("This mailbox has no server to send by.", ("input", "accountId"))
    expected = given.get("expected_recipients")
    if expected is not None and expected != len(meant):
        raise Conflict(f"There are {len(meant)} recipients by now.", ("input", "expectedRecipients"))
    values = {
        **checked(EmailBatch, {"name": given["name"]}), "status": EmailBatchStatus.PREPARING.value,
        "account_id": draft.account["id"], "template_id": draft.template_id, "category": draft.category.value,
        "subject": draft.letter.subject, "text": draft.letter.text, "html": draft.letter.html, "send_at": draft.send_at,
        "given": {
            "values": dict(draft.given), "sender": draft.sender_name,
            "blind": sorted(map(str, await blind_to(deed, meant.contacts))),
        },
        "recipient_count": len(meant),
    }  # fmt: skip
    batch, changes = await insert(deed, EmailBatch, Kind.EMAIL_BATCH, await owned_by(deed, "email_batch", values))
    changes += await custom_values.write(deed, batch, given, new=True)
    await record_change(deed, batch, "email_batch.create", [each for each in changes if each.field not in INNER])
    parts = [
        Prepare(batch.id, number, list(part.contacts), list(part.parties)) for number, part in enumerate(meant.chunks(BATCH))
    ]
    await enqueue_many(deed, PREPARE, parts, alone=f"email batch {batch.id}")
    return batch.id


async def cancel(deed: Deed, record_id: str) -> UUID:
    """What nobody has sent yet is not sent, what may have arrived not again; what is being sent at this moment goes out."""
    batch: Any = await claim(deed, EmailBatch, record_id, Action.UPDATE)
    status = EMAIL_BATCH_FLOW.after(EmailBatchStatus(batch.status), EmailBatchVerb.CANCEL)
    waiting = await deed.rows(
        "SELECT m.id, m.party_id, m.doubts, r.id AS recipient FROM email_message m JOIN email_recipient r ON r.message_id = m.id"
        " WHERE m.batch_id = $1 AND m.state = 'QUEUED' ORDER BY m.id FOR NO KEY UPDATE OF m",
        batch.id,
    )
    caught = await outbound.withdraw(deed, Medium.EMAIL, [key for row in waiting for key in (row["id"], row["recipient"])])
    stopped = [row for row in waiting if row["id"] in caught or row["recipient"] in caught]
    await _end(deed, [row for row in stopped if not row["doubts"]], EmailState.CANCELLED, EmailRecipientState.NONE)
    await _end(deed, [row for row in stopped if row["doubts"]], EmailState.UNKNOWN, EmailRecipientState.UNKNOWN)
    changes = await revise(deed, batch, {"status": status.value, "cancelled_at": deed.at})
    await record_change(deed, batch, "email_batch.cancel", changes)
    return UUID(str(batch.id))


_END = """
UPDATE email_message SET state = $2, folder = $3, reason = $4, ended_at = $5, updated_at = $5, updated_by_id = $6,
    version = version + 1
WHERE id = ANY($1::uuid[])
"""
_RECIPIENTS = "UPDATE email_recipient SET state = $2, settled_at = coalesce($3, settled_at) WHERE id = ANY($1::uuid[])"


async def _end(deed: Deed, rows: Sequence[Mapping[str, Any]], state: EmailState, person: EmailRecipientState) -> None:
    """Leave them at that."""
    lost = state is EmailState.UNKNOWN
    reason = EmailReason.NO_ANSWER.value if lost else None
    keys = [row["id"] for row in rows]
    await deed.run(_END, keys, state.value, folder_after(state).value, reason, deed.at, deed.actor)
    await deed.run(_RECIPIENTS, [row["recipient"] for row in rows], person.value, deed.at if lost else None)
    told = [FieldChange("state", EmailState.QUEUED.value, state.value)]
    await record_changes(deed, EmailMessage, "email_message", "cancel", [(row["id"], row["party_id"], told) for row in rows])


async def draft_of(deed: Deed, given: Mapping[str, Any]) -> BulkDraft:
    """What an input says: a template with values, or a letter of one's own."""
    account = await sending_account(deed, given["account_id"])
    if not token_length(account["address"]):
        raise Invalid("The name of this mailbox is too long for an address by which to get no more.", ACCOUNT)
    template = None if given.get("template_id") is None else await email_templates.chosen(deed, given["template_id"])
    letter, _ = await email_contents.letter_of(deed, {**given, "template_id": None, "signed": False}, account)
    if template is not None:
        if letter.subject or letter.text or letter.html:
            raise Invalid("A text or a template, not both.", ("input", "templateId"))
        letter = Letter(template["subject"], template["text"], template["html"])
    elif not letter.subject or not letter.text:
        raise Required("A subject and a text, or a template.", ("input", "text" if letter.subject else "subject"))
    variables = [] if template is None else await email_templates.variables_of(deed, template["id"])
    return BulkDraft(
        account, template["id"] if template else None, _category(given, template), letter, variables,
        given_values(given, variables), await email_contents.sender_name(deed), _send_at(deed, given),
    )  # fmt: skip


def _category(given: Mapping[str, Any], template: Mapping[str, Any] | None) -> EmailCategory:
    category = EmailCategory(template["category"] if template else given.get("category") or EmailCategory.MARKETING)
    if category not in BULK:
        raise Invalid("In bulk go notices and marketing.", ("input", "templateId" if template else "category"))
    return category


def _send_at(deed: Deed, given: Mapping[str, Any]) -> datetime | None:
    at: datetime | None = given.get("send_at")
    if at is not None and not deed.at < at < deed.at + FURTHEST:
        raise Invalid(f"Later than now, and within {FURTHEST.days} days.", ("input", "sendAt"))
    return at
