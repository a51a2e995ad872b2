"""The messages of a bulk message: written a few hundred at a time, each recipient's once, refused ones with their reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import SmsBatch, SmsMessage
from crm.rules.messaging.sending import Medium
from crm.rules.messaging.sms_flow import SMS_BATCH_FLOW, TURN, SmsBatchStatus, SmsBatchVerb, SmsCategory, SmsState
from crm.rules.messaging.sms_text import SmsEncoding
from crm.services.change_batches import record_changes
from crm.services.deeds import Deed
from crm.services.jobs import Task
from crm.services.messaging import outbound, sms_templates
from crm.services.messaging.outbound import Waiting
from crm.services.messaging.sms_judgement import Sample, judged
from crm.services.messaging.sms_messages import due_at, row_of
from crm.services.messaging.sms_recipients import recipients
from crm.services.messaging.sms_texts import Draft, Written
from crm.services.records import FieldChange, record_change, revise
from crm.services.system.job_runs import JobRun

INNER = frozenset({"given", "preparedParts"})
"""What a bulk message needs to be prepared; no news to anybody."""

_BATCH = "SELECT * FROM sms_batch WHERE id = $1 FOR NO KEY UPDATE"
_SENDER = "SELECT a.* FROM sms_account a WHERE a.id = $1"
_DONE = "SELECT contact_id, party_id, e164, state FROM sms_message WHERE batch_id = $1"


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
        if not found or found[0]["status"] != SmsBatchStatus.PREPARING:
            return
        batch: Any = SmsBatch._init_from_db(**found[0])
        batch._saved_in_db = True
        if part.number in batch.prepared_parts:
            return  # A job may run again after its commit, and what it counted would count twice.
        done = await deed.rows(_DONE, batch.id)
        written = {row["contact_id"] or row["party_id"] for row in done}
        seen = {row["e164"] for row in done if row["state"] != SmsState.REFUSED}
        people = [
            each for each in await recipients(deed, part.contacts, part.parties, {UUID(each) for each in batch.given["blind"]})
            if (each.contact_id or each.party_id) not in written
        ]  # fmt: skip
        draft = await _draft(deed, batch)
        samples = await judged(deed, draft, people, seen)
        await _write(deed, batch, draft, samples)
        await _count(deed, batch, samples, part)


async def _draft(deed: Deed, batch: Any) -> Draft:
    """The draft as it was when the bulk message was sent: the text of its template then, and the values it was given."""
    account = (await deed.rows(_SENDER, batch.account_id))[0]
    template = None if batch.template_id is None else {"id": batch.template_id}
    variables = [] if template is None else await sms_templates.variables_of(deed, batch.template_id)
    kept = batch.given
    return Draft(
        account, template, SmsCategory(batch.category), batch.text, variables, kept["values"], kept["sender"], batch.send_at
    )


async def _write(deed: Deed, batch: Any, draft: Draft, samples: Sequence[Sample]) -> None:
    stamps = {
        "created_at": deed.at, "updated_at": deed.at, "created_by_id": batch.owner_id, "updated_by_id": batch.owner_id,
        "owner_id": batch.owner_id, "department_id": batch.department_id, "batch_id": batch.id,
    }  # fmt: skip
    rows = [SmsMessage(id=new_id(Kind.SMS_MESSAGE), **stamps, **_row(deed, draft, sample)) for sample in samples]
    if not rows:
        return
    await SmsMessage.bulk_create(rows, using_db=deed.tx)
    told = [(row.id, row.party_id, [FieldChange("state", None, row.state)]) for row in rows]  # type: ignore[attr-defined]
    await record_changes(deed, SmsMessage, "sms_message", "create", told)
    at, turn = due_at(deed, draft), TURN[draft.category]
    waiting = [Waiting(row.id, draft.account["id"], at, turn) for row in rows if row.state == SmsState.QUEUED]
    await outbound.put(deed, Medium.SMS, waiting)


def _row(deed: Deed, draft: Draft, sample: Sample) -> dict[str, Any]:
    """A message, or the record of one that is not sent."""
    if sample.text is not None:
        return row_of(draft, sample.recipient, sample.text)
    nothing = Written(draft.text, SmsEncoding.UCS2.value, 0, draft.account["segment_price"] * 0)
    assert sample.reason is not None
    refused = {"state": SmsState.REFUSED.value, "reason": sample.reason.value, "ended_at": deed.at}
    return row_of(draft, sample.recipient, nothing) | refused


async def _count(deed: Deed, batch: Any, samples: Sequence[Sample], part: Prepare) -> None:
    """What it has come to so far; who is gone meanwhile counts as prepared and gets nothing."""
    asked = len(part.contacts) + len(part.parties)
    sent = [sample.text for sample in samples if sample.text is not None]
    values: dict[str, Any] = {
        "prepared_parts": [*batch.prepared_parts, part.number],
        "prepared_count": batch.prepared_count + asked,
        "refused_count": batch.refused_count + asked - len(sent),
        "segment_count": batch.segment_count + sum(text.segments for text in sent),
        "cost": batch.cost + sum(text.cost for text in sent),
    }
    if values["prepared_count"] == batch.recipient_count:
        values["status"] = SMS_BATCH_FLOW.after(SmsBatchStatus(batch.status), SmsBatchVerb.QUEUE).value
    changes = await revise(deed, batch, values)
    if "status" in values:
        await record_change(deed, batch, "sms_batch.queue", [each for each in changes if each.field not in INNER])


PREPARE = Task("sms.prepare", prepare, Prepare)
