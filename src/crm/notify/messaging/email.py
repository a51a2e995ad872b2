"""E-mail on its way out: written into bytes off the loop, handed to the server of its mailbox, and what came of it.

Also the log-ins that are to be tried, and the activities that messages become.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from crm.config import Settings
from crm.core.vault import Vault, VaultError
from crm.notify.gateways.smtp_delivery import PATIENT
from crm.notify.gateways.smtp_line import Login
from crm.notify.gateways.smtp_peer import SmtpPeer
from crm.notify.messaging.email_writing import Writer
from crm.notify.messaging.outbound import Outgoing
from crm.notify.timers import each
from crm.rules.messaging.email_flow import EmailReason
from crm.rules.messaging.email_outcomes import EmailOutcome, outcome_of, wait_after
from crm.rules.messaging.email_tokens import with_token
from crm.rules.messaging.mail_hosts import SMTP_PORTS, MailSecurity
from crm.rules.messaging.sending import Medium, Outcome, Result
from crm.services.customers import email_filing
from crm.services.messaging import email_dispatch, email_lost, email_secrets, email_trials, outbound
from crm.services.messaging.email_dispatch import Parcel
from crm.services.messaging.outbound import HELD
from crm.store.blobs_of import blobs_of
from crm.store.database import Database

log = structlog.get_logger("crm.mail")
FILING_SECONDS = 1.0
RENEW_SECONDS = HELD.total_seconds() / 3
RENEW_AGAIN = 1.0
"""After an error."""
TRIAL_SECONDS = 1.0


class CannotSend(Exception):
    """The mailbox is not set up right; the text says what is wrong, in one line."""


class EmailSender:
    """The medium EMAIL."""

    medium = Medium.EMAIL

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        self.vault = vault_of(settings)
        self.writer = Writer(database, blobs_of(settings.files_url, settings.data_dir), settings)
        self._busy: Counter[UUID] = Counter()
        self._peers: dict[UUID, tuple[Login, SmtpPeer]] = {}

    async def next_due(self, database: Database, full: Collection[UUID]) -> datetime | None:
        """When a mailbox with a free connection may send something."""
        using = {key for key, (login, _) in self._peers.items() if self._busy[key] >= login.connections}
        return await email_dispatch.next_due(database, [*using.union(full)])

    async def take(self, database: Database, most: int, flying: Collection[Parcel]) -> Sequence[Parcel]:
        """Claim what is due."""
        parcels = await email_dispatch.take(database, most, flying)
        for parcel in parcels:
            self._busy[parcel.account["id"]] += 1
        return parcels

    async def send(self, letter: Parcel) -> Outcome:
        """One try by the server of its mailbox."""
        try:
            if letter.outcome is not None:
                return letter.outcome
            async with self._held(letter):
                return await self._send(letter)
        finally:
            self._busy[letter.account["id"]] -= 1

    async def _send(self, parcel: Parcel) -> Outcome:
        try:
            peer = await self._peer(parcel.account)
        except CannotSend as error:
            return EmailOutcome(Result.NOT_SENT, detail=str(error), login=True)
        try:
            content = await self.writer.bytes_of(parcel)
        except FileNotFoundError:
            return Outcome(Result.REJECTED, detail="an attachment is gone", reason=EmailReason.FILE_MISSING)
        except (ValueError, UnicodeError) as error:
            return Outcome(Result.REJECTED, detail=f"it cannot be written ({type(error).__name__})")
        except Exception as error:
            log.warning("a letter waits for what it is made of", message=str(parcel.message["id"]), exc_info=error)
            return Outcome(Result.NOT_SENT, detail="its attachments cannot be read now", after=wait_after(parcel.ticket.tries))
        people = {row["id"]: row["address"] for row in parcel.recipients}
        delivered = await peer.deliver(return_path(parcel), list(people.values()), content, PATIENT)
        return outcome_of(delivered, people, parcel.ticket.tries)

    @asynccontextmanager
    async def _held(self, parcel: Parcel) -> AsyncIterator[None]:
        """Nobody else takes it for lost meanwhile, however long its server thinks about it."""
        task = asyncio.create_task(self._renew(parcel))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew(self, parcel: Parcel) -> None:
        wait = RENEW_SECONDS
        while True:
            await asyncio.sleep(wait)
            try:
                await outbound.renew(self.database, parcel.ticket)
            except Exception as error:  # noqa: BLE001 - whatever it is, others take the letter for lost where it is not renewed
                log.warning("a hold is not renewed", message=str(parcel.message["id"]), reason=type(error).__name__)
                wait = min(RENEW_SECONDS, RENEW_AGAIN)
            else:
                wait = RENEW_SECONDS

    async def settle(self, database: Database, ended: Sequence[tuple[Parcel, Outcome]]) -> None:
        """Write down how they ended."""
        await email_dispatch.settle(database, ended)

    async def lose(self, database: Database, letter: Parcel) -> None:
        """Write down that nobody knows how it ended."""
        await email_lost.lose(database, letter)

    async def close(self) -> None:
        """Close the connections."""
        while self._peers:
            await self._peers.popitem()[1][1].close()

    async def _peer(self, account: Mapping[str, Any]) -> SmtpPeer:
        """The server of a mailbox as it is set up now."""
        login, key = login_of(account, self.settings, self.vault), account["id"]
        kept = self._peers.get(key)
        if kept is not None and kept[0] == login:
            return kept[1]
        peer = SmtpPeer(login)
        # Before anything is waited for, or two that find it changed would each make one.
        self._peers[key] = (login, peer)
        if kept is not None:
            await kept[1].close()
        return peer


def vault_of(settings: Settings) -> Vault:
    """What opens the secrets of this installation."""
    return Vault(settings.secret_key.get_secret_value().encode() if settings.secret_key else b"")


def login_of(account: Mapping[str, Any], settings: Settings, vault: Vault) -> Login:
    """How a mailbox's server is reached. `CannotSend` where it is not set up right."""
    if account["smtp_host"] is None:
        raise CannotSend("the mailbox has no server to send by")
    try:
        password = email_secrets.opened(vault, account, "smtp")
    except VaultError as error:
        raise CannotSend(str(error)) from None
    security = MailSecurity(account["smtp_security"])
    user = (account["smtp_user"] or account["address"]) if password else None
    return Login(
        account["smtp_host"], account["smtp_port"] or SMTP_PORTS[security], security, user, password or None,
        private=settings.private_peers, connections=account["connections"],
    )  # fmt: skip


def return_path(parcel: Parcel) -> str:
    """Where what cannot be delivered comes back to: the recipient's own, or the mailbox."""
    pattern, people = parcel.account["return_path"], parcel.recipients
    if pattern and len(people) == 1 and parcel.ticket.message_id == people[0]["id"]:
        return with_token(pattern, people[0]["token"])
    return str(parcel.account["address"])


async def run(database: Database, settings: Settings) -> None:
    """Send e-mail, until cancelled."""
    await Outgoing(database, EmailSender(database, settings)).run()


async def try_logins(database: Database, settings: Settings) -> None:
    """Try log-ins that nobody has tried yet, until cancelled."""
    await each("email trials", database, TRIAL_SECONDS, lambda opened: try_all(opened, settings))


async def try_all(database: Database, settings: Settings) -> int:
    """All that are to be tried now."""
    vault, tried = vault_of(settings), 0
    while accounts := await email_trials.take(database):
        errors = await asyncio.gather(*(_tried(account, settings, vault) for account in accounts))
        for account, error in zip(accounts, errors, strict=True):
            await email_trials.ended(database, account, error)
        tried += len(accounts)
    return tried


async def _tried(account: Mapping[str, Any], settings: Settings, vault: Vault) -> str | None:
    try:
        login = login_of(account, settings, vault)
    except CannotSend as error:
        return str(error)
    return await SmtpPeer(login).try_login()


async def file(database: Database) -> None:
    """Make activities of what was sent and received, until cancelled."""
    await each("email activities", database, FILING_SECONDS, file_all)


async def file_all(database: Database) -> int:
    """All there is to file now."""
    filed = 0
    while found := await email_filing.file(database):
        filed += found
    return filed
