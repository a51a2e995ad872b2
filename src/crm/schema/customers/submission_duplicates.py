"""Customers there are already that a submission may be about."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.grants import Rights
from crm.access.predicates import readable
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import noun_named

MOST = 20

_BY_NAME = "p.normalised_name = s.normalised_name"
_BY_PHONE = """s.phone_e164 IS NOT NULL AND p.id IN (SELECT coalesce(n.party_id, c.party_id) FROM phone_number n
    LEFT JOIN contact c ON c.id = n.contact_id AND c.deleted_at IS NULL WHERE n.e164 = s.phone_e164)"""


async def duplicates_of(operation: Operation, submission: UUID) -> list[Any]:
    """Those of the same name or phone number that the viewer may see; one statement for all submissions of a level."""

    async def load(ids: list[UUID]) -> list[list[UUID]]:
        rows = await operation.fetch(lambda rights, binds: _statement(ids, rights, binds))
        found: dict[UUID, list[UUID]] = {}
        for row in rows:
            found.setdefault(row["submission"], []).append(row["id"])
        return [found.get(key, []) for key in ids]

    keys = await operation.loader(("duplicates of submissions",), load).load(submission)
    loaded = await asyncio.gather(*(reads.one(operation, noun_named("Party"), key) for key in keys[:MOST]))
    return [row for row in loaded if row is not None]


def _statement(ids: list[UUID], rights: Rights, binds: Binds) -> str:
    given = binds.value(ids)
    seen = readable(named("party"), "p", rights, binds, fixed="CUSTOMER")
    ways = (
        f"SELECT s.id AS submission, p.id, p.name_key FROM channel_submission s JOIN party p ON {way}"
        f" WHERE s.id = ANY({given}::uuid[]) AND p.type = 'CUSTOMER' AND {seen}"
        for way in (_BY_NAME, _BY_PHONE)
    )
    return f"SELECT x.submission, x.id FROM ({' UNION '.join(ways)}) x ORDER BY x.name_key, x.id"
