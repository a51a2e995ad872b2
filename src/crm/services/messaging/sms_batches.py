"""Short messages in bulk (短信群发): to whom, what it would be, and the one verb that sends it.

Who is meant is settled when it is sent, under the rights of whoever sends. Their messages are written afterwards, by a job for
every few hundred (`sms_batch_preparing.py`), with the same judgement as the preview.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.access.conditions import Condition
from crm.access.grants import Action
from crm.core.errors import Conflict
from crm.core.kinds import Kind
from crm.models import SmsBatch, SmsMessage
from crm.rules.messaging.sending import Medium
from crm.rules.messaging.sms_flow import SMS_BATCH_FLOW, SmsBatchStatus, SmsBatchVerb, SmsReason, SmsState
from crm.services import custom_values
from crm.services.change_batches import record_changes
from crm.services.deeds import Deed
from crm.services.jobs import BATCH, enqueue_many
from crm.services.messaging import outbound
from crm.services.messaging.bulk_people import meant_by
from crm.services.messaging.sms_batch_preparing import INNER, PREPARE, Prepare
from crm.services.messaging.sms_judgement import Sample, judged
from crm.services.messaging.sms_recipients import blind_to, recipients, refuse_hidden
from crm.services.messaging.sms_texts import draft_of
from crm.services.owners import owned_by
from crm.services.records import FieldChange, check_frozen, claim, insert, record_change, refuse_blank, revise
from crm.services.values import checked

SAMPLES = 5


@dataclass(slots=True)
class Preview:
    """What a bulk message would come to."""

    currency: str
    recipients: int = 0
    refused: Counter[SmsReason] = field(default_factory=Counter)
    segments: int = 0
    cost: Decimal = Decimal("0.0000")
    samples: list[Sample] = field(default_factory=list)

    @property
    def sendable(self) -> int:
        """So many messages would be sent."""
        return self.recipients - self.refused.total()


async def preview(deed: Deed, given: Mapping[str, Any], condition: Condition | None) -> Preview:
    """Count it all through, write nothing."""
    draft, meant = await draft_of(deed, given), await meant_by(deed, given, condition, refuse_hidden)
    found, seen = Preview(draft.account["currency"]), set[str]()
    blind = await blind_to(deed, meant.contacts)
    for part in meant.chunks(BATCH):
        for sample in await judged(deed, draft, await recipients(deed, part.contacts, part.parties, blind), seen):
            found.recipients += 1
            if sample.reason is not None:
                found.refused[sample.reason] += 1
            if sample.text is not None:
                found.segments += sample.text.segments
                found.cost += sample.text.cost
            if len(found.samples) < SAMPLES:
                found.samples.append(sample)
        await asyncio.sleep(0)
    return found


async def send(deed: Deed, given: Mapping[str, Any], condition: Condition | None) -> UUID:
    """Write it down and have its messages written; `expected_recipients` says how many its sender counts on."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "sms_batch", [name for name in given if name in ("name", "text", "send_at", "category")])
    draft, meant = await draft_of(deed, given), await meant_by(deed, given, condition, refuse_hidden)
    expected = given.get("expected_recipients")
    if expected is not None and expected != len(meant):
        raise Conflict(f"There are {len(meant)} recipients by now.", ("input", "expectedRecipients"))
    values = {
        **checked(SmsBatch, {"name": given["name"]}), "status": SmsBatchStatus.PREPARING.value,
        "account_id": draft.account["id"], "template_id": draft.template["id"] if draft.template else None,
        "category": draft.category.value, "text": draft.text, "send_at": draft.send_at,
        "given": {
            "values": dict(draft.given), "sender": draft.sender_name,
            "blind": sorted(map(str, await blind_to(deed, meant.contacts))),
        },
        "recipient_count": len(meant), "currency": draft.account["currency"],
    }  # fmt: skip
    batch, changes = await insert(deed, SmsBatch, Kind.SMS_BATCH, await owned_by(deed, "sms_batch", values))
    changes += await custom_values.write(deed, batch, given, new=True)
    await record_change(deed, batch, "sms_batch.create", [each for each in changes if each.field not in INNER])
    parts = [
        Prepare(batch.id, number, list(part.contacts), list(part.parties)) for number, part in enumerate(meant.chunks(BATCH))
    ]
    await enqueue_many(deed, PREPARE, parts, alone=f"sms batch {batch.id}")
    return batch.id


async def cancel(deed: Deed, record_id: str) -> UUID:
    """What nobody has sent yet is not sent, what may have arrived not again; what is being sent at this moment goes out."""
    batch: Any = await claim(deed, SmsBatch, record_id, Action.UPDATE)
    status = SMS_BATCH_FLOW.after(SmsBatchStatus(batch.status), SmsBatchVerb.CANCEL)
    query = "SELECT id, party_id, doubts FROM sms_message WHERE batch_id = $1 AND state = 'QUEUED' ORDER BY id FOR NO KEY UPDATE"
    waiting = await deed.rows(query, batch.id)
    caught = await outbound.withdraw(deed, Medium.SMS, [row["id"] for row in waiting])
    stopped = [row for row in waiting if row["id"] in caught]
    await _end(deed, [row for row in stopped if not row["doubts"]], SmsState.CANCELLED, None)
    await _end(deed, [row for row in stopped if row["doubts"]], SmsState.UNKNOWN, SmsReason.NO_ANSWER)
    changes = await revise(deed, batch, {"status": status.value, "cancelled_at": deed.at})
    await record_change(deed, batch, "sms_batch.cancel", changes)
    return UUID(str(batch.id))


_END = """
UPDATE sms_message SET state = $2, reason = $3, ended_at = $4, updated_at = $4, updated_by_id = $5, version = version + 1
WHERE id = ANY($1::uuid[])
"""


async def _end(deed: Deed, rows: Sequence[Mapping[str, Any]], state: SmsState, reason: SmsReason | None) -> None:
    keys = [row["id"] for row in rows]
    await deed.run(_END, keys, state.value, None if reason is None else reason.value, deed.at, deed.actor)
    told = [FieldChange("state", SmsState.QUEUED.value, state.value)]
    await record_changes(deed, SmsMessage, "sms_message", "cancel", [(row["id"], row["party_id"], told) for row in rows])
