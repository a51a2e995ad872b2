"""A message that came in as what it says (收到的邮件): from its bytes to values that can be kept.

It never fails: what is wrong with a message, or too much, is told beside it.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from crm.rules.messaging.auto_replies import Automatic, automatic
from crm.rules.messaging.bounces import Bounce, bounce_in
from crm.rules.messaging.mail_html import LONGEST as LONGEST_HTML
from crm.rules.messaging.mail_html import text_of_html
from crm.rules.messaging.mime_charsets import text_of
from crm.rules.messaging.mime_headers import Address, instant
from crm.rules.messaging.mime_parts import ANY, MailLimit, Part, Walk, walked
from crm.rules.system.file_types import LONGEST_NAME, shown_name

MOST_RECIPIENTS = 500
LONGEST_TEXT = 500_000
"""Characters of text that are kept to be shown and searched; the message itself is kept whole."""
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,40})", re.IGNORECASE)
_BODY_TYPES = ("text/plain", "text/html")


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom it was sent: TO, CC or BCC."""

    role: str
    address: Address


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with it, or a picture inside it."""

    name: str
    media_type: str
    content_id: str | None
    inline: bool
    part: Part = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """What is kept of a message. `fingerprint` tells it from every other one, whatever names it gives itself."""

    fingerprint: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: Address | None
    reply_to: Address | None
    recipients: tuple[Recipient, ...]
    recipient_count: int
    delivered_to: tuple[str, ...]
    subject: str | None
    sent_at: datetime
    text: str
    html: str | None
    attachments: tuple[Attached, ...]
    automatic: Automatic | None
    bounce: Bounce | None
    size: int
    limits: frozenset[MailLimit]


def read(raw: bytes, received: datetime, *, size: int | None = None) -> ReceivedMail:
    """A whole message; with a size that is not that of its bytes, the headers of one that is too large."""
    walk = walked(raw)
    headers = walk.headers
    if size is not None and size > len(raw):
        walk.limits.add(MailLimit.TOO_LARGE)
        walk.parts.clear()
    sender = next(headers.addresses("from"), None) or next(headers.addresses("sender"), None)
    subject = headers.text("subject")
    text, html, attachments = _contents(walk)
    recipients, count = _recipients(walk)
    ids = headers.ids("message-id")
    address = None if sender is None else sender.address
    return ReceivedMail(
        fingerprint=_fingerprint(walk, raw), message_id=ids[0] if ids else None,
        in_reply_to=tuple(headers.ids("in-reply-to")[:5]), references=tuple(headers.ids("references")),
        sender=sender, reply_to=next(headers.addresses("reply-to"), None), recipients=recipients, recipient_count=count,
        delivered_to=_delivered_to(walk, recipients), subject=subject, sent_at=instant(headers.as_sent("date"), received),
        text=text, html=html, attachments=attachments, automatic=automatic(headers, address, subject),
        bounce=bounce_in(walk, raw, address, subject, text), size=max(len(raw), size or 0), limits=frozenset(walk.limits),
    )  # fmt: skip


def _contents(walk: Walk) -> tuple[str, str | None, tuple[Attached, ...]]:
    """Its text, its HTML, and all that is neither."""
    texts: list[str] = []
    pages: list[str] = []
    attachments: list[Attached] = []
    for place, part in enumerate(walk.parts):
        if part.type not in _BODY_TYPES or part.disposition == "attachment" or part.file_name is not None:
            attachments.append(_attached(part, place))
        elif part.type == "text/plain":
            texts.append(_text(walk, part))
        else:
            pages.append(_text(walk, part))
    html = "\n".join(pages) if any(page.strip() for page in pages) else None
    if html is not None and len(html) > LONGEST_HTML:
        walk.limits.add(MailLimit.HTML_LEFT_OUT)
        html = None
    text = "\n".join(texts).strip()
    if not text and html is not None:
        text = text_of_html(html) or ""
    if len(text) > LONGEST_TEXT:
        walk.limits.add(MailLimit.TEXT_CUT)
    return text[:LONGEST_TEXT], html, tuple(attachments)


def _text(walk: Walk, part: Part) -> str:
    """No more of it than is shown; a page says itself what it is written in where its part does not."""
    data = b""
    for piece in part.decoded():
        data += piece
        if len(data) > LONGEST_HTML * 4:
            walk.limits.add(MailLimit.TEXT_CUT)
            break
    charset = part.parameters.get("charset")
    if charset is None and part.type == "text/html" and (match := _META.search(data[:2048])):
        charset = match.group(1).decode("ascii", "replace")
    return text_of(data[: LONGEST_HTML * 4], charset).replace("\r\n", "\n").replace("\r", "\n")


def _attached(part: Part, place: int) -> Attached:
    kind = part.type if part.type != "message/rfc822" or part.file_name else "message/rfc822"
    inline = part.content_id is not None and part.disposition != "attachment" and kind.startswith("image/")
    return Attached(_name(part, place), kind, part.content_id, inline, part)


def _name(part: Part, place: int) -> str:
    stem, dot, end = (part.file_name or "").rpartition(".")
    said = f"{stem[: LONGEST_NAME - 20]}{dot}{end[:16]}" if dot else end[:LONGEST_NAME]
    try:
        return shown_name(said)
    except ValueError:
        ending = (
            ".eml"
            if part.type == "message/rfc822"
            else mimetypes.guess_extension(part.type if part.type != ANY else "") or ".bin"
        )
        return f"attachment-{place + 1}{ending}"


def _recipients(walk: Walk) -> tuple[tuple[Recipient, ...], int]:
    found = [
        Recipient(role, address)
        for role in ("TO", "CC", "BCC")
        for address in islice(walk.headers.addresses(role.lower()), 100_000)
    ]
    once = list({(each.address.key): each for each in reversed(found)}.values())[::-1]
    if len(once) > MOST_RECIPIENTS:
        walk.limits.add(MailLimit.RECIPIENTS_CUT)
    return tuple(once[:MOST_RECIPIENTS]), len(once)


def _delivered_to(walk: Walk, recipients: tuple[Recipient, ...]) -> tuple[str, ...]:
    """The addresses it came to: servers write them down, and tokens of ours stand in them."""
    named = [
        address.address
        for header in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
        for address in islice(walk.headers.addresses(header), 10)
    ]
    return tuple(dict.fromkeys([*named, *(each.address.address for each in recipients[:20])]))


def _fingerprint(walk: Walk, raw: bytes) -> str:
    """By what its author wrote: the same however often and by whichever way it is delivered."""
    digest = hashlib.sha256()
    for name in ("message-id", "from", "date", "subject"):
        digest.update(f"{name}:{' '.join((walk.headers.as_sent(name) or '').split())}\n".encode("utf-8", "surrogateescape"))
    blank = re.search(rb"\r?\n\r?\n", raw)
    if blank is not None and MailLimit.TOO_LARGE not in walk.limits:
        digest.update(memoryview(raw)[blank.end() :])
    return digest.hexdigest()
