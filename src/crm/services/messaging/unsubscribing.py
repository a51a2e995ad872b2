"""Getting no more mail in bulk (退订), by a link in the message (RFC 8058) or by writing to the address beside it.

The link names the recipient of one message and is signed, so nobody unsubscribes whom they like. Looking at it changes nothing:
mail filters follow every link there is.
"""

from __future__ import annotations

import hashlib
import hmac

from crm.rules.messaging.email_flow import EmailSuppressionCause
from crm.services.deeds import Channel, Database, Deed
from crm.services.messaging.email_suppressions import suppress
from crm.services.system.accounts import system_deed

PATH = "/unsubscribe"
LONGEST = 200


def link(public_url: str, secret: bytes, token: str) -> str:
    """The link for one recipient of one message."""
    return f"{public_url.rstrip('/')}{PATH}/{signed(secret, token)}"


def signed(secret: bytes, token: str) -> str:
    """The token with its signature."""
    return f"{token}.{_signature(secret, token)}"


def token_of(secret: bytes, text: str) -> str | None:
    """The token of a link that is one of ours."""
    token, dot, signature = text.partition(".")
    if not dot or len(text) > LONGEST or not text.isascii():
        return None
    return token if hmac.compare_digest(_signature(secret, token).encode(), signature.encode()) else None


def _signature(secret: bytes, token: str) -> str:
    key = hmac.new(secret, b"crm unsubscribe v1", hashlib.sha256).digest()
    return hmac.new(key, token.encode(), hashlib.sha256).hexdigest()[:40]


async def address_of(database: Database, token: str) -> str | None:
    """Whose link it is; None where the message is gone."""
    async with database.transaction() as tx:
        rows = list(await tx.execute_query_dict("SELECT address FROM email_recipient WHERE token = $1", [token]))
    return rows[0]["address"] if rows else None


async def unsubscribe(database: Database, token: str) -> bool:
    """Put the recipient's address on the list; whether there is such a recipient."""
    async with system_deed(database, "unsubscribe", channel=Channel.MAIL) as deed:
        return await by_token(deed, token)


async def by_token(deed: Deed, token: str) -> bool:
    """The same inside a deed, for who unsubscribes by writing."""
    rows = await deed.rows("SELECT address FROM email_recipient WHERE token = $1", token)
    for row in rows:
        await suppress(deed, row["address"], EmailSuppressionCause.UNSUBSCRIBED)
    return bool(rows)
