"""The people with sockets, and what is pushed to them, written into a database by statements over sets.

Everybody has one session and the same role, as in a call centre: it may read calls. Records are written before the clock starts;
what is measured begins with the row in the outbox, which is what a deed of ours leaves behind.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from bench.push.contents import LINE, Agent, Item
from bench.push.questions import ANNOUNCEMENTS, CALLS
from crm.access.grants import Action, Scope
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.services.topics import Topic

ROLE = "Bench: agents"
TOPICS = {ANNOUNCEMENTS: (Topic.ANNOUNCEMENTS, Kind.ANNOUNCEMENT), CALLS: (Topic.INCOMING_CALLS, Kind.CALL)}

_PRINCIPALS = "INSERT INTO principal (id, kind) SELECT id, $2 FROM unnest($1::uuid[]) id"
_ROLE = """INSERT INTO role (id, name, description, created_at, updated_at, version) VALUES ($1, $2, '', now(), now(), 1)"""
_GRANT = "INSERT INTO role_grant (role_id, entity, action, scope) VALUES ($1, 'call', $2, $3)"
_USERS = """
INSERT INTO user_account (id, username, display_name, name_key, kind, locale, time_zone, active, password_hash,
    created_at, updated_at, version)
SELECT u.id, u.name, u.name, u.name, 'STAFF', 'zh-CN', 'Asia/Shanghai', true, '', now(), now(), 1
FROM unnest($1::uuid[], $2::text[]) AS u(id, name)
"""
_LINES = "INSERT INTO reporting_closure (superior_id, subordinate_id, depth) SELECT id, id, 0 FROM unnest($1::uuid[]) id"
_MEMBERS = "INSERT INTO role_member (role_id, user_id) SELECT $2, id FROM unnest($1::uuid[]) id"
_SESSIONS = """
INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
SELECT s.id, s.person, s.hash, now(), now(), now() + interval '1 day'
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS s(id, person, hash)
"""
_ANNOUNCEMENTS = """
INSERT INTO announcement (id, title, body, status, pinned, must_confirm, published_at, created_at, updated_at, version)
SELECT a.id, a.title, a.body, 'PUBLISHED', false, false, a.at, a.at, a.at, 1
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS a(id, title, body, at)
"""
_RECEIPTS = """
INSERT INTO announcement_receipt (id, announcement_id, user_id)
SELECT gen_random_uuid(), a, p FROM unnest($1::uuid[]) a, unnest($2::uuid[]) p
"""
_CALLS = """
INSERT INTO call (id, source, external_id, direction, state, number_raw, number_e164, number_display, line, ringing_at,
    expires_at, created_at, updated_at, version)
SELECT c.id, 'bench', c.id::text, 'INBOUND', 'RINGING', c.raw, c.e164, c.raw, $4, c.at, c.at + $6::interval, c.at, c.at, 1
FROM unnest($1::uuid[], $2::text[], $3::text[], $5::timestamptz[]) AS c(id, raw, e164, at)
"""
_CANDIDATES = """
INSERT INTO call_candidate (id, call_id, user_id, position)
SELECT gen_random_uuid(), c.id, c.person, 0 FROM unnest($1::uuid[], $2::uuid[]) AS c(id, person)
"""
_DATES = """
INSERT INTO schedule_event (id, title, time_zone, local_start, duration_seconds, all_day, starts_at, ends_at, last_ends_at,
    owner_id, created_at, updated_at, version)
SELECT e.id, e.title, 'UTC', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), 0, false, e.at, e.at, e.at, e.person,
    now(), now(), 1
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[]) AS e(id, title, at, person)
"""
_SERIES = """
INSERT INTO reminder_series (id, schedule_event_id, user_id, channel, minutes_before, occurrence_at, due_at)
SELECT gen_random_uuid(), s.id, s.person, 'POPUP', 0, s.at, s.at
FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) AS s(id, at, person)
"""
_EVENT = "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at) VALUES ($1, $2, $3, $4, now())"


async def hire(connection: asyncpg.Connection, count: int) -> list[Agent]:
    """So many people with a role and a session."""
    role = new_id(Kind.ROLE)
    people = [new_id(Kind.USER) for _ in range(count)]
    tokens = [secrets.token_urlsafe(32) for _ in people]
    names = [f"bench-agent-{number:05d}" for number in range(count)]
    hashes = [hashlib.sha256(token.encode()).digest() for token in tokens]
    async with connection.transaction():
        await connection.execute(_PRINCIPALS, [role], int(Kind.ROLE))
        await connection.execute(_ROLE, role, ROLE)
        await connection.execute(_GRANT, role, Action.READ.value, Scope.OWN.value)
        await connection.execute(_PRINCIPALS, people, int(Kind.USER))
        await connection.execute(_USERS, people, names)
        await connection.execute(_LINES, people)
        await connection.execute(_MEMBERS, people, role)
        await connection.execute(_SESSIONS, [new_id(Kind.SESSION) for _ in people], people, hashes)
        await connection.execute("UPDATE rights_epoch SET epoch = epoch + 1")
    await connection.execute("VACUUM ANALYZE")
    return [Agent(number, *each) for number, each in enumerate(zip(people, names, tokens, strict=True))]


async def hired(url: str, count: int) -> list[Agent]:
    """The same, over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await hire(connection, count)
    finally:
        await connection.close()


async def write(connection: asyncpg.Connection, items: Sequence[Item]) -> None:
    """The records behind announcements and calls, and who may see them; nobody is told yet.

    Analysed at once, as PostgreSQL does by itself in a while: the bench has no autovacuum, and would plan for empty tables.
    """
    announcements = [item for item in items if item.field == ANNOUNCEMENTS]
    calls = [item for item in items if item.field == CALLS]
    if announcements:
        told = [item.content["announcement"] for item in announcements]
        ids = [_id(item) for item in announcements]
        at = [item.at for item in announcements]
        await connection.execute(_ANNOUNCEMENTS, ids, [each["title"] for each in told], [each["body"] for each in told], at)
        people = [agent.id for agent in announcements[0].agents]
        await connection.execute(_RECEIPTS, ids, people)
    if calls:
        ids = [_id(item) for item in calls]
        numbers = [item.content["call"]["number"] for item in calls]
        raw, e164 = [each["raw"] for each in numbers], [each["e164"] for each in numbers]
        await connection.execute(_CALLS, ids, raw, e164, LINE, [item.at for item in calls], timedelta(days=1))
        await connection.execute(_CANDIDATES, ids, [item.agents[0].id for item in calls])
    await connection.execute("ANALYZE announcement, announcement_receipt, call, call_candidate, event")


async def tell(connection: asyncpg.Connection, item: Item) -> None:
    """The row in the outbox, committed."""
    topic, kind = TOPICS[item.field]
    await connection.execute(_EVENT, topic.value, _id(item), int(kind), [agent.id for agent in item.agents])


async def remind(connection: asyncpg.Connection, items: Sequence[Item]) -> None:
    """Dates, and the reminders of them that fall due at their instants."""
    ids = [_id(item) for item in items]
    at, people = [item.at for item in items], [item.agents[0].id for item in items]
    titles = [item.content["reminder"]["event"]["title"] for item in items]
    async with connection.transaction():
        await connection.execute(_DATES, ids, titles, at, people)
        await connection.execute(_SERIES, ids, at, people)
        await connection.execute("ANALYZE schedule_event, reminder_series, reminder, event")


def _id(item: Item) -> UUID:
    found = parse_id(item.key)
    assert found is not None
    return found
