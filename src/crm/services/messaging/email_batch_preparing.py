"""The messages of a bulk message by e-mail: a few hundred at a time, each recipient's once, refused ones with their reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailBatch, EmailMessage, EmailRecipient
from crm.rules.messaging.email_flow import (
    EMAIL_BATCH_FLOW,
    TURN,
    EmailBatchStatus,
    EmailBatchVerb,
    EmailCategory,
    EmailFolder,
    EmailRecipientRole,
    EmailRecipientState,
    EmailState,
    folder_after,
)
from crm.rules.messaging.email_mime import message_id_of
from crm.rules.messaging.email_templates import Letter
from crm.rules.messaging.email_tokens import token_length
from crm.rules.messaging.sending import Medium
from crm.services.change_batches import record_changes
from crm.services.deeds import Deed
from crm.services.jobs import Task
from crm.services.messaging import email_templates, outbound
from crm.services.messaging.email_contents import new_token
from crm.services.messaging.email_drafts import row_of
from crm.services.messaging.email_people import BulkDraft, Sample, addressees, judged
from crm.services.messaging.outbound import Waiting
from crm.services.records import FieldChange, record_change, revise
from crm.services.system.job_runs import JobRun

INNER = frozenset({"given", "preparedParts"})
"""What a bulk message needs to be prepared; no news to anybody."""

_BATCH = "SELECT * FROM email_batch WHERE id = $1 FOR NO KEY UPDATE"
_SENDER = "SELECT a.* FROM email_account a WHERE a.id = $1"
_DONE = """
SELECT m.contact_id, m.party_id, m.state, r.address_key FROM email_message m
LEFT JOIN email_recipient r ON r.message_id = m.id WHERE m.batch_id = $1
"""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Some of the recipients of a bulk message: the part of this number."""

    batch: UUID
    number: int
    contacts: list[UUID]
    parties: list[UUID]


async def prepare(run: JobRun, part: Prepare) -> None:
    """Write their messages and queue them, once. Who has one already, as one of two that were merged since, is passed over."""
    async with run.deed() as deed:
        found = await deed.rows(_BATCH, part.batch)
        if not found or found[0]["status"] != EmailBatchStatus.PREPARING:
            return
        batch: Any = EmailBatch._init_from_db(**found[0])
        batch._saved_in_db = True
        if part.number in batch.prepared_parts:
            return  # A job may run again after its commit, and what it counted would count twice.
        done = await deed.rows(_DONE, batch.id)
        written = {row["contact_id"] or row["party_id"] for row in done}
        seen = {row["address_key"] for row in done if row["state"] != EmailState.REFUSED}
        people = [
            each for each in await addressees(deed, part.contacts, part.parties, {UUID(each) for each in batch.given["blind"]})
            if (each.contact_id or each.party_id) not in written
        ]  # fmt: skip
        draft = await _draft(deed, batch)
        samples = await judged(deed, draft, people, seen)
        await _write(deed, batch, draft, samples)
        await _count(deed, batch, samples, part)


async def _draft(deed: Deed, batch: Any) -> BulkDraft:
    """The draft as it was when the bulk message was sent: the text of its template then, and the values it was given."""
    account = (await deed.rows(_SENDER, batch.account_id))[0]
    variables = [] if batch.template_id is None else await email_templates.variables_of(deed, batch.template_id)
    letter, kept = Letter(batch.subject, batch.text, batch.html), batch.given
    return BulkDraft(
        account,
        batch.template_id,
        EmailCategory(batch.category),
        letter,
        variables,
        kept["values"],
        kept["sender"],
        batch.send_at,
    )


async def _write(deed: Deed, batch: Any, draft: BulkDraft, samples: Sequence[Sample]) -> None:
    stamps = {
        "created_at": deed.at, "updated_at": deed.at, "created_by_id": batch.owner_id, "updated_by_id": batch.owner_id,
        "batch_id": batch.id, "template_id": draft.template_id, "send_at": draft.send_at,
        "dated_at": max(draft.send_at or deed.at, deed.at),
    }  # fmt: skip
    rows = [EmailMessage(**stamps, **_message(deed, draft, sample)) for sample in samples]
    if not rows:
        return
    await EmailMessage.bulk_create(rows, using_db=deed.tx)
    sent = [(row, sample) for row, sample in zip(rows, samples, strict=True) if sample.letter is not None]
    people = [_recipient(row.id, sample, token_length(draft.account["address"])) for row, sample in sent]
    await EmailRecipient.bulk_create(people, using_db=deed.tx)
    told = [(row.id, row.party_id, [FieldChange("state", None, row.state)]) for row in rows]  # type: ignore[attr-defined]
    await record_changes(deed, EmailMessage, "email_message", "create", told)
    units = [person.id for person in people] if draft.account["return_path"] else [row.id for row, _ in sent]
    at = max(draft.send_at or deed.at, deed.at)
    turn = TURN[draft.category]
    await outbound.put(deed, Medium.EMAIL, [Waiting(unit, draft.account["id"], at, turn) for unit in units])


def _message(deed: Deed, draft: BulkDraft, sample: Sample) -> dict[str, Any]:
    """A message, or the record of one that is not sent."""
    key = new_id(Kind.EMAIL_MESSAGE)
    common = {
        **row_of(draft.account, sample.letter or draft.letter), "id": key,
        "category": draft.category.value, "party_id": sample.person.party_id, "contact_id": sample.person.contact_id,
    }  # fmt: skip
    if sample.letter is not None:
        return {
            **common, "state": EmailState.QUEUED.value, "folder": EmailFolder.OUTBOX.value,
            "rfc_message_id": message_id_of(key, draft.account["address"]),
        }  # fmt: skip
    assert sample.reason is not None
    return {
        **common, "state": EmailState.REFUSED.value, "folder": folder_after(EmailState.REFUSED).value,
        "reason": sample.reason.value, "ended_at": deed.at, "filed": True,
    }  # fmt: skip


def _recipient(message_id: UUID, sample: Sample, token: int) -> EmailRecipient:
    person = sample.person
    return EmailRecipient(
        id=new_id(Kind.EMAIL_RECIPIENT), message_id=message_id, role=EmailRecipientRole.TO.value, address=person.address,
        address_key=person.key, name=person.contact_name or person.party_name, party_id=person.party_id,
        contact_id=person.contact_id, state=EmailRecipientState.QUEUED.value, token=new_token(token),
    )  # fmt: skip


async def _count(deed: Deed, batch: Any, samples: Sequence[Sample], part: Prepare) -> None:
    """What it has come to so far; who is gone meanwhile counts as prepared and gets nothing."""
    asked = len(part.contacts) + len(part.parties)
    sent = sum(sample.letter is not None for sample in samples)
    values: dict[str, Any] = {
        "prepared_parts": [*batch.prepared_parts, part.number],
        "prepared_count": batch.prepared_count + asked,
        "refused_count": batch.refused_count + asked - sent,
    }
    if values["prepared_count"] == batch.recipient_count:
        values["status"] = EMAIL_BATCH_FLOW.after(EmailBatchStatus(batch.status), EmailBatchVerb.QUEUE).value
    changes = await revise(deed, batch, values)
    if "status" in values:
        await record_change(deed, batch, "email_batch.queue", [each for each in changes if each.field not in INNER])


PREPARE = Task("email.prepare", prepare, Prepare)
