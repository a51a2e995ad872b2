"""Taking in what switchboards tell, by whatever way it came: the webhook or a connection of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from crm.rules.customers.call_states import CallDirection
from crm.services.attempts import PASSING, REFUSED
from crm.services.customers.call_orders import ORDERED, SENT
from crm.services.customers.call_reports import CallReport, receive_all
from crm.services.deeds import Channel, Database, DiallingPlan, deed
from crm.services.system.accounts import SYSTEM

ATTEMPTS = 5


class Readable(Protocol):
    """A database as one reads from it outside any deed."""

    def connection(self) -> AbstractAsyncContextManager[Any]:
        """A connection for reads."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that goes on as far as we know, by the switchboard's name for it.

    `unheard`: it was ordered, and the switchboard has told nothing of it since.
    """

    id: str
    direction: CallDirection
    number: str | None
    line: str | None
    answered: bool
    unheard: bool


# What was ordered and is still to be sent is no call that could be missing. The index of open calls finds them.
_OPEN = f"""
SELECT c.external_id, c.direction, c.number_raw, c.line, c.answered_at IS NOT NULL AS answered,
    o.ordered AND o.count <= 2 AS unheard
FROM call c CROSS JOIN LATERAL (
    SELECT count(*), coalesce(bool_or(e.key = c.external_id || '{ORDERED}'), FALSE) AS ordered,
        coalesce(bool_or(e.key = c.external_id || '{SENT}'), FALSE) AS sent
    FROM call_event e WHERE e.call_id = c.id AND e.source = $1) o
WHERE c.state IN ('RINGING', 'ANSWERED', 'HELD', 'TRANSFERRED') AND c.source = $1 AND (o.sent OR NOT o.ordered)
"""
_EXTENSIONS = "SELECT extension FROM user_account WHERE active AND deleted_at IS NULL AND extension IS NOT NULL"


async def take_in(database: Database, reports: Sequence[CallReport], plan: DiallingPlan, request_id: str) -> int:
    """All of these or none, and how many were new.

    In one transaction; again where the database chose it as a victim, or somebody purged what it had just found.
    """
    attempt = 0
    while True:
        try:
            async with deed(database, SYSTEM, request_id, channel=Channel.TELEPHONY, dialling=plan) as opened:
                return await receive_all(opened, reports)
        except (*PASSING, REFUSED):
            attempt += 1
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(0.01 * 2**attempt)


async def open_calls(database: Readable, source: str) -> dict[str, OpenCall]:
    """The calls of a switchboard that go on, as far as we know."""
    async with database.connection() as connection:
        rows = await connection.fetch(_OPEN, source)
    return {
        row["external_id"]: OpenCall(
            row["external_id"], CallDirection(row["direction"]), row["number_raw"], row["line"], row["answered"], row["unheard"]
        )
        for row in rows
    }


async def extensions(database: Readable) -> frozenset[str]:
    """The extensions of everybody who works here."""
    async with database.connection() as connection:
        return frozenset(row["extension"] for row in await connection.fetch(_EXTENSIONS))
