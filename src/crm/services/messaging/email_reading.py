"""What people do with messages of the mailboxes they work with: read, flag, move, hand on, and have pictures shown (处理邮件)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid
from crm.models import EmailThread
from crm.rules.messaging.email_flow import EmailDirection, EmailFolder
from crm.rules.system.notices import Notice
from crm.services.deeds import Deed
from crm.services.messaging import email_threads
from crm.services.messaging.email_rights import check_works_with, seen_message
from crm.services.notices import notify_people
from crm.services.records import FieldChange, check_frozen, lock_seen, record_change, revise
from crm.services.references import rule_of_table, visible_id

FOLDERS = {
    EmailDirection.INBOUND: {EmailFolder.INBOX, EmailFolder.ARCHIVE, EmailFolder.JUNK},
    EmailDirection.OUTBOUND: {EmailFolder.SENT, EmailFolder.ARCHIVE},
}
FOLDER, ASSIGNEE = ("input", "folder"), ("input", "assigneeId")
_WORKS = """
SELECT 1 FROM email_account a WHERE a.id = $1
    AND (a.owner_id = $2 OR EXISTS (SELECT FROM email_member m WHERE m.account_id = a.id AND m.user_id = $2))
"""
_THREAD_SEEN = """
UPDATE email_message SET seen = $2, updated_at = $3, updated_by_id = $4, version = version + 1
WHERE thread_id = $1 AND seen <> $2 AND direction = 'INBOUND' AND deleted_at IS NULL
"""


async def arrange(deed: Deed, message_id: str, given: Mapping[str, Any]) -> UUID:
    """How a message lies in its mailbox."""
    message, _ = await seen_message(deed, message_id)
    check_frozen(deed, "email_message", [name for name in given if name != "assignee_id"])
    if "assignee_id" in given:
        check_frozen(deed, "email_message", ["assignee"])
    values = {name: given[name] for name in ("seen", "flagged", "images_allowed") if name in given}
    if "folder" in given:
        values["folder"] = _folder(message, EmailFolder(given["folder"])).value
    if "assignee_id" in given:
        values["assignee_id"] = await _assignee(deed, message, given["assignee_id"])
    if changes := await revise(deed, message, values):
        await record_change(deed, message, "email_message.arrange", changes)
        if "seen" in values:
            await email_threads.recount(deed, message.thread_id)
        if any(change.field == "assignee" for change in changes) and message.assignee_id is not None:
            await notify_people(deed, Notice.ASSIGNED, message.id, [message.assignee_id])
    return UUID(str(message.id))


async def mark_thread(deed: Deed, thread_id: str, *, seen: bool) -> UUID:
    """All that came in of a conversation is read, or is not."""
    key = await visible_id(deed, rule_of_table("email_thread"), thread_id, ("id",))
    # Its messages before itself, as whoever writes one of them does.
    await deed.run("SELECT id FROM email_message WHERE thread_id = $1 ORDER BY id FOR NO KEY UPDATE", key)
    thread: Any = await lock_seen(deed, EmailThread, thread_id)
    await check_works_with(deed, thread.account_id)
    check_frozen(deed, "email_message", ["seen"], ("id",))
    await deed.run(_THREAD_SEEN, thread.id, seen, deed.at, deed.actor)
    before = thread.unseen_count
    await email_threads.recount(deed, thread.id)
    after = (await deed.rows("SELECT unseen_count FROM email_thread WHERE id = $1", thread.id))[0]["unseen_count"]
    if after != before:
        await record_change(deed, thread, "email_thread.mark", [FieldChange("unseenCount", before, after)])
    return UUID(str(thread.id))


def _folder(message: Any, folder: EmailFolder) -> EmailFolder:
    """Drafts and what waits to be sent lie where they lie."""
    if message.folder in (EmailFolder.DRAFTS, EmailFolder.OUTBOX):
        raise Invalid("A draft, and what is still to be sent, is not moved.", FOLDER)
    if folder not in FOLDERS[EmailDirection(message.direction)]:
        raise Invalid("Such a message does not lie there.", FOLDER)
    return folder


async def _assignee(deed: Deed, message: Any, user_id: str | None) -> UUID | None:
    """Somebody who works with the mailbox; being named opens nothing."""
    if user_id is None:
        return None
    key = await visible_id(deed, rule_of_table("user_account"), user_id, ASSIGNEE)
    if not await deed.rows(_WORKS, message.account_id, key):
        raise Invalid("They do not work with this mailbox.", ASSIGNEE)
    return key
