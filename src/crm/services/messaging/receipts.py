"""Receipts: to whom an announcement was published, and what became of it there.

A receipt is written once, when its announcement is published. From then on only three instants are added, each once: delivered,
read, confirmed. They are the record of themselves, so the change log does not repeat them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from crm.core.clock import now
from crm.core.errors import Forbidden, IllegalTransition, Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.messaging.announcement_flow import OUT, AnnouncementStatus
from crm.services.deeds import Database, Deed
from crm.services.references import rule_of_table, visible_id

_HAND_OUT = """
INSERT INTO announcement_receipt (id, announcement_id, user_id)
SELECT n.id, $1, n.person FROM unnest($2::uuid[], $3::uuid[]) AS n(id, person)
"""


async def hand_out(deed: Deed, announcement_id: UUID, people: Sequence[UUID]) -> None:
    """A receipt for everybody, in one statement however many they are."""
    ids = [new_id(Kind.ANNOUNCEMENT_RECEIPT) for _ in people]
    await deed.run(_HAND_OUT, announcement_id, ids, list(people))


async def read(deed: Deed, record_id: str) -> UUID:
    """The viewer has read it. Once is enough: the first time counts."""
    receipt = await _own(deed, record_id, "READ")
    await deed.run("UPDATE announcement_receipt SET read_at = $2 WHERE id = $1 AND read_at IS NULL", receipt["id"], deed.at)
    return UUID(str(receipt["announcement_id"]))


async def confirm(deed: Deed, record_id: str) -> UUID:
    """The viewer confirms that they took note of it, and so has read it. The first time counts."""
    receipt = await _own(deed, record_id, "CONFIRM")
    if not receipt["must_confirm"]:
        raise Invalid("This announcement asks for no confirmation.", ("id",))
    await deed.run(
        "UPDATE announcement_receipt SET confirmed_at = $2, read_at = coalesce(read_at, $2)"
        " WHERE id = $1 AND confirmed_at IS NULL",
        receipt["id"], deed.at,
    )  # fmt: skip
    return UUID(str(receipt["announcement_id"]))


_DELIVERED = """
WITH due AS (
    SELECT x.id FROM announcement_receipt x
    WHERE x.announcement_id = $1 AND x.user_id = ANY($2::uuid[]) AND x.delivered_at IS NULL ORDER BY x.id FOR NO KEY UPDATE OF x
)
UPDATE announcement_receipt r SET delivered_at = $3 FROM due WHERE r.id = due.id
"""
"""Locked in one order, so that two processes which wrote to the same people cannot wait for each other."""


async def mark_delivered(database: Database, announcement_id: UUID, people: Collection[UUID]) -> None:
    """The announcement was written to sockets of these people. One statement; the first time counts."""
    if not people:
        return
    async with database.transaction() as tx:
        await tx.execute_query(_DELIVERED, [announcement_id, list(people), now()])


_OWN = """
SELECT x.id, a.id AS announcement_id, a.must_confirm, a.status FROM announcement a
LEFT JOIN announcement_receipt x ON x.announcement_id = a.id AND x.user_id = $2 WHERE a.id = $1
"""


async def _own(deed: Deed, record_id: str, verb: str) -> dict[str, Any]:
    """The viewer's own receipt of an announcement that they see.

    The announcement itself is not locked: its recipients would all wait for each other, and nothing of it that matters here can
    still change, except that it is withdrawn this very moment.
    """
    key = await visible_id(deed, rule_of_table("announcement"), record_id, ("id",))
    found = (await deed.rows(_OWN, key, deed.actor))[0]
    if found["id"] is None:
        raise Forbidden("This announcement was not published to you.", ("id",))
    if AnnouncementStatus(found["status"]) not in OUT:
        raise IllegalTransition("Announcement", found["status"], verb)
    return found
