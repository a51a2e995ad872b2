"""Letters being written (草稿): begun, changed, thrown away; answers and what is passed on begin as drafts too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import IllegalTransition, Invalid
from crm.core.kinds import Kind
from crm.models import EmailMessage
from crm.rules.messaging.email_flow import (
    EmailCategory,
    EmailDirection,
    EmailFolder,
    EmailRecipientRole,
    EmailState,
)
from crm.rules.messaging.email_templates import Letter
from crm.services.deeds import Deed
from crm.services.messaging import email_contents, email_threads
from crm.services.messaging.email_rights import check_may_send, seen_message, sending_account
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    insert,
    lock_seen,
    record_change,
    revise,
    trash,
    untrash,
)

_BODY = ("subject", "text", "html")
_PEOPLE = ("to", "cc", "bcc")
UNTOLD = {"remarks", "rfcReferences", "snippet", "size", "accountId", "seen"}
"""Of a message the log tells what people decided, and not what follows from it."""


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A draft of the viewer's."""
    return (await write(deed, given))[0].id  # type: ignore[no-any-return]


async def write(deed: Deed, given: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    """A new draft, and the mailbox it lies in."""
    check_frozen(deed, "email_message", [name for name in given if name in _BODY])
    account = await sending_account(deed, given["account_id"])
    recipients = email_contents.recipients_of(given)
    letter, origin = await email_contents.letter_of(deed, given, account)
    values = {
        **row_of(account, letter), "dated_at": deed.at, **origin,
        **await email_contents.linked(deed, given, recipients), **await _answered(deed, given, account["id"]),
    }  # fmt: skip
    message: Any
    message, changes = await insert(deed, EmailMessage, Kind.EMAIL_MESSAGE, values)
    await email_contents.keep_recipients(deed, message.id, recipients)
    if files := given.get("file_ids"):
        message.size += await email_contents.keep_files(deed, message.id, files)
        await message.save(using_db=deed.tx, update_fields=["size"])
    await record_change(deed, message, "email_message.create", told(changes))
    return message, account


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New words, recipients or attachments; what is not given stays. What is on its way is not a draft any more."""
    message, account = await draft(deed, record_id)
    check_version(message, version)
    check_frozen(deed, "email_message", [name for name in given if name in _BODY])
    values: dict[str, Any] = {}
    changes: list[FieldChange] = []
    if "template_id" in given or any(name in given for name in _BODY):
        letter, origin = await email_contents.letter_of(deed, _filled_up(message, given), account)
        values |= {**email_contents.columns_of(letter), **origin}
    if any(name in given for name in _PEOPLE):
        rows = [*email_contents.recipients_of(given), *await _others(deed, message.id, given)]
        await email_contents.keep_recipients(deed, message.id, _each_once(rows))
        values |= await email_contents.linked(deed, given, rows)
        changes.append(FieldChange("recipients", None, [row["address"] for row in rows]))
    if "file_ids" in given:
        await email_contents.keep_files(deed, message.id, given["file_ids"] or ())
        changes.append(FieldChange("attachments", None, len(given["file_ids"] or ())))
    values["size"] = values.get("size", _own_size(message)) + await _attached(deed, message.id)
    if changes := await revise(deed, message, values, changes):
        await record_change(deed, message, "email_message.update", told(changes))
    return UUID(str(message.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a message to the recycle bin; one that waits to be sent is taken back first."""
    message, _ = await seen_message(deed, record_id)
    if message.state == EmailState.QUEUED:
        raise IllegalTransition("A message that waits to be sent", message.state, "DELETE")
    await trash(deed, message, "email_message.delete")
    await email_threads.recount(deed, message.thread_id)
    return UUID(str(message.id))


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a message out of the recycle bin."""
    message: Any = await lock_seen(deed, EmailMessage, record_id, deleted=True)
    await check_may_send(deed, message.account_id)
    await untrash(deed, message, "email_message.restore")
    await email_threads.recount(deed, message.thread_id)
    return UUID(str(message.id))


async def draft(deed: Deed, record_id: str) -> tuple[Any, Mapping[str, Any]]:
    """A draft that the viewer may go on with, and its mailbox."""
    message, _ = await seen_message(deed, record_id)
    account = await check_may_send(deed, message.account_id)
    if message.state != EmailState.DRAFT:
        raise IllegalTransition("Message", message.state, "UPDATE")
    return message, account


def row_of(account: Mapping[str, Any], letter: Letter) -> dict[str, Any]:
    """The columns of a message that we write, before it is sent."""
    return {
        "account_id": account["id"], "direction": EmailDirection.OUTBOUND.value, "state": EmailState.DRAFT.value,
        "folder": EmailFolder.DRAFTS.value, "category": EmailCategory.PERSONAL.value, "from_address": account["address"],
        "from_name": account["display_name"], "reply_address": account["reply_to"], "seen": True, "remarks": [],
        **email_contents.columns_of(letter),
    }  # fmt: skip


def told(changes: list[FieldChange]) -> list[FieldChange]:
    """What the change log tells of a message."""
    return [each for each in changes if each.field not in UNTOLD]


async def _answered(deed: Deed, given: Mapping[str, Any], account_id: UUID) -> dict[str, Any]:
    """The conversation that it goes on with, where it answers something that lies in the same mailbox."""
    if given.get("reply_to_id") is None:
        return {}
    where = ("input", "replyToId")
    original: Any = await lock_seen(deed, EmailMessage, given["reply_to_id"], where=where)
    if original.account_id != account_id:
        raise Invalid("It lies in another mailbox: answer it from there.", where)
    return answering_columns(original)


def answering_columns(original: Any) -> dict[str, Any]:
    """The columns by which an answer belongs to what it answers."""
    known = (original.rfc_references or "").split()
    if original.rfc_message_id is not None:
        known = [*(each for each in known if each != original.rfc_message_id), original.rfc_message_id]
    return {
        "reply_to_id": original.id, "thread_id": original.thread_id, "rfc_in_reply_to": original.rfc_message_id,
        "rfc_references": " ".join(known[-20:]) or None,
    }  # fmt: skip


def _filled_up(message: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given over what stands there. A new text without HTML is a message without HTML."""
    if given.get("template_id") is not None:
        return {"signed": True, **given}
    kept = {"subject": message.subject, "text": message.text, "html": None if "text" in given else message.html}
    return {"signed": False, **kept, **given}


async def _others(deed: Deed, message_id: UUID, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The recipients of those roles that nothing was said of."""
    kept = [role.value for name, role in email_contents.ROLES.items() if name not in given]
    query = (
        "SELECT role, address, address_key, name FROM email_recipient WHERE message_id = $1 AND role = ANY($2) ORDER BY position"
    )
    return await deed.rows(query, message_id, kept)


def _each_once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    order = list(EmailRecipientRole)
    ranked = sorted(rows, key=lambda row: order.index(EmailRecipientRole(row["role"])))
    return list({row["address_key"]: row for row in reversed(ranked)}.values())[::-1]


def _own_size(message: Any) -> int:
    return len(message.text.encode()) + len((message.html or "").encode())


async def _attached(deed: Deed, message_id: UUID) -> int:
    query = "SELECT coalesce(sum(size), 0)::int AS n FROM email_attachment WHERE message_id = $1"
    return int((await deed.rows(query, message_id))[0]["n"])
