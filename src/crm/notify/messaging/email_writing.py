"""A message of the database made into the bytes that go over the wire: its attachments fetched, its headers put together.

Building one takes milliseconds of work, so it is done in a thread; the last few are kept, because a message whose recipients
each have a return path of their own is asked for once for each of them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.config import Settings
from crm.rules.messaging.email_flow import EmailCategory, EmailRecipientRole
from crm.rules.messaging.email_mime import Composition, Enclosure, Mailbox, message_id_of, written
from crm.rules.messaging.email_tokens import unsubscribe_address
from crm.services.messaging.email_dispatch import Parcel
from crm.services.messaging.unsubscribing import link
from crm.store.blobs import BlobStore
from crm.store.database import Database

KEPT = 8

_HEAD = """
SELECT r.role, r.address, r.name, r.token FROM email_recipient r WHERE r.message_id = $1 ORDER BY r.position
"""
_FILES = """
SELECT a.name, a.media_type, a.content_id, f.sha256, f.deleted_at FROM email_attachment a
LEFT JOIN stored_file f ON f.id = a.file_id WHERE a.message_id = $1 ORDER BY a.position
"""


class Writer:
    """Writes messages of one installation."""

    def __init__(self, database: Database, blobs: BlobStore, settings: Settings) -> None:
        self.database, self.blobs = database, blobs
        self.public_url = settings.public_url
        self.secret = settings.secret_key.get_secret_value().encode() if settings.secret_key else b""
        self._kept: OrderedDict[tuple[UUID, int], bytes] = OrderedDict()

    async def bytes_of(self, parcel: Parcel) -> bytes:
        """The bytes. ValueError where it cannot be written, FileNotFoundError where an attachment is gone."""
        place = (parcel.message["id"], parcel.message["version"])
        if (known := self._kept.get(place)) is not None:
            return known
        async with self.database.connection() as connection:
            people = await connection.fetch(_HEAD, parcel.message["id"])
            files = await connection.fetch(_FILES, parcel.message["id"])
        enclosures = [await self._enclosure(file) for file in files]
        made = await asyncio.to_thread(written, self._composition(parcel, people, enclosures))
        self._kept[place] = made
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made

    async def _enclosure(self, file: Mapping[str, Any]) -> Enclosure:
        if file["sha256"] is None or file["deleted_at"] is not None:
            raise FileNotFoundError
        content = b"".join([piece async for piece in self.blobs.read(file["sha256"])])
        return Enclosure(file["name"], file["media_type"], content, file["content_id"])

    def _composition(self, parcel: Parcel, people: Sequence[Mapping[str, Any]], enclosures: Sequence[Enclosure]) -> Composition:
        message, account = parcel.message, parcel.account
        bulk = message["batch_id"] is not None
        ways = self._ways_out(account, people[0]["token"]) if bulk else ()
        return Composition(
            id=message["id"], message_id=message["rfc_message_id"] or message_id_of(message["id"], account["address"]),
            sender=Mailbox(message["from_address"] or account["address"], message["from_name"]),
            recipients=[(EmailRecipientRole(row["role"]), Mailbox(row["address"], row["name"])) for row in people],
            subject=message["subject"], text=message["text"], html=message["html"], dated_at=message["dated_at"],
            reply_to=message["reply_address"], in_reply_to=message["rfc_in_reply_to"],
            references=(message["rfc_references"] or "").split(), enclosures=enclosures, unsubscribe=ways,
            one_click=bool(self.public_url) and bulk, bulk=message["category"] == EmailCategory.MARKETING,
        )  # fmt: skip

    def _ways_out(self, account: Mapping[str, Any], token: str) -> list[str]:
        """How the recipient of a bulk message gets no more: by a link, where the installation has an address, and by mail."""
        address = unsubscribe_address(account["address"], token)
        by_mail = [] if address is None else [f"mailto:{address}?subject=unsubscribe"]
        return [*([link(self.public_url, self.secret, token)] if self.public_url else []), *by_mail]
