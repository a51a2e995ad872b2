"""Taking in what providers tell of short messages, by whatever way it came: the hook, or the line it is sent by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from crm.services.attempts import PASSING, REFUSED
from crm.services.deeds import Channel, Database, DiallingPlan, deed
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
    receipts = [each for each in reports if isinstance(each, Receipt)]
    replies = [each for each in reports if isinstance(each, Reply)]
    attempt = 0
    while True:
        try:
            async with deed(database, SYSTEM, request_id, channel=Channel.SYSTEM, dialling=plan) as opened:
                new = await sms_reports.receipts(opened, account["id"], receipts)
                return new + await sms_replies.receive_all(opened, account, replies)
        except (*PASSING, REFUSED):
            attempt += 1
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(0.01 * 2**attempt)
