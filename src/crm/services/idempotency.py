"""Idempotency keys: the same key with the same input answers the first result, with other input `CONFLICT`.

The key's row is written first, in the deed's own transaction: a twin that arrives meanwhile waits on the unique index until the
first has committed (and then answers its result) or rolled back (and then does the work itself).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from crm.core.errors import Conflict, Invalid
from crm.core.text import has_nul
from crm.services.deeds import Deed

KEPT = timedelta(days=7)
MAX_KEY = 100


async def remembered(deed: Deed, key: str, verb: str, fingerprint: str) -> Any | None:
    """Claim the key. The first result where there is one already; None where this deed is the first."""
    if not key or len(key) > MAX_KEY or has_nul(key):
        raise Invalid(f"An idempotency key has 1 to {MAX_KEY} characters.", ("idempotencyKey",))
    await deed.run(
        "DELETE FROM idempotency_key WHERE user_id = $1 AND key = $2 AND created_at < $3", deed.actor, key, deed.at - KEPT
    )
    claimed = await deed.rows(
        "INSERT INTO idempotency_key (user_id, key, verb, fingerprint, created_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (user_id, key) DO NOTHING RETURNING id",
        deed.actor, key, verb, fingerprint, deed.at,
    )  # fmt: skip
    if claimed:
        return None
    query = "SELECT verb, fingerprint, result FROM idempotency_key WHERE user_id = $1 AND key = $2"
    first = (await deed.rows(query, deed.actor, key))[0]
    if (first["verb"], first["fingerprint"]) != (verb, fingerprint):
        raise Conflict("This idempotency key was used for something else.", ("idempotencyKey",))
    result = first["result"]
    return orjson.loads(result) if isinstance(result, str | bytes) else result


async def remember(deed: Deed, key: str, result: Any) -> None:
    """Keep the result under the key."""
    await deed.run(
        "UPDATE idempotency_key SET result = $3 WHERE user_id = $1 AND key = $2", deed.actor, key, orjson.dumps(result).decode()
    )
