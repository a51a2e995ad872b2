"""Letters of whose end no more can be written down than that nobody knows it (去向不明)."""

from __future__ import annotations

from typing import Any

from crm.core.kinds import Kind
from crm.rules.messaging.email_flow import OPEN, EmailReason, EmailRecipientState, EmailState, state_of
from crm.services import events
from crm.services.deeds import Channel, Database
from crm.services.messaging import outbound
from crm.services.messaging.email_dispatch import Parcel
from crm.services.system.accounts import system_deed
from crm.services.topics import topic_of_changes

_PEOPLE = """
UPDATE email_recipient SET state = $3, settled_at = $4, tried_at = coalesce(tried_at, $4)
WHERE id = ANY($1::uuid[]) AND state = ANY($2)
"""
_MESSAGE = """
UPDATE email_message SET state = $2, folder = 'SENT', reason = $3, doubts = doubts + 1, tried_at = coalesce(tried_at, $4),
    ended_at = $4, updated_at = $4
WHERE id = $1 AND state = 'QUEUED'
"""


async def lose(database: Database, parcel: Parcel) -> None:
    """Whoever was to get it by this try may have, or not; its sender sees that, and may send it again."""
    async with system_deed(database, "email", channel=Channel.SCHEDULE) as deed:
        # The order of locks that a whole end has.
        await deed.run("SELECT 1 FROM email_account WHERE id = $1 FOR NO KEY UPDATE", parcel.account["id"])
        key = parcel.message["id"]
        await deed.run("SELECT 1 FROM email_message WHERE id = $1 FOR NO KEY UPDATE", key)
        if not await outbound.drop(deed, parcel.ticket):
            return
        people = [row["id"] for row in parcel.recipients]
        await deed.run(_PEOPLE, people, [each.value for each in OPEN], EmailRecipientState.UNKNOWN.value, deed.at)
        rows: Any = await deed.rows("SELECT state FROM email_recipient WHERE message_id = $1", key)
        state = state_of(EmailRecipientState(row["state"]) for row in rows)
        if state is not EmailState.QUEUED:
            await deed.run(_MESSAGE, key, state.value, EmailReason.NO_ANSWER.value, deed.at)
        await events.record_many(deed, topic_of_changes(Kind.EMAIL_MESSAGE), [(key, ())])
