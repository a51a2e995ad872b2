"""Answers and what is passed on (回复, 转发): drafts that know what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.clock import print_instant
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case
from crm.models import EmailMessage, StoredFile
from crm.rules.messaging.email_addresses import address_key, address_of, domain_of
from crm.rules.messaging.email_flow import EmailDirection, EmailRecipientRole, EmailState
from crm.rules.messaging.email_subjects import answering, forwarding
from crm.rules.messaging.email_templates import Letter
from crm.rules.messaging.email_text import LONGEST_BODY, quoted, quoted_html
from crm.rules.messaging.mail_html import quotable, shown_pictures
from crm.services.deeds import Deed
from crm.services.messaging import email_contents
from crm.services.messaging.email_drafts import answering_columns, row_of, told
from crm.services.messaging.email_rights import check_may_send, seen_message
from crm.services.records import insert, record_change

_FILES = """
SELECT a.id AS attachment, a.content_id, f.name, f.media_type, f.size, f.sha256 FROM email_attachment a
JOIN stored_file f ON f.id = a.file_id WHERE a.message_id = $1 AND NOT a.dangerous AND f.deleted_at IS NULL ORDER BY a.position
"""
_ADDRESSED = """
SELECT role, address, address_key, name FROM email_recipient WHERE message_id = $1 AND role <> 'BCC' ORDER BY position
"""


async def reply(deed: Deed, record_id: str, *, everybody: bool) -> UUID:
    """An answer to whoever wrote, or to everybody it was to but ourselves; what it answers stands below."""
    original, account = await _original(deed, record_id)
    letter = Letter(answering(original.subject), *_below(deed, original, account, "", {}))
    people = await _people(deed, original, account, everybody=everybody)
    if not people:
        raise Invalid("It names nobody who could be answered.", ("id",))
    return await _begin(deed, account, original, letter, people, answering_columns(original))


async def forward(deed: Deed, record_id: str) -> UUID:
    """The same passed on to somebody else, with what was attached to it, pictures in their places."""
    original, account = await _original(deed, record_id)
    files = [] if _hides(deed, "attachments") else await deed.rows(_FILES, original.id)
    html = "" if _hides(deed, "html") else original.html or ""
    by_attachment, by_name = shown_pictures(html)
    pictures: dict[str, str] = {}
    for file in files:
        key, known, file["id"] = str(file.pop("attachment")), file.pop("content_id"), new_id(Kind.STORED_FILE)
        if known in by_name or key in by_attachment:
            # What a stranger calls a picture may be no name that can be written.
            pictures[key] = file["content_id"] = known if known in by_name else f"{file['id']}@{domain_of(account['address'])}"
    letter = Letter(forwarding(original.subject), *_below(deed, original, account, "转发 Forwarded: ", pictures))
    draft = await _begin(deed, account, original, letter, [], {})
    await _keep(deed, draft, files)
    return draft


async def _keep(deed: Deed, draft: UUID, files: list[dict[str, Any]]) -> None:
    """The same contents once more, as files of the new message: whoever may not see the first sees these."""
    made = [
        StoredFile(
            record_id=draft, record_kind=int(Kind.EMAIL_MESSAGE), author_id=deed.actor, created_at=deed.at,
            **{name: file[name] for name in ("id", "name", "media_type", "size", "sha256")},
        ) for file in files
    ]  # fmt: skip
    await StoredFile.bulk_create(made, using_db=deed.tx)
    await email_contents.attach_rows(deed, draft, files)
    size = sum(file["size"] for file in files)
    await deed.run("UPDATE email_message SET size = size + $2 WHERE id = $1", draft, size)


def _hides(deed: Deed, field: str) -> bool:
    """Whether no role of the viewer's shows them this of a message: then it is copied into none of theirs either."""
    return f"email_message.{field}" in deed.viewer.rights.hidden


async def _original(deed: Deed, record_id: str) -> tuple[Any, Mapping[str, Any]]:
    message, _ = await seen_message(deed, record_id)
    account = await check_may_send(deed, message.account_id)
    if message.state == EmailState.DRAFT:
        raise Invalid("A draft is neither answered nor passed on.", ("id",))
    return message, account


async def _begin(
    deed: Deed, account: Mapping[str, Any], original: Any, letter: Letter, people: list[dict[str, Any]], links: dict[str, Any]
) -> UUID:
    values = {
        **row_of(account, letter), "dated_at": deed.at, **links,
        "party_id": original.party_id if links else None, "contact_id": original.contact_id if links else None,
    }  # fmt: skip
    draft: Any
    draft, changes = await insert(deed, EmailMessage, Kind.EMAIL_MESSAGE, values)
    await email_contents.keep_recipients(deed, draft.id, people)
    await record_change(deed, draft, "email_message.create", told(changes))
    return UUID(str(draft.id))


def _below(
    deed: Deed, original: Any, account: Mapping[str, Any], word: str, pictures: Mapping[str, str]
) -> tuple[str, str | None]:  # fmt: skip
    """Room for what is to be written, the signature, and the original beneath, with those of its pictures that go along."""
    name = None if _hides(deed, "fromName") else original.from_name
    sender = name or (None if _hides(deed, "fromAddress") else original.from_address) or ""
    intro = f"{word}{print_instant(original.dated_at)} {sender}".rstrip() + ":"
    shown = None if _hides(deed, "html") else original.html
    signed = email_contents.signed(Letter("", "", "" if shown else None), account)
    text = f"\n\n{signed.text}\n\n{quoted(intro, original.text)}"[:LONGEST_BODY]
    if shown is None or signed.html is None:
        return text, None
    html = f"<p></p>{signed.html}{quoted_html(intro, quotable(shown, pictures, remote=original.images_allowed))}"
    return text, html if len(html) <= LONGEST_BODY else None


async def _people(deed: Deed, original: Any, account: Mapping[str, Any], *, everybody: bool) -> list[dict[str, Any]]:
    rows = [] if _hides(deed, "recipients") else await deed.rows(_ADDRESSED, original.id)
    own = {address_key(account["address"]), address_key(account["reply_to"] or account["address"])}
    if original.direction == EmailDirection.OUTBOUND:
        first = [row for row in rows if row["role"] == EmailRecipientRole.TO]
        rest = [row for row in rows if row["role"] == EmailRecipientRole.CC]
    else:
        first = _sender(deed, original)
        rest = [{**row, "role": EmailRecipientRole.CC.value} for row in rows]
    people = [*first, *(rest if everybody else ())]
    fit = [row for row in people if row["address_key"] not in own and _writable(row["address"])]
    return list({row["address_key"]: row for row in reversed(fit)}.values())[::-1]


def _sender(deed: Deed, original: Any) -> list[dict[str, Any]]:
    shown = {
        name: None if _hides(deed, camel_case(name)) else getattr(original, name)
        for name in ("reply_address", "from_address", "from_name")
    }
    address = shown["reply_address"] or shown["from_address"]
    if address is None:
        return []
    name = shown["from_name"] if address == shown["from_address"] else None
    return [{"role": EmailRecipientRole.TO.value, "address": address, "address_key": address_key(address), "name": name}]


def _writable(address: str) -> bool:
    """Strangers put anything into their headers."""
    try:
        address_of(address)
    except ValueError:
        return False
    return True
