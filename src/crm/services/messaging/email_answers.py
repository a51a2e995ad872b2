"""Answers and what is passed on (回复, 转发): drafts that know what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.clock import print_instant
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailMessage, StoredFile
from crm.rules.messaging.email_addresses import address_key, address_of
from crm.rules.messaging.email_flow import EmailDirection, EmailRecipientRole, EmailState
from crm.rules.messaging.email_subjects import answering, forwarding
from crm.rules.messaging.email_templates import Letter
from crm.rules.messaging.email_text import LONGEST_BODY, html_of, quoted, quoted_html
from crm.services.deeds import Deed
from crm.services.messaging import email_contents
from crm.services.messaging.email_drafts import answering_columns, row_of, told
from crm.services.messaging.email_rights import check_may_send, seen_message
from crm.services.records import insert, record_change


async def reply(deed: Deed, record_id: str, *, everybody: bool) -> UUID:
    """An answer to whoever wrote, or to everybody it was to but ourselves; what it answers stands below."""
    original, account = await _original(deed, record_id)
    letter = Letter(answering(original.subject), *_below(original, account, ""))
    people = await _people(deed, original, account, everybody=everybody)
    if not people:
        raise Invalid("It names nobody who could be answered.", ("id",))
    return await _begin(deed, account, original, letter, people, answering_columns(original))


async def forward(deed: Deed, record_id: str) -> UUID:
    """The same passed on to somebody else, with what was attached to it."""
    original, account = await _original(deed, record_id)
    letter = Letter(forwarding(original.subject), *_below(original, account, "转发 Forwarded: "))
    draft = await _begin(deed, account, original, letter, [], {})
    files = await deed.rows(
        "SELECT f.name, f.media_type, f.size, f.sha256 FROM email_attachment a JOIN stored_file f ON f.id = a.file_id"
        " WHERE a.message_id = $1 AND NOT a.dangerous AND f.deleted_at IS NULL ORDER BY a.position",
        original.id,
    )
    # The same contents once more, as files of the new message: whoever may not see the first sees these.
    made = [
        StoredFile(
            id=new_id(Kind.STORED_FILE), record_id=draft, record_kind=int(Kind.EMAIL_MESSAGE), author_id=deed.actor,
            created_at=deed.at, **file,
        ) for file in files
    ]  # fmt: skip
    await StoredFile.bulk_create(made, using_db=deed.tx)
    await email_contents.attach_rows(deed, draft, [{**file, "id": each.id} for file, each in zip(files, made, strict=True)])
    size = sum(file["size"] for file in files)
    await deed.run("UPDATE email_message SET size = size + $2 WHERE id = $1", draft, size)
    return draft


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


def _below(original: Any, account: Mapping[str, Any], word: str) -> tuple[str, str | None]:
    """Room for what is to be written, the signature, and the original beneath."""
    sender = original.from_name or original.from_address or ""
    intro = f"{word}{print_instant(original.dated_at)} {sender}:"
    signed = email_contents.signed(Letter("", "", "" if original.html else None), account)
    text = f"\n\n{signed.text}\n\n{quoted(intro, original.text)}"[:LONGEST_BODY]
    if signed.html is None:
        return text, None
    html = f"<p></p>{signed.html}{quoted_html(intro, original.html or html_of(original.text))}"
    return text, html if len(html) <= LONGEST_BODY else None


async def _people(deed: Deed, original: Any, account: Mapping[str, Any], *, everybody: bool) -> list[dict[str, Any]]:
    rows = await deed.rows(
        "SELECT role, address, address_key, name FROM email_recipient WHERE message_id = $1 AND role <> 'BCC' ORDER BY position",
        original.id,
    )
    own = {address_key(account["address"]), address_key(account["reply_to"] or account["address"])}
    if original.direction == EmailDirection.OUTBOUND:
        first = [row for row in rows if row["role"] == EmailRecipientRole.TO]
        rest = [row for row in rows if row["role"] == EmailRecipientRole.CC]
    else:
        first = _sender(original)
        rest = [{**row, "role": EmailRecipientRole.CC.value} for row in rows]
    people = [*first, *(rest if everybody else ())]
    fit = [row for row in people if row["address_key"] not in own and _writable(row["address"])]
    return list({row["address_key"]: row for row in reversed(fit)}.values())[::-1]


def _sender(original: Any) -> list[dict[str, Any]]:
    address = original.reply_address or original.from_address
    if address is None:
        return []
    name = original.from_name if address == original.from_address else None
    return [{"role": EmailRecipientRole.TO.value, "address": address, "address_key": address_key(address), "name": name}]


def _writable(address: str) -> bool:
    """Strangers put anything into their headers."""
    try:
        address_of(address)
    except ValueError:
        return False
    return True
