"""How agents are found (座席状态): what each has chosen, and what is known of their sockets and calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.grants import Rights
from crm.rules.customers.presence import WRAP_UP, AgentState, PresenceChoice, agent_state
from crm.services.deeds import Deed

MOST = 1000

_CHOOSE = """
INSERT INTO agent_presence (user_id, chosen, since) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET chosen = excluded.chosen, since = excluded.since
WHERE agent_presence.chosen <> excluded.chosen
"""
FOUND = """
FROM user_account u
LEFT JOIN agent_presence a ON a.user_id = u.id
LEFT JOIN LATERAL (
    SELECT c.id, c.claimed_at FROM call c
    WHERE c.claimed_by_id = u.id AND c.deleted_at IS NULL AND c.state IN ('RINGING', 'ANSWERED', 'HELD', 'TRANSFERRED')
    ORDER BY c.ringing_at DESC LIMIT 1
) o ON TRUE
LEFT JOIN LATERAL (
    SELECT c.ended_at FROM call c
    WHERE c.claimed_by_id = u.id AND c.deleted_at IS NULL AND c.filed_at IS NULL AND c.ended_at > now() - {wrap_up}::interval
    ORDER BY c.ended_at DESC LIMIT 1
) w ON TRUE
WHERE u.active AND u.deleted_at IS NULL AND """
"""People with what they chose, the call they have, and the end of one that waits for its outcome."""
EVERYBODY = """u.kind = 'STAFF' AND (u.extension IS NOT NULL OR EXISTS (
    SELECT FROM ring_group_member m JOIN ring_group g ON g.id = m.ring_group_id
    WHERE m.user_id = u.id AND g.deleted_at IS NULL))"""
_AGENTS = f"""
SELECT u.id, a.chosen, a.since, o.id AS call_id, o.claimed_at, w.ended_at {FOUND} {{who}}
ORDER BY u.name_key, u.id LIMIT {{most}}
"""


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """One agent at this moment; `call_id` is the call they have."""

    user_id: UUID
    state: AgentState
    since: datetime | None
    call_id: UUID | None


async def choose(deed: Deed, state: PresenceChoice) -> UUID:
    """Ready for calls, or away. Not a change of any record: nothing to log."""
    assert deed.actor is not None
    await deed.run(_CHOOSE, deed.actor, state.value, deed.at)
    return deed.actor


def agents_statement(among: Sequence[UUID] | None = None) -> Callable[[Rights, Binds], str]:
    """The statement of everybody whose telephone can ring, or of those among some people.

    Staff see all: the verb's permission says so.
    """

    def render(_: Rights, binds: Binds) -> str:
        who = EVERYBODY if among is None else f"u.id = ANY({binds.value(list(among))}::uuid[]) AND {EVERYBODY}"
        return _AGENTS.format(wrap_up=binds.value(WRAP_UP), who=who, most=MOST)

    return render


def person_statement(person: UUID) -> Callable[[Rights, Binds], str]:
    """The same of one person, whether or not their telephone can ring."""

    def render(_: Rights, binds: Binds) -> str:
        return _AGENTS.format(wrap_up=binds.value(WRAP_UP), who=f"u.id = {binds.value(person)}", most=1)

    return render


def agents_of(rows: Iterable[Mapping[str, Any]], online: Collection[UUID]) -> list[AgentFacts]:
    """The agents in the rows of that statement; `online` is everybody with an open socket."""
    return [_facts(row, row["id"] in online) for row in rows if row["id"] is not None]


def state_of(row: Mapping[str, Any], *, online: bool) -> AgentState:
    """How somebody of `FOUND` is found."""
    chosen = PresenceChoice(row["chosen"]) if row["chosen"] else None
    return agent_state(chosen, online=online, on_call=row["call_id"] is not None, unfiled=row["ended_at"] is not None)


def _facts(row: Mapping[str, Any], online: bool) -> AgentFacts:
    state = state_of(row, online=online)
    since = {AgentState.OFFLINE: None, AgentState.BUSY: row["claimed_at"], AgentState.WRAP_UP: row["ended_at"]}
    return AgentFacts(row["id"], state, since.get(state, row["since"]), row["call_id"])
