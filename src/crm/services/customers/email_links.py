"""Whom a message is from or to (关联邮件): said by people, where its address does not say it, or says it wrongly.

A message with a party becomes an activity of it; one that is taken away from a party takes its activity along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import Activity
from crm.rules.messaging.email_flow import EmailFolder
from crm.rules.messaging.mail_matching import SuggestionState
from crm.services.customers.contact_cycles import untouch_party
from crm.services.deeds import Deed
from crm.services.messaging import email_threads
from crm.services.messaging.email_rights import seen_message
from crm.services.records import check_frozen, record_change, revise, trash
from crm.services.references import rule_of_table, visible_id

PARTY, CONTACT = ("input", "partyId"), ("input", "contactId")
_JUDGED = """
UPDATE email_suggestion SET state = CASE WHEN party_id = $2 THEN 'ACCEPTED' ELSE 'DISMISSED' END WHERE message_id = $1
"""


async def link(deed: Deed, message_id: str, given: Mapping[str, Any]) -> UUID:
    """It is with this party; what was suggested is accepted or dismissed by it."""
    await _lock_parties(deed, message_id, parse_id(given["party_id"], Kind.PARTY))
    message, _ = await seen_message(deed, message_id)
    party = await visible_id(deed, rule_of_table("party"), given["party_id"], PARTY)
    contact = None
    if given.get("contact_id") is not None:
        contact = await visible_id(deed, rule_of_table("contact"), given["contact_id"], CONTACT)
    check_frozen(deed, "email_message", ["party", "contact"])
    if message.folder == EmailFolder.DRAFTS:
        raise Invalid("A draft names its party itself.", ("id",))
    if contact is not None and (await deed.rows("SELECT party_id FROM contact WHERE id = $1", contact))[0]["party_id"] != party:
        raise Invalid("This contact belongs to another party.", CONTACT)
    await deed.run(_JUDGED, message.id, party)
    if message.party_id == party:
        changes = await revise(deed, message, {"contact_id": contact})
    else:
        await _unfile(deed, message)
        filed = message.auto_reply or message.bounce
        changes = await revise(deed, message, {"party_id": party, "contact_id": contact, "filed": filed, "activity_id": None})
    if changes:
        await record_change(deed, message, "email_message.link", changes)
        await _with_thread(deed, message)
    return UUID(str(message.id))


async def unlink(deed: Deed, message_id: str) -> UUID:
    """It is with nobody that we know."""
    await _lock_parties(deed, message_id, None)
    message, _ = await seen_message(deed, message_id)
    check_frozen(deed, "email_message", ["party", "contact"], ("id",))
    if message.party_id is None:
        return UUID(str(message.id))
    await _unfile(deed, message)
    values = {"party_id": None, "contact_id": None, "activity_id": None}
    await record_change(deed, message, "email_message.unlink", await revise(deed, message, values))
    await _with_thread(deed, message)
    return UUID(str(message.id))


async def dismiss(deed: Deed, message_id: str) -> UUID:
    """It is from none of those who were suggested."""
    message, _ = await seen_message(deed, message_id)
    query = "UPDATE email_suggestion SET state = $2 WHERE message_id = $1 AND state = 'OPEN' RETURNING id"
    if await deed.rows(query, message.id, SuggestionState.DISMISSED.value):
        await record_change(deed, message, "email_message.dismiss", [])
    return UUID(str(message.id))


async def _lock_parties(deed: Deed, message_id: str, party: UUID | None) -> None:
    """The parties first, as everywhere; which the message has now is looked at again once it is locked."""
    key = parse_id(message_id, Kind.EMAIL_MESSAGE)
    rows = await deed.rows("SELECT party_id FROM email_message WHERE id = $1", key) if key is not None else []
    keys = sorted({each for each in (party, *(row["party_id"] for row in rows)) if each is not None})
    await deed.run("SELECT id FROM party WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", keys)


async def _with_thread(deed: Deed, message: Any) -> None:
    """The conversation is with whom its messages are with."""
    await deed.run("UPDATE email_thread SET party_id = NULL, contact_id = NULL WHERE id = $1", message.thread_id)
    await email_threads.recount(deed, message.thread_id)


async def _unfile(deed: Deed, message: Any) -> None:
    """The activity that was made of it was none of that party's."""
    if message.activity_id is None:
        return
    query = "SELECT * FROM activity WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE"
    for row in await deed.rows(query, message.activity_id):
        activity = Activity._init_from_db(**row)
        activity._saved_in_db = True
        await untouch_party(deed, activity)
        await trash(deed, activity, "activity.delete")
