"""What providers report (短信回执): what became of a message, and what somebody wrote to us. Each report counts once.

Reports come twice, late and in any order, and before the answer to the message they are about. One about a message that nobody
knows yet is kept; it is looked at again when a message gets that name. Whoever keeps reports of a name and whoever gives it hold
the name first (`hold`), and only then lock messages; else each could look just before the other commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import SmsMessage
from crm.rules.messaging.sending import Medium
from crm.rules.messaging.sms_flow import SMS_FLOW, SmsReason, SmsState, SmsVerb
from crm.rules.messaging.sms_receipts import Reported, folded
from crm.services import events
from crm.services.deeds import Deed
from crm.services.messaging import outbound
from crm.services.topics import topic_of_changes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message, or of one part. `provider_id` is the provider's name for it, `reference` ours."""

    event_id: str
    state: Reported
    at: datetime
    provider_id: str | None = None
    reference: str | None = None
    detail: str | None = None


_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(k, 7261073)) FROM unnest($1::text[]) k"
_KEEP = """
INSERT INTO sms_report (account_id, event_key, provider_id, state, at, received_at, detail, settled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, event_key) DO NOTHING RETURNING id
"""
_NAMED = "SELECT message_id FROM sms_part WHERE account_id = $1 AND provider_id = $2"
_OURS = "SELECT id AS message_id FROM sms_message WHERE account_id = $1 AND id = $2"


async def hold(deed: Deed, names: Iterable[tuple[UUID, str]]) -> None:
    """Nobody else reports of these names of accounts, or gives them to messages, before this deed is committed."""
    if wanted := sorted({f"{account_id} {provider_id}" for account_id, provider_id in names}):
        await deed.run(_HOLD, wanted)


async def first_time(
    deed: Deed, account_id: UUID, event_id: str, state: str, at: datetime, *, provider_id: str | None = None,
    detail: str | None = None, settled: bool = True,
) -> bool:  # fmt: skip
    """Keep a report; whether it was new."""
    return bool(await deed.rows(_KEEP, account_id, event_id, provider_id, state, at, deed.at, detail, settled))


async def receipts(deed: Deed, account_id: UUID, given: Sequence[Receipt]) -> int:
    """Receipts of an account; how many were new. Their messages are locked in the order of their ids."""
    await hold(deed, [(account_id, each.provider_id) for each in given if each.provider_id is not None])
    known = [(await _message_of(deed, account_id, each), each) for each in given]
    new = 0
    for message_id, receipt in sorted(known, key=lambda each: (each[0] is not None, str(each[0]))):
        fresh = await first_time(
            deed, account_id, receipt.event_id, receipt.state.value, receipt.at, provider_id=receipt.provider_id,
            detail=receipt.detail, settled=message_id is not None,
        )  # fmt: skip
        new += fresh
        if fresh and message_id is not None:
            await _apply(deed, message_id, receipt)
    return new


async def name_parts(deed: Deed, message: Mapping[str, Any], provider_ids: Sequence[str]) -> None:
    """The provider took the message, and calls its parts so."""
    query = (
        "INSERT INTO sms_part (message_id, account_id, position, provider_id, state)"
        " SELECT $1, $2, k.place - 1, k.name, 'SUBMITTED' FROM unnest($3::text[]) WITH ORDINALITY AS k(name, place)"
        " ON CONFLICT (account_id, provider_id) DO NOTHING"
    )
    if provider_ids:
        await deed.run(query, message["id"], message["account_id"], list(provider_ids))


async def catch_up(deed: Deed, message: Any, provider_ids: Sequence[str]) -> None:
    """What was reported of these parts before anybody knew whose they are."""
    query = (
        "UPDATE sms_report SET settled = TRUE WHERE account_id = $1 AND provider_id = ANY($2::text[]) AND NOT settled"
        " RETURNING provider_id, state, at, detail, event_key"
    )
    for row in await deed.rows(query, message.account_id, list(provider_ids)) if provider_ids else ():
        receipt = Receipt(row["event_key"], Reported(row["state"]), row["at"], row["provider_id"], None, row["detail"])
        await _advance(deed, message, receipt)


async def _message_of(deed: Deed, account_id: UUID, receipt: Receipt) -> UUID | None:
    """By the provider's name for it or by ours, but only where this account sent it."""
    if receipt.provider_id is not None and (found := await deed.rows(_NAMED, account_id, receipt.provider_id)):
        return UUID(str(found[0]["message_id"]))
    key = parse_id(receipt.reference, Kind.SMS_MESSAGE) if receipt.reference is not None else None
    rows = await deed.rows(_OURS, account_id, key) if key is not None else []
    return UUID(str(rows[0]["message_id"])) if rows else None


async def _apply(deed: Deed, message_id: UUID, receipt: Receipt) -> None:
    row = (await deed.rows("SELECT * FROM sms_message WHERE id = $1 FOR NO KEY UPDATE", message_id))[0]
    message: Any = SmsMessage._init_from_db(**row)
    message._saved_in_db = True
    await _advance(deed, message, receipt)


_PART = """
UPDATE sms_part SET state = $3, reported_at = $4 WHERE account_id = $1 AND provider_id = $2 AND state = 'SUBMITTED'
"""


async def _advance(deed: Deed, message: Any, receipt: Receipt) -> None:
    """Move a locked message on. A report never moves one back: what has ended stays."""
    if receipt.provider_id is not None and receipt.state in (Reported.DELIVERED, Reported.FAILED, Reported.EXPIRED):
        await deed.run(_PART, message.account_id, receipt.provider_id, receipt.state.value, receipt.at)
    parts = await deed.rows("SELECT state FROM sms_part WHERE message_id = $1", message.id)
    verb = folded(receipt.state, [row["state"] for row in parts])
    state = None if verb is None else SMS_FLOW.table.get((SmsState(message.state), verb))
    if state is None or verb is None:
        return
    if message.state == SmsState.QUEUED:
        # Its answer was lost, and this tells what it would have said. Unless it is being repeated just now, it need not be.
        await outbound.withdraw(deed, Medium.SMS, [message.id])
    values: dict[str, Any] = {"state": state.value, "submitted_at": message.submitted_at or receipt.at}
    if verb is SmsVerb.DELIVER:
        values |= {"delivered_at": receipt.at, "ended_at": receipt.at, "reason": None, "detail": None}
    elif verb is not SmsVerb.SUBMIT:
        values |= {"ended_at": receipt.at, "reason": SmsReason.NOT_DELIVERED.value, "detail": receipt.detail}
    message.update_from_dict({**values, "updated_at": deed.at})
    await message.save(using_db=deed.tx, update_fields=[*values, "updated_at"])
    await events.record_many(deed, topic_of_changes(Kind.SMS_MESSAGE), [(message.id, ())])
