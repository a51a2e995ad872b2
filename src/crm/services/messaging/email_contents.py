"""What a message says and to whom: an input made into columns, every part of it fit to be sent."""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.predicates import readable
from crm.core.errors import DomainError, Invalid, NotFound, Refusals
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.models import EmailAttachment, EmailRecipient
from crm.rules.messaging.email_addresses import address_key, address_of, header_text
from crm.rules.messaging.email_flow import EmailCategory, EmailRecipientRole, EmailRecipientState
from crm.rules.messaging.email_templates import EmailVariableSource, Letter, filled
from crm.rules.messaging.email_text import LONGEST_BODY, composed_html, html_of, snippet, text_of
from crm.rules.messaging.email_tokens import TOKEN
from crm.rules.messaging.mail_matching import ADDRESSES
from crm.rules.messaging.placeholders import BadValue
from crm.services.deeds import Deed
from crm.services.messaging import email_templates
from crm.services.messaging.sms_recipients import blind_to
from crm.services.messaging.template_variables import VARIABLES, given_values
from crm.services.references import rule_of_table, visible_id

ROLES = {"to": EmailRecipientRole.TO, "cc": EmailRecipientRole.CC, "bcc": EmailRecipientRole.BCC}
MOST_ADDRESSES = 500
MOST_FILES = 30
LONGEST_SUBJECT = 400
LONGEST_NAME = 200
LONGEST_INPUT = 200_000


def new_token(length: int = TOKEN) -> str:
    """What a recipient's own return path carries; nobody guesses it, at five bits for each character."""
    return b32encode(secrets.token_bytes(20)).decode().lower()[:length]


def recipients_of(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Everybody who is named, each address once; all that is wrong is refused together."""
    rows: list[dict[str, Any]] = []
    errors: list[DomainError] = []
    for name, role in ROLES.items():
        for place, item in enumerate(given.get(name) or ()):
            where = ("input", name, str(place))
            try:
                rows.append(_recipient(item, role, where))
            except DomainError as error:
                errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    if len(rows) > MOST_ADDRESSES:
        raise Invalid(f"At most {MOST_ADDRESSES} recipients.", ("input", "to"))
    return list({row["address_key"]: row for row in reversed(rows)}.values())[::-1]


def _recipient(item: Mapping[str, Any], role: EmailRecipientRole, where: tuple[str, ...]) -> dict[str, Any]:
    try:
        address = address_of(item["address"])
    except ValueError as error:
        raise Invalid(str(error), (*where, "address")) from None
    try:
        name = header_text(item.get("name") or "", LONGEST_NAME) or None
    except ValueError as error:
        raise Invalid(str(error), (*where, "name")) from None
    return {"role": role.value, "address": address, "address_key": address_key(address), "name": name}


async def letter_of(
    deed: Deed, given: Mapping[str, Any], account: Mapping[str, Any]
) -> tuple[Letter, dict[str, Any]]:  # fmt: skip
    """Subject, text and HTML as they will be read, signed; and the columns that tell of the template they came from."""
    template = None if given.get("template_id") is None else await email_templates.chosen(deed, given["template_id"])
    if template is None:
        letter = _own(given)
    else:
        if any(given.get(name) for name in ("subject", "text", "html")):
            raise Invalid("A text or a template, not both.", ("input", "templateId"))
        refuse_marketing(template, ("input", "templateId"))
        variables = await email_templates.variables_of(deed, template["id"])
        values = await _values(deed, given, variables)
        letter = filled_or_refused(Letter(template["subject"], template["text"], template["html"]), values, variables)
    origin = {
        "template_id": template["id"] if template else None,
        "category": template["category"] if template else EmailCategory.PERSONAL.value,
    }
    return signed(letter, account) if given.get("signed", True) else letter, origin


def refuse_marketing(template: Mapping[str, Any], where: tuple[str, ...]) -> None:
    """Alone it would go to those who want none, and tell nobody how to get no more."""
    if template["category"] == EmailCategory.MARKETING:
        raise Invalid("Marketing goes out in bulk.", where)


def filled_or_refused(letter: Letter, values: Mapping[str, str], variables: Sequence[Mapping[str, Any]]) -> Letter:
    """The letter of a template for one message, where whoever sends it is told which value is wrong."""
    try:
        return filled(letter, values, {row["name"]: row["longest"] for row in variables})
    except BadValue as error:
        raise Invalid(error.message, (*VARIABLES, error.variable)) from None


def signed(letter: Letter, account: Mapping[str, Any]) -> Letter:
    """With the signature of the mailbox beneath."""
    text, html = account["signature_text"], account["signature_html"]
    if not text and not html:
        return letter
    plain = text or text_of(html)
    rich = html or html_of(text)
    return Letter(
        letter.subject,
        f"{letter.text.rstrip()}\n\n-- \n{plain}",
        None if letter.html is None else f"{letter.html}\n<br>\n<div>{rich}</div>",
    )


def columns_of(letter: Letter) -> dict[str, Any]:
    """The columns of a message that follow from what it says."""
    return {
        "subject": letter.subject, "text": letter.text, "html": letter.html, "snippet": snippet(letter.text),
        "size": len(letter.text.encode()) + len((letter.html or "").encode()),
    }  # fmt: skip


async def linked(deed: Deed, given: Mapping[str, Any], recipients: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Which party and contact it is with: those that were named, or whose address it is, if that is one party's alone."""
    if given.get("contact_id") is not None:
        where = ("input", "contactId")
        contact = await visible_id(deed, rule_of_table("contact"), given["contact_id"], where)
        party = (await deed.rows("SELECT party_id FROM contact WHERE id = $1", contact))[0]["party_id"]
        return {"contact_id": contact, "party_id": party}
    if given.get("party_id") is not None:
        party = await visible_id(deed, rule_of_table("party"), given["party_id"], ("input", "partyId"))
        return {"contact_id": None, "party_id": party}
    if ADDRESSES & deed.viewer.rights.hidden:
        return {"contact_id": None, "party_id": None}
    found = await _known(deed, [row["address_key"] for row in recipients])
    if len({row["party_id"] for row in found}) != 1:
        return {"contact_id": None, "party_id": None}
    people = {row["contact_id"] for row in found if row["contact_id"] is not None}
    return {"contact_id": people.pop() if len(people) == 1 else None, "party_id": found[0]["party_id"]}


async def _known(deed: Deed, keys: list[str]) -> list[dict[str, Any]]:
    """Whose addresses these are, as far as the viewer may see that."""
    binds, rights = Binds(), deed.viewer.rights
    party = readable(rule_of_table("party"), "p", rights, binds)
    contact = readable(rule_of_table("contact"), "c", rights, binds)
    query = f"""
        SELECT DISTINCT p.id AS party_id, c.id AS contact_id FROM email_address e LEFT JOIN contact c ON c.id = e.contact_id
        JOIN party p ON p.id = coalesce(e.party_id, c.party_id)
        WHERE lower(e.address) = ANY({binds.value(keys)}::text[]) AND {party} AND (e.contact_id IS NULL OR {contact}) LIMIT 50
    """
    text, values = binds.statement(query, deed.viewer)
    return await deed.rows(text, *values)


async def keep_recipients(deed: Deed, message_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """In place of those there were."""
    await EmailRecipient.filter(message_id=message_id).using_db(deed.tx).delete()
    made = [
        EmailRecipient(
            id=new_id(Kind.EMAIL_RECIPIENT),
            message_id=message_id,
            position=place,
            state=EmailRecipientState.NONE.value,
            token=new_token(),
            **row,
        )
        for place, row in enumerate(rows)
    ]
    await EmailRecipient.bulk_create(made, using_db=deed.tx)


_LOOSE = """
SELECT * FROM stored_file WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
    AND ((author_id = $2 AND record_id IS NULL) OR record_id = $3) FOR UPDATE
"""


async def keep_files(deed: Deed, message_id: UUID, files: Sequence[str]) -> int:
    """Attach these, which the viewer uploaded or which are attached already, in place of those there were; their size."""
    where = ("input", "fileIds")
    if len(files) > MOST_FILES:
        raise Invalid(f"At most {MOST_FILES} attachments.", where)
    keys = [_file_key(text, (*where, str(place))) for place, text in enumerate(files)]
    found = {row["id"]: row for row in await deed.rows(_LOOSE, keys, deed.actor, message_id)}
    if missing := [place for place, key in enumerate(keys) if key not in found]:
        raise NotFound((*where, str(missing[0])))
    named = await deed.rows("SELECT file_id, content_id FROM email_attachment WHERE message_id = $1", message_id)
    names = {row["file_id"]: row["content_id"] for row in named}
    await EmailAttachment.filter(message_id=message_id).using_db(deed.tx).delete()
    gone = "UPDATE stored_file SET deleted_at = $3 WHERE record_id = $1 AND id <> ALL($2::uuid[]) AND deleted_at IS NULL"
    await deed.run(gone, message_id, keys, deed.at)
    taken = "UPDATE stored_file SET record_id = $1, record_kind = $3 WHERE id = ANY($2::uuid[])"
    await deed.run(taken, message_id, keys, int(Kind.EMAIL_MESSAGE))
    # A picture that the HTML shows keeps its name, and so its place.
    await attach_rows(deed, message_id, [{**found[key], "content_id": names.get(key)} for key in dict.fromkeys(keys)])
    return sum(found[key]["size"] for key in set(keys))


async def attach_rows(deed: Deed, message_id: UUID, files: Sequence[Mapping[str, Any]]) -> None:
    """What is attached, in this order; what the HTML shows with its Content-ID."""
    made = [
        EmailAttachment(
            id=new_id(Kind.EMAIL_ATTACHMENT),
            message_id=message_id,
            position=place,
            name=file["name"],
            media_type=file["media_type"],
            size=file["size"],
            file_id=file["id"],
            content_id=file.get("content_id"),
            inline=file.get("content_id") is not None,
        )
        for place, file in enumerate(files)
    ]
    await EmailAttachment.bulk_create(made, using_db=deed.tx)


def _file_key(text: str, where: tuple[str, ...]) -> UUID:
    if (key := parse_id(text, Kind.STORED_FILE)) is None:
        raise NotFound(where)
    return key


def _own(given: Mapping[str, Any]) -> Letter:
    """A letter of one's own. HTML alone brings its text with it; none of the two is an empty letter, which may be meant."""
    try:
        subject = header_text(given.get("subject") or "", LONGEST_SUBJECT)
    except ValueError as error:
        raise Invalid(str(error), ("input", "subject")) from None
    for name in ("text", "html"):
        if "\0" in (given.get(name) or "") or len(given.get(name) or "") > LONGEST_INPUT:
            raise Invalid(f"At most {LONGEST_INPUT} characters, and no NUL.", ("input", name))
    html = composed_html(given["html"]) if given.get("html") else None
    text = given.get("text") or (text_of(html) if html else "")
    assert len(text) <= LONGEST_BODY
    return Letter(subject, text, html)


async def _values(deed: Deed, given: Mapping[str, Any], variables: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name of variable → value. A name of a contact is that of the one the message is to, else nobody's."""
    own = given_values(given, variables)
    names = {"contact": "", "party": ""}
    if given.get("contact_id") is not None:
        key = await visible_id(deed, rule_of_table("contact"), given["contact_id"], ("input", "contactId"))
        query = "SELECT c.name AS contact, p.name AS party FROM contact c JOIN party p ON p.id = c.party_id WHERE c.id = $1"
        names = (await deed.rows(query, key))[0]
        if await blind_to(deed, [key]):
            names = {**names, "party": ""}
    elif given.get("party_id") is not None:
        key = await visible_id(deed, rule_of_table("party"), given["party_id"], ("input", "partyId"))
        names = (await deed.rows("SELECT name AS contact, name AS party FROM party WHERE id = $1", key))[0]
    found = {
        EmailVariableSource.CONTACT_NAME: names["contact"],
        EmailVariableSource.PARTY_NAME: names["party"],
        EmailVariableSource.SENDER_NAME: await sender_name(deed),
    }
    return {row["name"]: found.get(EmailVariableSource(row["source"]), own.get(row["name"], "")) for row in variables}


async def sender_name(deed: Deed) -> str:
    """What whoever writes is called."""
    rows = await deed.rows("SELECT display_name FROM user_account WHERE id = $1", deed.actor) if deed.actor else []
    return str(rows[0]["display_name"]) if rows else ""
