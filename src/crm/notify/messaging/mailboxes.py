"""All mailboxes that are to be listened to, by one process of all: those that are added, changed and closed while it runs too."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from uuid import UUID

import structlog

from crm.config import Settings
from crm.notify.cancelling import heed_cancellation
from crm.notify.gateways.imap.listening import Mailbox
from crm.notify.gateways.leading import leading
from crm.services.messaging import email_mailboxes
from crm.store.blobs_of import blobs_of
from crm.store.database import Database
from crm.store.errors import is_away

LOOK_SECONDS = 2.0
TOGETHER = 8
"""Log-ins that are tried side by side."""
MOST = 500
"""Each is a thread and a connection. An organisation with more needs a worker of its own for them, which there is not yet."""

log = structlog.get_logger("crm.mail")


async def run(database: Database, settings: Settings) -> None:
    """Listen to all of them whenever no other process does, until cancelled."""
    await leading(database.url, "mail", partial(Mailboxes(database, settings).run))


class Mailboxes:
    """Those that are listened to now, each by a task and as what version of its account."""

    def __init__(self, database: Database, settings: Settings, context: ssl.SSLContext | None = None) -> None:
        self.database, self.settings, self.context = database, settings, context
        self.blobs = blobs_of(settings.files_url, settings.data_dir)
        self._tasks: dict[UUID, tuple[int, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Until cancelled; then none is listened to any more."""
        try:
            while True:
                heed_cancellation()
                try:
                    await self.look()
                    await self._try_log_ins()
                except Exception as error:
                    if not is_away(error):
                        raise
                    log.warning("mailboxes wait for the database", reason=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            tasks = [task for _, task in self._tasks.values()]
            self._tasks.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _try_log_ins(self) -> None:
        """Of those that nobody listens to: what listens finds out by itself."""
        untried = await email_mailboxes.untried(self.database, TOGETHER)
        await asyncio.gather(*(self._mailbox(account_id).try_log_in() for account_id in untried))

    def _mailbox(self, account_id: UUID) -> Mailbox:
        return Mailbox(self.database, self.settings, self.blobs, account_id, self.context)

    async def look(self) -> None:
        """Begin with what is new, end what is closed, and begin anew with what was changed."""
        wanted = await email_mailboxes.listened(self.database, MOST)
        for account_id, (version, task) in list(self._tasks.items()):
            if wanted.get(account_id) == version and not task.done():
                continue
            del self._tasks[account_id]
            task.cancel()
            for error in await asyncio.gather(task, return_exceptions=True):
                if isinstance(error, Exception):
                    log.error("listening to a mailbox ended", mailbox=str(account_id), exc_info=error)
        for account_id, version in wanted.items():
            if account_id not in self._tasks:
                work = self._mailbox(account_id).run()
                self._tasks[account_id] = (version, asyncio.create_task(work, name=f"mailbox {account_id}"))
