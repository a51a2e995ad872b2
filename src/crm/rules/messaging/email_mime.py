"""A message as it goes over the wire. Headers are never put together by hand: what makes them refuses line breaks.

The same message gives the same bytes however often it is tried, so that a mailbox knows one that comes twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from uuid import UUID

from crm.rules.messaging.email_flow import EmailRecipientRole

MOST_REFERENCES = 20
LONGEST_LINE, LONGEST_TOKEN = 998, 900
"""A line has at most so many bytes (RFC 5322), and a token stands on one."""
BYTES = ("application", "octet-stream")


class _Tokens(UniqueUnstructuredHeader):
    """Names and addresses for programs, `<…>` each. One longer than a line would be encoded like words, and found by nobody."""

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(str(self).split())}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references", "content-id", "list-unsubscribe"):
    _HEADERS.map_to_type(_name, _Tokens)  # type: ignore[arg-type]  # the registry adds BaseHeader itself
POLICY = SMTP.clone(max_line_length=78, refold_source="none", cte_type="7bit", header_factory=_HEADERS)
"""All of it in ASCII: not every server on the way takes more."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name of whoever it belongs to."""

    address: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Something attached, with its bytes. `content_id`: it is shown inside the HTML under that name."""

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """A message, ready to be written."""

    id: UUID
    message_id: str
    sender: Mailbox
    recipients: Sequence[tuple[EmailRecipientRole, Mailbox]]
    subject: str
    text: str
    html: str | None
    dated_at: datetime
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    enclosures: Sequence[Enclosure] = ()
    unsubscribe: Sequence[str] = ()
    one_click: bool = False
    bulk: bool = False


def message_id_of(message: UUID, address: str) -> str:
    """Its Message-ID: ours by its id, so that it is the same at every try and no other message has it."""
    return f"<{message}@{address.rpartition('@')[2]}>"


def written(mail: Composition) -> bytes:
    """The bytes. ValueError where something in it cannot stand in a header. Costs milliseconds: call it off the loop."""
    made = EmailMessage(policy=POLICY)
    _head(made, mail)
    made.set_content(mail.text, charset="utf-8")
    if mail.html is not None:
        made.add_alternative(mail.html, subtype="html", charset="utf-8")
    inline = [each for each in mail.enclosures if each.content_id is not None]
    if inline and mail.html is not None:
        *_, shown = made.iter_parts()
        for each in inline:
            content, main, sub, how = _part(each)
            shown.add_related(content, main, sub, how, cid=f"<{each.content_id}>", filename=each.name, disposition="inline")
    for each in mail.enclosures:
        if each.content_id is None or mail.html is None:
            made.add_attachment(*_part(each), filename=each.name)
    for place, part in enumerate(each for each in made.walk() if each.is_multipart()):
        part.set_boundary(f"=_{mail.id.hex}_{place}")
    return made.as_bytes()


def _part(enclosure: Enclosure) -> tuple[bytes, str, str, str]:
    """Bytes, type, subtype and encoding. What is made of messages may not be encoded (RFC 2046, 5.2.1).

    A message goes out as it is where every server takes it, else as a file that holds one: nobody could read it in base64.
    """
    main, _, sub = enclosure.media_type.lower().partition("/")
    if main not in ("message", "multipart"):
        return enclosure.content, main, sub, "base64"
    lines = enclosure.content.splitlines()
    plain = enclosure.content.isascii() and b"\0" not in enclosure.content and all(len(line) <= LONGEST_LINE for line in lines)
    if (main, sub) == ("message", "rfc822") and plain:
        return b"".join(line + b"\r\n" for line in lines), main, sub, "7bit"
    return enclosure.content, *BYTES, "base64"


def _head(made: EmailMessage, mail: Composition) -> None:
    made["From"] = _shown(mail.sender)
    for role in (EmailRecipientRole.TO, EmailRecipientRole.CC):  # who gets a copy in secret stands in no header
        people = [_shown(mailbox) for each, mailbox in mail.recipients if each is role]
        if people:
            made[role.value.title()] = people
    if not any(role is not EmailRecipientRole.BCC for role, _ in mail.recipients):
        made["To"] = "undisclosed-recipients:;"
    if mail.reply_to is not None:
        made["Reply-To"] = _shown(Mailbox(mail.reply_to))
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(mail.dated_at)
    made["Message-ID"] = mail.message_id
    if mail.in_reply_to is not None and _can_stand(mail.in_reply_to):
        made["In-Reply-To"] = mail.in_reply_to
    if references := [each for each in mail.references if _can_stand(each)]:
        made["References"] = " ".join(references[-MOST_REFERENCES:])
    if mail.bulk:
        made["Precedence"] = "bulk"
    if mail.unsubscribe:
        made["List-Unsubscribe"] = ", ".join(f"<{each}>" for each in mail.unsubscribe)
        if mail.one_click:
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _can_stand(name: str) -> bool:
    """Whether a message's name, which others made, can be repeated as it is; any other would name no message."""
    return name.isascii() and name.isprintable() and len(name) <= LONGEST_TOKEN


def _shown(mailbox: Mailbox) -> Address:
    local, _, domain = mailbox.address.rpartition("@")
    return Address(display_name=mailbox.name or "", username=local, domain=domain)
