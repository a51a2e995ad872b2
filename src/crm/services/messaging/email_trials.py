"""Log-ins of mailboxes that nobody has tried yet: those that are new, changed, or were asked to be tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm.rules.messaging.email_flow import EmailAccountState
from crm.services.deeds import Channel, Database
from crm.services.messaging.email_account_states import note_state
from crm.services.system.accounts import system_deed

BATCH = 8
IN_HAND = timedelta(seconds=90)
"""So long is a trial left alone; then whoever had it is taken for dead."""
_TAKE = """
UPDATE email_account a SET smtp_checked_at = $1 FROM (
    SELECT id FROM email_account WHERE smtp_state = 'UNTRIED' AND smtp_host IS NOT NULL AND active AND deleted_at IS NULL
        AND (smtp_checked_at IS NULL OR smtp_checked_at < $2)
    ORDER BY id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) k
WHERE a.id = k.id RETURNING a.*
"""


async def take(database: Database) -> list[Mapping[str, Any]]:
    """Mailboxes whose log-in is to be tried, by us and by nobody else meanwhile."""
    async with system_deed(database, "email trials", channel=Channel.SCHEDULE) as deed:
        return list(await deed.rows(_TAKE, deed.at, deed.at - IN_HAND, BATCH))


async def ended(database: Database, account: Mapping[str, Any], error: str | None) -> None:
    """What came of it; nothing where the mailbox was changed meanwhile, because that was tried with what it was before."""
    async with system_deed(database, "email trials", channel=Channel.SCHEDULE) as deed:
        query = "SELECT 1 FROM email_account WHERE id = $1 AND version = $2 AND smtp_state = 'UNTRIED' FOR NO KEY UPDATE"
        key: UUID = account["id"]
        if await deed.rows(query, key, account["version"]):
            await note_state(deed, key, EmailAccountState.OK if error is None else EmailAccountState.FAILING, error)
