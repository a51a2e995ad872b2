"""Taking in what providers tell of short messages, by whatever way it came: the hook, or the line it is sent by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from crm.rules.messaging.sms_drivers import SmsDriver
from crm.services.attempts import PASSING, REFUSED
from crm.services.deeds import Channel, Database, Deed, DiallingPlan, deed
from crm.services.messaging import sms_replies, sms_reports
from crm.services.messaging.sms_replies import Reply
from crm.services.messaging.sms_reports import Receipt
from crm.services.system.accounts import SYSTEM

ATTEMPTS = 5


async def take_in(
    database: Database, account: Mapping[str, Any], reports: Sequence[Receipt | Reply], plan: DiallingPlan, request_id: str
) -> int:
    """All of these or none, and how many were new.

    In one transaction; again where the database chose it as a victim, or somebody purged what it had just found.
    """
    attempt = 0
    while True:
        try:
            async with deed(database, SYSTEM, request_id, channel=Channel.SYSTEM, dialling=plan) as opened:
                return await _take_in(opened, account, await _own(opened, account, reports))
        except (*PASSING, REFUSED):
            attempt += 1
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(0.01 * 2**attempt)


async def _take_in(deed: Deed, account: Mapping[str, Any], reports: Sequence[Receipt | Reply]) -> int:
    receipts = [each for each in reports if isinstance(each, Receipt)]
    replies = [each for each in reports if isinstance(each, Reply)]
    return await sms_reports.receipts(deed, account["id"], receipts) + await sms_replies.receive_all(deed, account, replies)


_ELSEWHERE = """
SELECT r.event_key FROM sms_account a JOIN sms_report r ON r.account_id = a.id AND r.event_key = ANY($2::text[])
WHERE a.driver = 'INSTALLATION' AND a.id <> $1
"""


async def _own(deed: Deed, account: Mapping[str, Any], reports: Sequence[Receipt | Reply]) -> Sequence[Receipt | Reply]:
    """Without what another account of the installation was told.

    They have one provider and one secret, and the address of the hook is not signed: whoever overheard a report could tell it
    to the next account, where its name is new.
    """
    if account["driver"] != SmsDriver.INSTALLATION:
        return reports
    rows = await deed.rows(_ELSEWHERE, account["id"], [each.event_id for each in reports])
    told = {row["event_key"] for row in rows}
    return [each for each in reports if each.event_id not in told]
