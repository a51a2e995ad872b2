"""Short messages that somebody writes to us (上行短信): kept, linked to whom they are from, obeyed where they opt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import SmsMessage
from crm.rules.customers.phone_numbers import parse
from crm.rules.messaging.sms_flow import SmsCategory, SmsDirection, SmsState
from crm.rules.messaging.sms_replies import opts_out
from crm.rules.messaging.sms_text import alphabet_of, parts_of
from crm.rules.system.notices import Notice
from crm.services.deeds import Deed
from crm.services.messaging import sms_opt_outs
from crm.services.messaging.sms_reports import first_time
from crm.services.notices import notify_people
from crm.services.records import insert, record_change

ANSWERED_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came in: from which number, when, and what it says."""

    event_id: str
    sender: str
    text: str
    at: datetime


# What we wrote last to this number says best whose it is: a number can stand with several.
_LAST = """
SELECT m.id, m.party_id, m.contact_id, m.owner_id, m.department_id FROM sms_message m
WHERE m.e164 = $1 AND m.account_id = $2 AND m.direction = 'OUTBOUND' AND m.created_at > $3 AND m.submitted_at IS NOT NULL
ORDER BY m.created_at DESC LIMIT 1
"""
_KNOWN = """
SELECT DISTINCT p.id AS party_id, c.id AS contact_id, coalesce(c.owner_id, p.owner_id) AS owner_id,
    coalesce(c.department_id, p.department_id) AS department_id
FROM phone_number n LEFT JOIN contact c ON c.id = n.contact_id
JOIN party p ON p.id = coalesce(n.party_id, c.party_id) AND p.deleted_at IS NULL
WHERE n.e164 = $1 AND (n.contact_id IS NULL OR c.deleted_at IS NULL) LIMIT 10
"""


async def receive_all(deed: Deed, account: Mapping[str, Any], replies: Sequence[Reply]) -> int:
    """Replies to an account; how many were new."""
    return sum([await _receive(deed, account, each) for each in replies])


async def _receive(deed: Deed, account: Mapping[str, Any], reply: Reply) -> bool:
    if not await first_time(deed, account["id"], reply.event_id, SmsState.RECEIVED.value, reply.at):
        return False
    e164, number = _number(deed, reply.sender)
    linked = await _linked(deed, account["id"], e164)
    values = {
        "direction": SmsDirection.INBOUND.value, "state": SmsState.RECEIVED.value, "category": SmsCategory.NOTICE.value,
        "account_id": account["id"], "e164": e164, "number": number, "text": reply.text,
        "encoding": alphabet_of(reply.text).encoding.value, "segments": len(parts_of(reply.text)),
        "currency": account["currency"], "delivered_at": reply.at, "ended_at": reply.at, **linked,
    }  # fmt: skip
    message, changes = await insert(deed, SmsMessage, Kind.SMS_MESSAGE, values)
    await record_change(deed, message, "sms_message.receive", changes)
    if e164 is not None and opts_out(reply.text):
        await sms_opt_outs.replied(deed, e164, number)
    await notify_people(deed, Notice.SMS_RECEIVED, message.id, [linked.get("owner_id")])
    return True


def _number(deed: Deed, sender: str) -> tuple[str | None, str]:
    """As it can be compared, and as people read it; what is no number is kept as it came."""
    try:
        found = parse(sender, region=deed.dialling.region, area_code=deed.dialling.area_code)
    except ValueError:
        return None, sender
    return found.e164, found.display


async def _linked(deed: Deed, account_id: UUID, e164: str | None) -> dict[str, Any]:
    """Whom it is from, and whose it is to read: by what it answers, or by a number that is one party's alone."""
    if e164 is None:
        return {}
    if last := await deed.rows(_LAST, e164, account_id, deed.at - ANSWERED_WITHIN):
        return {("reply_to_id" if name == "id" else name): value for name, value in last[0].items()}
    found = await deed.rows(_KNOWN, e164)
    if len({row["party_id"] for row in found}) != 1:
        return {}
    people = {row["contact_id"] for row in found if row["contact_id"] is not None}
    return {**found[0], "contact_id": people.pop() if len(people) == 1 else None}
