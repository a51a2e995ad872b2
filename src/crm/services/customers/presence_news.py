"""News of presence (座席状态): whoever is found otherwise than was last told, told once.

What decides is kept beside what was told: it is compared in the transaction that tells, so it makes no difference how often
somebody is looked at, by which process, and what was lost in between.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from crm.rules.customers.presence import WRAP_UP, AgentState
from crm.services import events
from crm.services.customers.presence import EVERYBODY, FOUND, state_of
from crm.services.deeds import Deed
from crm.services.topics import Topic

_CONCERNED = """
SELECT user_id FROM agent_presence WHERE since >= $1
UNION SELECT claimed_by_id FROM call WHERE id = ANY($2::uuid[]) AND claimed_by_id IS NOT NULL
UNION SELECT t.user_id FROM call_candidate n JOIN told_presence t ON t.user_id = n.user_id
WHERE n.call_id = ANY($2::uuid[]) AND t.state IN ('BUSY', 'WRAP_UP')
"""
_FOUND = f"""
SELECT u.id, a.chosen, o.id AS call_id, w.ended_at {FOUND.format(wrap_up="$1")} u.id = ANY($2::uuid[]) AND {EVERYBODY}
"""
# Not joined: a plan that was kept since the table was empty would walk all of it for each person.
_TOLD = "SELECT user_id, state FROM told_presence WHERE user_id = ANY($1::uuid[])"
_TELL = """
INSERT INTO told_presence (user_id, state, told_at)
SELECT n.user_id, n.state, $1 FROM unnest($2::uuid[], $3::text[]) AS n(user_id, state) ORDER BY n.user_id
ON CONFLICT (user_id) DO UPDATE SET state = excluded.state, told_at = excluded.told_at
WHERE told_presence.state <> excluded.state RETURNING user_id
"""


async def everybody(deed: Deed) -> set[UUID]:
    """Everybody who is an agent."""
    return {row["id"] for row in await deed.rows(f"SELECT u.id FROM user_account u WHERE {EVERYBODY}")}


async def told_online(deed: Deed) -> frozenset[UUID]:
    """Everybody who was last told to be online."""
    rows = await deed.rows("SELECT user_id FROM told_presence WHERE state <> $1", AgentState.OFFLINE.value)
    return frozenset(row["user_id"] for row in rows)


async def concerned(deed: Deed, calls: Collection[UUID], since: datetime) -> set[UUID]:
    """Who may be found otherwise because of these calls: who has them, and whom they perhaps held; or by a choice of late."""
    return {row["user_id"] for row in await deed.rows(_CONCERNED, since, sorted(calls))}


async def tell(deed: Deed, people: Collection[UUID], online: Collection[UUID]) -> list[UUID]:
    """Record news of each agent of these who is found otherwise than was last told; who that is."""
    if not people:
        return []
    asked = sorted(people)
    told = {row["user_id"]: row["state"] for row in await deed.rows(_TOLD, asked)}
    found = {row["id"]: state_of(row, online=row["id"] in online) for row in await deed.rows(_FOUND, WRAP_UP, asked)}
    news = {person: state for person, state in found.items() if state != told.get(person, AgentState.OFFLINE)}
    if not news:
        return []
    written = await deed.rows(_TELL, deed.at, list(news), [state.value for state in news.values()])
    told_now = [row["user_id"] for row in written]
    await events.record_many(deed, Topic.PRESENCE, [(person, ()) for person in told_now])
    return told_now
