"""How much a mailbox may send in a day (每日上限): which of its letters fit into what is left of it.

Providers count recipients, and shut a mailbox that goes beyond. So what is on its way counts for all it is to, and what nobody
knows the end of counts too. A letter goes out whole, or waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm.rules.messaging.email_flow import OPEN
from crm.rules.messaging.sending import Medium
from crm.services.deeds import Deed
from crm.services.messaging import outbound
from crm.services.messaging.email_account_states import pause
from crm.services.messaging.outbound import HELD, Ticket

DAY = timedelta(days=1)
FULL_DAY_PAUSE = timedelta(minutes=10)
LOOKED_AT = 200
"""Of so many that are due those are chosen that fit."""

_HELD = "o.medium = 'EMAIL' AND o.account_id = $1 AND o.holder IS NOT NULL AND o.due_at > $3"
# Each answer that never came may be a message that somebody got.
_SPENT = f"""
SELECT coalesce((SELECT sum(m.doubts + (r.state IN ('SENT', 'BOUNCED'))::int) FROM email_recipient r
        JOIN email_message m ON m.id = r.message_id WHERE m.account_id = $1 AND m.tried_at > $2 AND r.tried_at > $2), 0)
    + (SELECT count(*) FROM outbound o JOIN email_recipient r ON r.message_id = o.message_id
        WHERE {_HELD} AND r.state = ANY($4))
    + (SELECT count(*) FROM outbound o JOIN email_recipient r ON r.id = o.message_id WHERE {_HELD} AND r.state = ANY($4)) AS spent
"""
_UNITS = """
WITH unit AS (
    SELECT k.key, coalesce(own.message_id, k.key) AS message_id, own.id IS NOT NULL AS single
    FROM unnest($1::uuid[]) AS k(key) LEFT JOIN email_recipient own ON own.id = k.key),
counted AS (
    SELECT r.message_id, count(*) FILTER (WHERE r.state = ANY($2)) AS open,
        count(*) FILTER (WHERE r.state = ANY($2) AND o.id IS NOT NULL) AS held,
        count(*) FILTER (WHERE r.state NOT IN ('SENT', 'BOUNCED')) AS rest
    FROM email_recipient r
    LEFT JOIN outbound o ON o.medium = 'EMAIL' AND o.message_id = r.id AND o.holder IS NOT NULL AND o.due_at > $3
    WHERE r.message_id IN (SELECT message_id FROM unit) GROUP BY r.message_id)
SELECT u.key, u.message_id, CASE WHEN u.single THEN 1 ELSE coalesce(c.open, 0) END AS cost,
    coalesce(c.open - c.held, 0) AS need, coalesce(c.rest, 0) AS rest
FROM unit u LEFT JOIN counted c ON c.message_id = u.message_id
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is tried at once: `cost` recipients of a message that has `need` to go, and `rest` that have not got it yet.

    `dead`: a try of it that nobody ended is counted in the day, so it may have to wait for a day by its own fault.
    """

    id: int
    key: UUID
    turn: int
    message: UUID
    cost: int
    need: int
    rest: int
    dead: bool = False


async def claim(
    deed: Deed, account: Mapping[str, Any], most: int, mine: Collection[Ticket] = ()
) -> tuple[list[Ticket], set[UUID]]:
    """Tickets of what a mailbox may send now, but for `mine`; and of these, by their keys, what is too much for any day."""
    if account["per_day"] is None:
        return await outbound.claim(deed, Medium.EMAIL, account["id"], most, mine, from_first_try=True), set()
    due = await outbound.due(deed, Medium.EMAIL, account["id"], LOOKED_AT, mine)
    units = await _units(deed, due)
    states = [state.value for state in OPEN]
    # A try that nobody ended is counted for a day: it may have come to its end unseen.
    spent = await deed.rows(_SPENT, account["id"], deed.at - DAY, deed.at - DAY + HELD, states)
    chosen = fitting(units, account["per_day"] - int(spent[0]["spent"]), account["per_day"])
    if not chosen:
        await pause(deed, account["id"], FULL_DAY_PAUSE)
        return [], set()
    ids = [unit.id for unit in chosen]
    tickets = await outbound.claim(deed, Medium.EMAIL, account["id"], most, mine, only=ids, from_first_try=True)
    return tickets, {unit.key for unit in chosen if unit.rest > account["per_day"]}


def fitting(units: Sequence[Unit], left: int, per_day: int) -> list[Unit]:
    """Of these, in their order, those that can go. What fits passes what does not, but not what has its turn before it.

    Or bulk mail would take up each place that becomes free, and a letter to several would wait for its end. Only one that its own
    try keeps out holds nobody up.
    """
    chosen, begun, barred = [], set[UUID](), False
    turn = 0
    for unit in units:
        if barred and unit.turn > turn:
            break
        if unit.rest > per_day:
            chosen.append(unit)
        elif unit.message in begun or unit.need <= left:
            begun.add(unit.message)
            chosen.append(unit)
            left -= unit.cost
        elif not barred and not unit.dead:
            barred, turn = True, unit.turn
    return chosen


async def _units(deed: Deed, due: Sequence[Mapping[str, Any]]) -> list[Unit]:
    keys, since = [row["message_id"] for row in due], deed.at - DAY + HELD
    found = {row["key"]: row for row in await deed.rows(_UNITS, keys, [state.value for state in OPEN], deed.at)} if due else {}
    return [
        Unit(
            row["id"], row["message_id"], row["turn"], of["message_id"], of["cost"], of["need"], of["rest"],
            dead=row["begun"] and row["due_at"] > since,
        )
        for row in due if (of := found[row["message_id"]])
    ]  # fmt: skip
