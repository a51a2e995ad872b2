"""Mailboxes and letters as tests of receiving use them: a mailroom that keeps what arrives, with no server in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.factories.api import Api, Office

from crm.core.clock import now
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailAccount, EmailMember
from crm.services.messaging.email_arrivals import Fetched, stored, understood
from crm.services.messaging.email_intake import receive
from crm.store.blobs import FolderBlobs

LARGEST = 8 * 1024 * 1024


def letter(
    subject: str = "报价",
    *,
    sender: str = "Li Wei <li@acme.cn>",
    to: str = "sales@our.cn",
    name: str | None = None,
    answers: str | None = None,
    head: str = "",
    body: str | bytes = "你好",
) -> bytes:
    """A message with these headers. Names of messages go without brackets."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    lines += [f"Message-ID: <{name}>"] if name else []
    lines += [f"In-Reply-To: <{answers}>", f"References: <{answers}>"] if answers else []
    lines += [head.strip()] if head else []
    data = body if isinstance(body, bytes) else body.encode()
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


@dataclass
class Mailroom:
    """Mailboxes of an office, and a folder for what comes with letters."""

    office: Office
    folder: Path
    uid_validity: int = 1
    uids: dict[UUID, int] = field(default_factory=dict)

    @property
    def blobs(self) -> FolderBlobs:
        return FolderBlobs(self.folder)

    async def account(self, address: str, owner: Api | None = None, members: Iterable[Api] = (), **values: Any) -> UUID:
        """A mailbox that receives; shared where it has members."""
        people, at = list(members), now()
        given = {
            "address": address, "address_key": address.lower(), "name": address, "kind": "SHARED" if people else "PERSONAL",
            "imap_host": "127.0.0.1", "receiving": True, "uid_validity": self.uid_validity,
            "owner_id": None if owner is None else UUID(owner.id),
            "created_at": at, "updated_at": at, **values,
        }  # fmt: skip
        row = await EmailAccount.create(id=new_id(Kind.EMAIL_ACCOUNT), **given)
        for place, each in enumerate(people):
            await EmailMember.create(id=new_id(Kind.EMAIL_MEMBER), account_id=row.id, user_id=UUID(each.id), position=place)
        return row.id

    async def arrives(
        self, account: UUID, raw: bytes, *, uid: int | None = None, received: datetime | None = None, size: int | None = None
    ) -> UUID | None:
        """A message comes in; its id, or None where it was here before."""
        self.uids[account] = uid or self.uids.get(account, 0) + 1
        at = received or datetime.now(UTC)
        fetched = Fetched(self.uid_validity, self.uids[account], at, size or len(raw), raw)
        arrival = await stored(await asyncio.to_thread(understood, fetched), raw, self.folder, LARGEST)
        try:
            return await receive(self.office.database, self.blobs, account, arrival)
        finally:
            arrival.discard()

    async def message(self, message_id: UUID | None) -> dict[str, Any]:
        """Its row."""
        return (await self.rows("SELECT * FROM email_message WHERE id = $1", message_id))[0]

    async def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows that compare with dictionaries."""
        return [dict(row) for row in await self.office.rows(sql, *values)]
