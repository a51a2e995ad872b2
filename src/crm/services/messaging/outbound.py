"""The queue of what is to be sent, for every medium: short messages now, e-mail and reminders through the same door.

A row is put here in the transaction that wants it sent, and taken away in the one that writes down that it was. In between it is
claimed: whoever claims it commits that before the peer hears of it, so a try that nobody ended, because its process was killed,
is known for one whose answer never came. Rows that another process has in hand are skipped, not waited for.

Whoever writes a message and its row here locks the message first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from crm.core.clock import now
from crm.rules.messaging.sending import Medium, Next, Outcome, verdict
from crm.services.deeds import Database, Deed

HELD = timedelta(seconds=90)
"""So long is a try left alone. A gateway gives up sooner, or renews it, so what is claimed after that was left by a process that
is gone."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message to be sent: by which account of its medium, and when at the earliest. Of what is due, `turn` 0 goes first."""

    message_id: UUID
    account_id: UUID
    due_at: datetime
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """One try at one message. `tries` counts it; `doubts` are the earlier ones whose answer never came."""

    id: int
    message_id: UUID
    holder: UUID
    tries: int
    doubts: int
    first_due_at: datetime


_PUT = """
INSERT INTO outbound (medium, message_id, account_id, first_due_at, due_at, turn, tries, doubts)
SELECT $1, k.message_id, k.account_id, k.due_at, k.due_at, k.turn, 0, $6
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::smallint[]) AS k(message_id, account_id, due_at, turn)
ON CONFLICT (medium, message_id) DO NOTHING
"""


async def put(deed: Deed, medium: Medium, waiting: Sequence[Waiting], *, doubts: int = 0) -> None:
    """Have these sent after the commit, each once. `doubts`: so many tries before may have arrived."""
    if not waiting:
        return
    columns = zip(*((each.message_id, each.account_id, each.due_at, each.turn) for each in waiting), strict=True)
    await deed.run(_PUT, medium.value, *map(list, columns), doubts)
    deed.news.append(medium)


async def withdraw(deed: Deed, medium: Medium, messages: Sequence[UUID]) -> set[UUID]:
    """Take back what nobody is sending at this moment; which messages that was."""
    query = "DELETE FROM outbound WHERE medium = $1 AND message_id = ANY($2::uuid[]) AND holder IS NULL RETURNING message_id"
    return {row["message_id"] for row in await deed.rows(query, medium.value, list(messages))}


# A row that still has a holder was never ended: that try is one whose answer never came.
_CLAIM = """
WITH due AS (
    SELECT id FROM outbound WHERE medium = $1 AND account_id = $2 AND due_at <= $3 AND ($7::bigint[] IS NULL OR id = ANY($7))
        AND id <> ALL($9::bigint[])
    ORDER BY turn, due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
UPDATE outbound o SET doubts = o.doubts + (o.holder IS NOT NULL)::int, tries = o.tries + 1, holder = $5, due_at = $6,
    first_due_at = CASE WHEN $8 AND o.tries = 0 THEN $3 ELSE o.first_due_at END
FROM due WHERE o.id = due.id RETURNING o.id, o.message_id, o.tries, o.doubts, o.first_due_at
"""
_DUE = """
SELECT id, message_id, turn, due_at, holder IS NOT NULL AS begun FROM outbound
WHERE medium = $1 AND account_id = $2 AND due_at <= $3 AND id <> ALL($5::bigint[])
ORDER BY turn, due_at, id LIMIT $4
"""


async def due(deed: Deed, medium: Medium, account_id: UUID, most: int, mine: Collection[Ticket] = ()) -> list[dict[str, Any]]:
    """What is due for an account in the order in which it is claimed, for whoever chooses among it; `mine` is not."""
    return await deed.rows(_DUE, medium.value, account_id, deed.at, most, [ticket.id for ticket in mine])


async def claim(
    deed: Deed, medium: Medium, account_id: UUID, most: int, mine: Collection[Ticket] = (), *, only: Sequence[int] | None = None,
    from_first_try: bool = False,
) -> list[Ticket]:  # fmt: skip
    """Tickets of what is due for an account, in its turn, the longest overdue first. They count once this is committed.

    None of `mine`: what a process is sending at this moment it does not begin once more, whatever became of its hold.
    `only` these, where somebody chose. `from_first_try`: how long it is worth sending counts from there, not from its time.
    """
    holder, chosen = uuid4(), None if only is None else list(only)
    rows = await deed.rows(
        _CLAIM, medium.value, account_id, deed.at, most, holder, deed.at + HELD, chosen, from_first_try,
        [ticket.id for ticket in mine],
    )  # fmt: skip
    return [
        Ticket(row["id"], row["message_id"], holder, row["tries"], row["doubts"], row["first_due_at"])
        for row in sorted(rows, key=lambda row: row["id"])
    ]


_RENEW = "UPDATE outbound SET due_at = $3 WHERE id = $1 AND holder = $2 AND due_at < $3"


async def renew(database: Database, ticket: Ticket) -> None:
    """Hold it on: its try is still going on."""
    async with database.transaction() as tx:
        await tx.execute_query(_RENEW, [ticket.id, ticket.holder, now() + HELD])


_KEEP = """
UPDATE outbound o SET due_at = $3 FROM unnest($1::bigint[], $2::uuid[]) AS k(id, holder)
WHERE o.id = k.id AND o.holder = k.holder AND o.due_at < $4
"""


async def keep(deed: Deed, mine: Collection[Ticket]) -> None:
    """Hold on what is near its end: before anything is claimed, or others would find due what is being sent here."""
    if mine:
        ids, holders = [ticket.id for ticket in mine], [ticket.holder for ticket in mine]
        await deed.run(_KEEP, ids, holders, deed.at + HELD, deed.at + HELD / 3)


_AGAIN = "UPDATE outbound SET holder = NULL, due_at = $3, doubts = $4, tries = $5 WHERE id = $1 AND holder = $2 RETURNING id"
_GONE = "DELETE FROM outbound WHERE id = $1 AND holder = $2 RETURNING id"


async def settle(deed: Deed, ticket: Ticket, outcome: Outcome) -> Next | None:
    """Write down how a try ended, and what is done about it. None where the row is another's by now: then nothing follows."""
    judged = verdict(outcome, ticket.tries, ticket.doubts)
    if judged.next is not Next.AGAIN:
        return judged.next if await drop(deed, ticket) else None
    doubts = ticket.doubts + judged.doubtful
    held: Any = await deed.rows(_AGAIN, ticket.id, ticket.holder, deed.at + judged.wait, doubts, ticket.tries)
    return judged.next if held else None


async def drop(deed: Deed, ticket: Ticket) -> bool:
    """Nothing follows a try any more; whether its row was still ours."""
    return bool(await deed.rows(_GONE, ticket.id, ticket.holder))


async def next_due(database: Database, medium: Medium) -> datetime | None:
    """When there is something to try next; None where nothing waits."""
    async with database.transaction() as tx:
        found = await tx.execute_query_dict("SELECT min(due_at) AS at FROM outbound WHERE medium = $1", [medium.value])
    at: datetime | None = found[0]["at"]
    return at
