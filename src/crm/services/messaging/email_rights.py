"""What somebody may do with a mailbox they see: look after what is in it as one of those it is for, write from it where they may.

Seeing one by a role's scope is looking over a shoulder: it opens the letters and lets nobody answer them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import Forbidden, Invalid
from crm.models import EmailMessage
from crm.services.deeds import Deed
from crm.services.records import lock_seen
from crm.services.references import rule_of_table, visible_id

ACCOUNT = ("input", "accountId")
_PLACE = """
SELECT a.*, a.owner_id = $2 AS own, m.may_send FROM email_account a
LEFT JOIN email_member m ON m.account_id = a.id AND m.user_id = $2 WHERE a.id = $1 AND a.deleted_at IS NULL
"""


async def seen_message(deed: Deed, message_id: str) -> tuple[Any, Mapping[str, Any]]:
    """A message that the viewer sees, locked, and its mailbox, with which they work."""
    message: Any = await lock_seen(deed, EmailMessage, message_id)
    return message, await check_works_with(deed, message.account_id)


async def check_works_with(deed: Deed, account_id: UUID, where: tuple[str, ...] = ("id",)) -> Mapping[str, Any]:
    """The mailbox, where it is the viewer's or they are a member of it."""
    account = (await deed.rows(_PLACE, account_id, deed.actor))[0]
    if not account["own"] and account["may_send"] is None:
        raise Forbidden("You may see this mailbox, but it is not one of yours.", where)
    return account


async def check_may_send(deed: Deed, account_id: UUID, where: tuple[str, ...] = ("id",)) -> Mapping[str, Any]:
    """The mailbox, where the viewer may write from it, and it is open."""
    account = await check_works_with(deed, account_id, where)
    if not account["own"] and not account["may_send"]:
        raise Forbidden("You may read this mailbox, but not write from it.", where)
    if not account["active"]:
        raise Invalid("This mailbox is closed.", where)
    return account


async def sending_account(deed: Deed, wanted: str) -> Mapping[str, Any]:
    """The mailbox that an input names, where the viewer may write from it."""
    key = await visible_id(deed, rule_of_table("email_account"), wanted, ACCOUNT)
    return await check_may_send(deed, key, ACCOUNT)
