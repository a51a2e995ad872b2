"""Messages of ours that came back (退信), and people who write that they want no more.

A report is believed about what it can know: the token in the address it was sent to, which only the server of that recipient was
told; or else the name of a message of the same mailbox together with an address that it went to. Only the first stops what goes
out in bulk, since whoever got a message knows its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crm.models import EmailMessage
from crm.rules.messaging.bounces import Bounce, BounceKind, Failed
from crm.rules.messaging.email_flow import EmailRecipientState, EmailSuppressionCause
from crm.rules.messaging.email_tokens import token_in, unsubscribed_token
from crm.rules.messaging.received_mail import ReceivedMail
from crm.rules.system.notices import Notice
from crm.services.deeds import Deed
from crm.services.messaging.email_suppressions import suppress
from crm.services.notices import notify_people
from crm.services.records import FieldChange, record_change

LONGEST_REPLY = 300
_TOLD = "SELECT r.* FROM email_recipient r WHERE r.token = ANY($1::text[])"
_BY_NAME = """
SELECT r.* FROM email_recipient r JOIN email_message m ON m.id = r.message_id
WHERE m.account_id = $1 AND m.direction = 'OUTBOUND' AND m.rfc_message_id = $2 AND r.address_key = ANY($3::text[])
"""
_MARK = """
UPDATE email_recipient SET state = 'BOUNCED', reply = $2, status_code = $3, settled_at = $4
WHERE id = $1 AND state IN ('SENT', 'UNKNOWN')
RETURNING id
"""


async def returned(deed: Deed, account: Any, mail: ReceivedMail) -> UUID | None:
    """Mark whom a message of ours did not reach; the message that a report is about."""
    if mail.bounce is None:
        return None
    known = await _by_token(deed, mail)
    certain = bool(known)
    if not known and mail.bounce.message_id is not None:
        keys = [failed.address.lower() for failed in mail.bounce.failed if failed.address is not None]
        known = await deed.rows(_BY_NAME, account["id"], f"<{mail.bounce.message_id}>", keys)
    for recipient in sorted(known, key=lambda row: str(row["id"])):
        await _mark(deed, recipient, _about(mail.bounce, recipient), certain=certain)
    return known[0]["message_id"] if known else None


async def unsubscribed(deed: Deed, mail: ReceivedMail) -> bool:
    """Whether it is from somebody who asks to get no more: the address for that was in what they got."""
    tokens = [token for address in mail.delivered_to if (token := unsubscribed_token(address)) is not None]
    rows = await deed.rows(_TOLD, tokens[:5]) if tokens else []
    for row in rows:
        await suppress(deed, row["address"], EmailSuppressionCause.UNSUBSCRIBED)
    return bool(rows)


async def _by_token(deed: Deed, mail: ReceivedMail) -> Sequence[dict[str, Any]]:
    patterns = await deed.rows("SELECT DISTINCT return_path AS at FROM email_account WHERE return_path IS NOT NULL")
    found = {token for address in mail.delivered_to for row in patterns if (token := token_in(address, row["at"])) is not None}
    return await deed.rows(_TOLD, sorted(found)[:5]) if found else []


def _about(bounce: Bounce, recipient: dict[str, Any]) -> Failed | None:
    """What it says of this recipient; a report to the recipient's own address is about them, whomever it names."""
    own = [each for each in bounce.failed if each.address is not None and each.address.lower() == recipient["address_key"]]
    return own[0] if own else next(iter(bounce.failed), None)


async def _mark(deed: Deed, recipient: dict[str, Any], failed: Failed | None, *, certain: bool) -> None:
    """One that was only delayed is still under way. A second report changes nothing."""
    if failed is None or failed.kind is BounceKind.DELAYED:
        return
    rows = await deed.rows("SELECT * FROM email_message WHERE id = $1 FOR NO KEY UPDATE", recipient["message_id"])
    reply = failed.detail[:LONGEST_REPLY] or None
    if not await deed.rows(_MARK, recipient["id"], reply, failed.status, deed.at):
        return
    message: Any = EmailMessage._init_from_db(**rows[0])
    message._saved_in_db = True
    old, new = (f"{recipient['address']} {state}" for state in (recipient["state"], EmailRecipientState.BOUNCED.value))
    await record_change(deed, message, "email_message.bounce", [FieldChange("recipients", old, new)])
    if failed.kind is BounceKind.HARD and certain:
        await suppress(deed, recipient["address"], EmailSuppressionCause.BOUNCED, reply and reply[:200])
    if message.batch_id is None:
        await notify_people(deed, Notice.EMAIL_UNDELIVERED, message.id, [message.created_by_id])
