"""What comes of the bytes of a message before the database hears of it: what it says, cleaned, and its files on the disk.

Reading and cleaning are done by a thread, and hold up nothing: neither takes long at a stretch, whoever wrote the message.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailAttachment
from crm.rules.messaging.email_flow import EmailAttachmentState
from crm.rules.messaging.mail_html import Cleaned, cleaned
from crm.rules.messaging.mail_quotes import snippet
from crm.rules.messaging.mime_parts import ANY, MailLimit
from crm.rules.messaging.received_mail import Attached, ReceivedMail, read
from crm.rules.system.file_types import HEAD, settled, shown_name
from crm.services.deeds import Deed
from crm.services.system import stored_files
from crm.store.blobs import BlobStore, Draft, TooLarge, discard, received

MOST_FILES = 100
ORIGINAL = "message/rfc822"
UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as it came from its server. `size` is what the server says of the whole of it, `raw` what was fetched."""

    uid_validity: int
    uid: int
    received: datetime
    size: int
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file of it: kept as a draft, or why not."""

    id: UUID
    attached: Attached
    size: int = 0
    draft: Draft | None = None
    media_type: str = ANY
    dangerous: bool = False


@dataclass(slots=True)
class Arrival:
    """A message ready to be written down."""

    uid_validity: int
    uid: int
    received: datetime
    mail: ReceivedMail
    page: Cleaned | None
    snippet: str
    files: list[Enclosed]
    original: Draft | None = None
    remarks: list[str] = field(default_factory=list)

    def discard(self) -> None:
        """Throw away what nobody kept."""
        for draft in (self.original, *(each.draft for each in self.files)):
            if draft is not None:
                with suppress(OSError):
                    discard(draft)


def understood(fetched: Fetched) -> Arrival:
    """What a message says. For a thread: of 50 MB it takes seconds."""
    mail = read(fetched.raw, fetched.received, size=fetched.size)
    files = [Enclosed(new_id(Kind.EMAIL_ATTACHMENT), each) for each in mail.attachments]
    named = {each.attached.content_id: str(each.id) for each in files if each.attached.content_id is not None}
    page = None if mail.html is None else cleaned(mail.html, named)
    remarks = sorted(mail.limits | ({MailLimit.HTML_LEFT_OUT} if mail.html is not None and page is None else set()))
    return Arrival(
        fetched.uid_validity, fetched.uid, fetched.received, mail, page, snippet(mail.text), files,
        remarks=[each.value for each in remarks],
    )  # fmt: skip


def stripped(fetched: Fetched) -> Arrival:
    """The same message as its headers alone, where the whole could not be kept: it is seen that there is one."""
    head = fetched.raw.partition(b"\r\n\r\n")[0][:64_000] + b"\r\n\r\n"
    found = understood(Fetched(fetched.uid_validity, fetched.uid, fetched.received, max(fetched.size, len(head) + 1), head))
    found.remarks.append(UNREADABLE)
    return found


async def stored(arrival: Arrival, raw: bytes, folder: Path, largest: int) -> Arrival:
    """Write its files to drafts, each on the disk before the database names it."""
    arrival.original = await received(_pieces(raw), folder, max(largest, len(raw)), HEAD)
    for place, enclosed in enumerate(arrival.files):
        with suppress(TooLarge):
            draft = await received(_of(enclosed.attached), folder, largest, HEAD)
            media_type, dangerous = _judged(enclosed.attached, draft)
            arrival.files[place] = Enclosed(enclosed.id, enclosed.attached, draft.size, draft, media_type, dangerous)
    if any(each.draft is None for each in arrival.files) and MailLimit.ATTACHMENT_LEFT_OUT not in arrival.remarks:
        arrival.remarks.append(MailLimit.ATTACHMENT_LEFT_OUT.value)
    return arrival


async def keep_contents(deed: Deed, blobs: BlobStore, arrival: Arrival) -> None:
    """What its files hold; their rows follow in the same transaction."""
    drafts = [arrival.original, *(each.draft for each in arrival.files)]
    await stored_files.keep_contents(deed, blobs, [each for each in drafts if each is not None])


async def write_files(deed: Deed, message: Any, arrival: Arrival) -> None:
    """The rows of its files, and its own bytes as one of them. Their contents are kept already."""
    record = (message.id, Kind.EMAIL_MESSAGE)
    if arrival.original is not None:
        name = _name(f"{(message.subject or 'message')[:150]}.eml")
        original = await stored_files.file_of(deed, arrival.original, name, ORIGINAL, record)
        message.original_id = original
        await message.save(using_db=deed.tx, update_fields=["original_id"])
    rows = []
    for place, enclosed in enumerate(arrival.files):
        draft, attached = enclosed.draft, enclosed.attached
        file_id = None
        if draft is not None:
            file_id = await stored_files.file_of(deed, draft, attached.name, enclosed.media_type, record)
        state = EmailAttachmentState.TOO_LARGE if file_id is None else EmailAttachmentState.KEPT
        rows.append(
            EmailAttachment(
                id=enclosed.id, message_id=message.id, position=place, name=attached.name, media_type=attached.media_type[:100],
                size=enclosed.size, file_id=file_id, content_id=attached.content_id and attached.content_id[:200],
                inline=attached.inline, dangerous=enclosed.dangerous, state=state.value,
            )
        )  # fmt: skip
    if rows:
        await EmailAttachment.bulk_create(rows, using_db=deed.tx)


def _judged(attached: Attached, draft: Draft) -> tuple[str, bool]:
    """The type it is given out as; what would run, or is not what it says, is bytes and nothing else."""
    try:
        return settled(attached.name, attached.media_type, draft.head), False
    except ValueError:
        pass
    try:
        settled(attached.name, ANY, draft.head)
    except ValueError:
        return ANY, True
    return ANY, False


def _name(text: str) -> str:
    try:
        return shown_name(text.replace("/", " "))
    except ValueError:
        return "message.eml"


async def _pieces(raw: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), 1 << 20):
        yield raw[start : start + (1 << 20)]


async def _of(attached: Attached) -> AsyncIterator[bytes]:
    for piece in attached.part.decoded():
        yield piece
