"""Short messages of whose end no more can be written down than that nobody knows it (去向不明)."""

from __future__ import annotations

from crm.core.kinds import Kind
from crm.rules.messaging.sms_flow import SmsReason, SmsState
from crm.services import events
from crm.services.deeds import Channel, Database
from crm.services.messaging import outbound
from crm.services.messaging.sms_dispatch import Letter
from crm.services.system.accounts import system_deed
from crm.services.topics import topic_of_changes

_MESSAGE = """
UPDATE sms_message SET state = $2, reason = $3, doubts = doubts + 1, ended_at = $4, updated_at = $4
WHERE id = $1 AND state = 'QUEUED'
"""


async def lose(database: Database, letter: Letter) -> None:
    """It may have arrived, or not; its sender sees that, and may send it again."""
    key = letter.ticket.message_id
    async with system_deed(database, "sms", channel=Channel.SCHEDULE) as deed:
        await deed.run("SELECT 1 FROM sms_message WHERE id = $1 FOR NO KEY UPDATE", key)
        if not await outbound.drop(deed, letter.ticket):
            return
        await deed.run(_MESSAGE, key, SmsState.UNKNOWN.value, SmsReason.NO_ANSWER.value, deed.at)
        await events.record_many(deed, topic_of_changes(Kind.SMS_MESSAGE), [(key, ())])
