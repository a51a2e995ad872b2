"""The mailboxes of `crm check`: their servers are logged in to, as sending and receiving do it, and nothing is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from crm.cli.verdicts import Verdict
from crm.config import Settings
from crm.core.vault import VaultError
from crm.notify.gateways.imap.client import Lost, Rejected
from crm.notify.gateways.imap.connection import Connection
from crm.notify.gateways.imap.listening import server_of
from crm.notify.gateways.smtp_peer import SmtpPeer
from crm.notify.messaging.email import CannotSend, login_of, vault_of
from crm.services.messaging import email_secrets
from crm.store.database import Database

SECONDS = 20.0
"""For one log-in: a server that answers later is no good for mail either."""
OVERALL_SECONDS = 120.0
TOGETHER = 16
LONGEST = 300
_MAILBOXES = """
SELECT * FROM email_account WHERE active AND deleted_at IS NULL AND (smtp_host IS NOT NULL OR imap_host IS NOT NULL)
ORDER BY address, id
"""


async def mailboxes(database: Database, settings: Settings) -> list[Verdict]:
    """A verdict for each server of each mailbox that is open, in the order of their addresses."""
    async with database.transaction() as tx:
        accounts = await tx.execute_query_dict(_MAILBOXES)
    tries = [each for account in accounts for each in _tries(account, settings)]
    if not tries:
        return [Verdict("mailboxes", "not set", "")]
    room = asyncio.Semaphore(TOGETHER)
    end = asyncio.get_running_loop().time() + OVERALL_SECONDS
    return list(await asyncio.gather(*(_judged(name, work, room, end) for name, work in tries)))


def _tries(account: Mapping[str, Any], settings: Settings) -> list[tuple[str, Coroutine[Any, Any, str | None]]]:
    found = []
    if account["smtp_host"] is not None:
        found.append((f"{account['address']} sends by {account['smtp_host']}", _sends(account, settings)))
    if account["imap_host"] is not None:
        found.append((f"{account['address']} receives from {account['imap_host']}", _receives(account, settings)))
    return found


async def _judged(name: str, work: Coroutine[Any, Any, str | None], room: asyncio.Semaphore, end: float) -> Verdict:
    clock = asyncio.get_running_loop().time
    try:
        async with room, asyncio.timeout_at(min(clock() + SECONDS, end)):
            error = await work
    except TimeoutError:
        error = f"no answer within {SECONDS:g} s" if clock() < end else "not tried: others took too long"
    finally:
        work.close()
    if error is None:
        return Verdict("mailbox", "ok", name)
    return Verdict("mailbox", "bad", f"{name}: {' '.join(error.split())[:LONGEST]}")


async def _sends(account: Mapping[str, Any], settings: Settings) -> str | None:
    """Why not; None where it does."""
    try:
        login = login_of(account, settings, vault_of(settings))
    except CannotSend as error:
        return str(error)
    return await SmtpPeer(login).try_login()


async def _receives(account: Mapping[str, Any], settings: Settings) -> str | None:
    """Why not; None where it does. Nothing is fetched."""
    try:
        server = server_of(account, email_secrets.opened(vault_of(settings), account, "imap"))
        async with Connection(server, private=settings.private_peers) as connection:
            await connection.select()
    except (VaultError, Rejected, Lost) as error:
        return str(error) or type(error).__name__
    return None
