"""Reminders as short messages (短信提醒): given to the queue of those, once for each reminder."""

from __future__ import annotations

from crm.core.errors import Invalid, Required
from crm.core.ids import sister_id
from crm.core.kinds import Kind
from crm.services.deeds import Channel, Database, DiallingPlan, deed
from crm.services.messaging import sms_messages
from crm.services.messaging.sms_recipients import Recipient, numbered
from crm.services.office.reminder_messages import Message, Sent
from crm.services.system.accounts import SYSTEM

# Locked, so that of two who were both told to send it the second finds what the first has done.
_WHOSE = """
SELECT r.user_id, r.contact_id, u.department_id, c.party_id, c.name AS contact_name, p.name AS party_name
FROM reminder r JOIN user_account u ON u.id = r.user_id
LEFT JOIN contact c ON c.id = r.contact_id LEFT JOIN party p ON p.id = c.party_id
WHERE r.id = $1 FOR NO KEY UPDATE OF r
"""


async def hand_over(database: Database, message: Message, dialling: DiallingPlan) -> Sent:
    """Queue one as a short message in the owner's name; what becomes of it then is told by the message itself."""
    async with deed(database, SYSTEM, "reminder messages", channel=Channel.SCHEDULE, dialling=dialling) as opened:
        found = await opened.rows(_WHOSE, message.id)
        if not found:
            return Sent.REFUSED
        row = found[0]
        person = Recipient(user_id=row["user_id"]) if row["contact_id"] is None else Recipient(
            party_id=row["party_id"], contact_id=row["contact_id"], contact_name=row["contact_name"], party_name=row["party_name"]
        )  # fmt: skip
        owner = {"owner_id": row["user_id"], "department_id": row["department_id"]}
        key = sister_id(message.id, Kind.SMS_MESSAGE)
        try:
            made = await sms_messages.notify(opened, key, numbered(opened, person, message.address), message.text, **owner)
        except Required:
            return Sent.NOT_SET_UP
        except Invalid:
            return Sent.REFUSED
    return Sent.REFUSED if made is None else Sent.DONE
