"""Listening to one mailbox: what lies there and was not read yet is fetched and kept, in order, and then what comes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from crm.config import Settings
from crm.core.vault import Vault, VaultError
from crm.notify.cancelling import heed_cancellation
from crm.notify.gateways.imap.client import Entry, Folder, Lost, Rejected
from crm.notify.gateways.imap.connection import Connection, Server
from crm.notify.gateways.supervised import supervised
from crm.rules.messaging.mail_hosts import IMAP_PORTS, MailSecurity
from crm.services.attempts import PASSING
from crm.services.messaging import email_mailboxes
from crm.services.messaging.email_arrivals import Arrival, Fetched, stored, stripped, understood
from crm.services.messaging.email_intake import Moved, receive, skip
from crm.store.blobs import BlobStore
from crm.store.database import Database
from crm.store.errors import is_away

IDLE_SECONDS = 600.0
"""A server may end what is idle for half an hour, and routers do sooner. Each time is a look too, for what IDLE did not tell."""
POLL_SECONDS = 60.0
"""Without IDLE."""
SHORTEST_ROUND = 0.2
LONGEST_PAUSE = 300.0
REJECTED_PAUSE = 900.0
"""A server that does not let us in is not asked again soon: many lock a mailbox after some wrong passwords."""
TOGETHER, TOGETHER_BYTES = 50, 8 * 1024 * 1024
UNDERSTAND_SECONDS = 120.0

log = structlog.get_logger("crm.mail")


class Mailbox:
    """One mailbox and the database."""

    def __init__(
        self, database: Database, settings: Settings, blobs: BlobStore, account_id: UUID, context: ssl.SSLContext | None
    ) -> None:
        self.database, self.settings, self.blobs, self.account_id, self.context = database, settings, blobs, account_id, context
        self.largest = settings.file_megabytes * 1024 * 1024
        self.drafts: Path = settings.data_dir / "files"
        key = settings.secret_key
        self.vault = Vault(key.get_secret_value().encode() if key else b"")

    async def run(self) -> None:
        """Listen, until cancelled."""
        name = f"mailbox {self.account_id}"
        await supervised(name, self._session, what="mailbox", longest=LONGEST_PAUSE, patience=self._patience, label="mail")

    async def _patience(self, error: Exception) -> float:
        """What ended a connection is written beside the mailbox; one that it would not let us make is not made again soon."""
        if isinstance(error, Moved) or _passes(error):
            return 0.0
        try:
            await email_mailboxes.failed(self.database, self.account_id, str(error) or type(error).__name__)
        except Exception as beside:
            if not is_away(beside):
                raise
        return REJECTED_PAUSE if isinstance(error, Rejected) else 0.0

    async def _session(self, of_use: Callable[[], None]) -> None:
        server = await self._server()
        async with Connection(server, private=self.settings.private_peers, context=self.context) as connection:
            folder = await connection.select()
            reached = await email_mailboxes.begun(self.database, self.account_id, folder.uid_validity)
            of_use()
            last, top = reached.last_uid, folder.uid_next
            while True:
                heed_cancellation()
                last = await self._catch_up(connection, folder, last, await connection.behind(last, top, reached.since))
                top = None
                await email_mailboxes.looked(self.database, self.account_id)
                # What a server says may be nothing new, and it may say so all the time.
                pause = asyncio.create_task(asyncio.sleep(SHORTEST_ROUND))
                try:
                    await connection.wait(IDLE_SECONDS if connection.idles else POLL_SECONDS)
                    await pause
                finally:
                    pause.cancel()

    async def try_log_in(self) -> None:
        """Once, and what came of it written beside the mailbox."""
        try:
            async with Connection(await self._server(), private=self.settings.private_peers, context=self.context) as connection:
                await connection.select()
        except (Lost, Rejected) as error:
            await email_mailboxes.failed(self.database, self.account_id, str(error))
        else:
            await email_mailboxes.let_in(self.database, self.account_id)

    async def _server(self) -> Server:
        try:
            account, secret = await email_mailboxes.opened_account(self.database, self.account_id, self.vault)
        except VaultError as error:
            raise Rejected(str(error)) from error
        return server_of(account, secret)

    async def _catch_up(self, connection: Connection, folder: Folder, last: int, uids: Sequence[int]) -> int:
        """Fetch and keep these; how far the mailbox is read then."""
        for start in range(0, len(uids), TOGETHER):
            asked = uids[start : start + TOGETHER]
            for entries in _batches(await connection.entries(asked), self.largest):
                for fetched in await self._fetched(connection, folder, entries):
                    await self._keep(fetched)
                last = entries[-1].uid
            if asked[-1] > last:  # it is gone: nobody will ever ask for it
                last = asked[-1]
                await skip(self.database, self.account_id, folder.uid_validity, last)
        return last

    async def _fetched(self, connection: Connection, folder: Folder, entries: Sequence[Entry]) -> list[Fetched]:
        """As they came; of one that is too large only its headers."""
        large = entries[0].size > self.largest
        raw = {entries[0].uid: await connection.head(entries[0].uid)} if large else await connection.whole(entries)
        return [
            Fetched(folder.uid_validity, each.uid, each.received, max(each.size * large, len(raw[each.uid])), raw[each.uid])
            for each in entries if each.uid in raw
        ]  # fmt: skip

    async def _keep(self, fetched: Fetched) -> None:
        """What is wrong with a message costs no other: one that cannot be kept whole is kept as its headers, or passed over."""
        for reading in (understood, stripped):
            try:
                return await self._kept(fetched, reading)
            except (Moved, Lost):
                raise
            except Exception as error:
                if _passes(error):
                    raise
                log.exception("a message was not kept", mailbox=str(self.account_id), uid=fetched.uid, as_=reading.__name__)
        await skip(self.database, self.account_id, fetched.uid_validity, fetched.uid)
        return None

    async def _kept(self, fetched: Fetched, reading: Callable[[Fetched], Arrival]) -> None:
        arrival = await _aside(partial(reading, fetched))
        try:
            await receive(
                self.database, self.blobs, self.account_id, await stored(arrival, fetched.raw, self.drafts, self.largest)
            )
        finally:
            arrival.discard()


def server_of(account: Mapping[str, Any], secret: str) -> Server:
    """Where a mailbox is received from."""
    security = MailSecurity(account["imap_security"])
    user = account["imap_user"] or account["smtp_user"] or account["address"]
    port = account["imap_port"] or IMAP_PORTS[security]
    return Server(account["imap_host"], port, security, user, secret, account["imap_folder"])


class TooSlow(Exception):
    """A message takes too long to understand."""


async def _aside(reading: Callable[[], Arrival]) -> Arrival:
    """In a thread of its own: what fails or hangs here is ours, and the connection has no part in it."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="mail")
    try:
        async with asyncio.timeout(UNDERSTAND_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(thread, reading)
    except TimeoutError as error:
        raise TooSlow(f"not understood within {UNDERSTAND_SECONDS:g} s") from error
    finally:
        thread.shutdown(wait=False)


def _passes(error: Exception) -> bool:
    """Whether it is nothing of the message's: the same again, later, will do."""
    return is_away(error) or isinstance(error, PASSING)


def _batches(entries: Sequence[Entry], largest: int) -> list[list[Entry]]:
    """Together what is small; alone what is too large."""
    found: list[list[Entry]] = []
    room = 0
    for entry in entries:
        alone = entry.size > largest
        if not found or alone or room < entry.size:
            found.append([])
            room = TOGETHER_BYTES
        found[-1].append(entry)
        room = 0 if alone else room - entry.size
    return found
