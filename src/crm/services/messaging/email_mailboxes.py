"""Mailboxes as whoever listens to them needs them: which there are, what opens one, how far it was read, whether it lets us in.

What is written here counts no version up and stands in no change log: nobody decided it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.core.vault import Vault
from crm.rules.messaging.email_flow import EmailAccountState
from crm.rules.system.notices import Notice
from crm.services import events
from crm.services.deeds import Channel, Database, Deed
from crm.services.messaging.email_secrets import opened
from crm.services.notices import notify_people
from crm.services.system.accounts import system_deed
from crm.services.topics import topic_of_changes

LONGEST_ERROR = 300
IN_HAND = timedelta(seconds=90)
"""So long is a trial left alone; then whoever had it is taken for dead."""

_LISTENED = "SELECT id, version FROM email_account WHERE receiving AND active AND deleted_at IS NULL ORDER BY id LIMIT $1"
_BEGIN = """
UPDATE email_account a SET last_uid = CASE WHEN a.uid_validity = $2 THEN a.last_uid END, uid_validity = $2, imap_state = 'OK',
    imap_error = NULL, imap_checked_at = $3
FROM (SELECT id, imap_state FROM email_account WHERE id = $1 FOR NO KEY UPDATE) k WHERE a.id = k.id
RETURNING a.last_uid, a.receive_since, k.imap_state AS before
"""
_UNTRIED = """
UPDATE email_account a SET imap_checked_at = $1 FROM (
    SELECT id FROM email_account WHERE imap_state = 'UNTRIED' AND imap_host IS NOT NULL AND NOT receiving AND active
        AND deleted_at IS NULL AND (imap_checked_at IS NULL OR imap_checked_at < $2)
    ORDER BY id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED) k
WHERE a.id = k.id RETURNING a.id
"""
_TRIED = (
    "UPDATE email_account SET imap_state = 'OK', imap_error = NULL, imap_checked_at = $2 WHERE id = $1 AND imap_state = 'UNTRIED'"
)
_FAIL = """
UPDATE email_account a SET imap_state = 'FAILING', imap_error = $2, imap_checked_at = $3
FROM (SELECT id, imap_state FROM email_account WHERE id = $1 FOR NO KEY UPDATE) k WHERE a.id = k.id
RETURNING k.imap_state AS before, a.owner_id
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a folder was read."""

    last_uid: int
    since: datetime | None


async def listened(database: Database, most: int) -> dict[UUID, int]:
    """The mailboxes that are to be listened to, each with the version of what was decided about it."""
    async with database.transaction() as tx:
        return {row["id"]: row["version"] for row in await tx.execute_query_dict(_LISTENED, [most])}


async def opened_account(database: Database, account_id: UUID, vault: Vault) -> tuple[Mapping[str, Any], str]:
    """A mailbox and its secret. `VaultError` where that cannot be opened."""
    async with database.transaction() as tx:
        rows = await tx.execute_query_dict("SELECT * FROM email_account WHERE id = $1", [account_id])
    return rows[0], opened(vault, rows[0], "imap")


async def begun(database: Database, account_id: UUID, uid_validity: int) -> Reached:
    """It let us in. Under another `uid_validity` its numbers mean nothing any more, and all of it is looked through again."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        row = (await deed.rows(_BEGIN, account_id, uid_validity, deed.at))[0]
        if row["before"] != EmailAccountState.OK:
            await _tell(deed, account_id)
    return Reached(row["last_uid"] or 0, row["receive_since"])


async def looked(database: Database, account_id: UUID) -> None:
    """All that lies there is here."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        await deed.run("UPDATE email_account SET imap_checked_at = $2, synced_at = $2 WHERE id = $1", account_id, deed.at)


async def untried(database: Database, most: int) -> list[UUID]:
    """Mailboxes that are not listened to and whose log-in is to be tried, by us and by nobody else meanwhile."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        return [row["id"] for row in await deed.rows(_UNTRIED, deed.at, deed.at - IN_HAND, most)]


async def let_in(database: Database, account_id: UUID) -> None:
    """Its log-in was tried, and is right."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        await deed.run(_TRIED, account_id, deed.at)
        await _tell(deed, account_id)


async def _tell(deed: Deed, account_id: UUID) -> None:
    """Whoever watches the mailbox."""
    await events.record_many(deed, topic_of_changes(Kind.EMAIL_ACCOUNT), [(account_id, ())])


async def failed(database: Database, account_id: UUID, reason: str) -> None:
    """It does not let us in; its owner is told once, until it does again."""
    async with system_deed(database, "mail", channel=Channel.MAIL) as deed:
        for row in await deed.rows(_FAIL, account_id, reason[:LONGEST_ERROR], deed.at):
            await _tell(deed, account_id)
            if row["before"] != EmailAccountState.FAILING:
                await notify_people(deed, Notice.EMAIL_FAILING, account_id, [row["owner_id"]])
