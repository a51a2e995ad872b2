"""Firing reminders: what is due is claimed as a set, written with its events, and every series moved on to what comes next.

All of it is one transaction, so a reminder, its event in the outbox or its message in the queue, and the next one of its series
exist together or not at all. Several schedulers may do it at once: what another is firing at this moment is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.office.reminder_flow import ReminderState
from crm.services import events
from crm.services.deeds import Channel, Database, Deed
from crm.services.office.reminder_recipients import Addressed, addressed
from crm.services.office.reminder_walks import Step, Walks
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic

LATE = timedelta(seconds=60)
BATCH = 500

Told = tuple[UUID, tuple[UUID, ...]]
"""A reminder and whom it is for."""


async def next_due(database: Database) -> datetime | None:
    """When there is something to fire next; None where nothing is to come."""
    async with database.transaction() as tx:
        found = await tx.execute_query_dict(
            "SELECT least((SELECT min(due_at) FROM reminder_series WHERE due_at IS NOT NULL),"
            " (SELECT min(snoozed_until) FROM reminder WHERE state = 'SNOOZED')) AS due_at"
        )
    due_at: datetime | None = found[0]["due_at"]
    return due_at


async def fire_due(database: Database, at: datetime, batch: int = BATCH) -> int:
    """Fire what is due at `at`, at most `batch` planned and as many snoozed ones; how many reminders there are of it."""
    async with system_deed(database, "reminders", channel=Channel.SCHEDULE) as deed:
        told = await _ring_again(deed, at, batch)
        fired, queued = await _fire(deed, at, batch)
        await events.record_many(deed, Topic.REMINDERS, told + fired)
        if queued:
            # Whoever sends messages waits for them.
            deed.news.append(Topic.REMINDERS)
    return len(told) + len(fired) + queued


_SNOOZED = """
WITH over AS (
    SELECT id FROM reminder WHERE state = 'SNOOZED' AND snoozed_until <= $1
    ORDER BY snoozed_until LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE reminder r SET state = 'DUE', snoozed_until = NULL
FROM over, schedule_event e, user_account u
WHERE r.id = over.id AND e.id = r.schedule_event_id AND u.id = r.user_id
RETURNING r.id, r.user_id, (e.deleted_at IS NULL AND u.active AND u.deleted_at IS NULL) AS wanted
"""


async def _ring_again(deed: Deed, at: datetime, batch: int) -> list[Told]:
    """Reminders whose snooze is over; those of deleted events and of people who left are due again and told to nobody.

    Quiet hours do not hold them back: whoever said "in half an hour" meant it.
    """
    return [(row["id"], (row["user_id"],)) for row in await deed.rows(_SNOOZED, at, batch) if row["wanted"]]


_CLAIM = """
SELECT id FROM reminder_series WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
"""

# A statement of its own, after the locks: whoever changes the event plans its series anew and waits for us, so what is read here
# is either what they are about to replace or what they have written. Within the claim it could be older than the series itself.
# A series without a person is for the contacts who are invited, in the owner's name.
_STATE = """
SELECT s.id, s.schedule_event_id, s.user_id, s.channel, s.minutes_before, s.occurrence_at, s.due_at,
    e.owner_id, e.local_start, e.duration_seconds, e.time_zone, e.rrule,
    CASE WHEN e.rrule IS NOT NULL THEN
        (SELECT json_agg(json_build_object('original_start', x.original_start, 'cancelled', x.cancelled,
            'local_start', x.local_start, 'duration_seconds', x.duration_seconds))
         FROM schedule_exception x WHERE x.schedule_event_id = e.id) END AS exceptions,
    coalesce(u.active AND u.deleted_at IS NULL, false) AS here,
    u.email, u.mobile, u.time_zone AS time_zone_of_person,
    CASE WHEN s.user_id IS NOT NULL THEN u.quiet_from END AS quiet_from, u.quiet_until,
    e.deleted_at IS NULL AND (s.user_id IS NULL OR e.owner_id IS NOT DISTINCT FROM s.user_id OR EXISTS (
        SELECT FROM schedule_attendee a
        WHERE a.schedule_event_id = e.id AND a.user_id = s.user_id AND a.answer <> 'DECLINED')) AS concerned,
    e.deleted_at IS NULL AND s.user_id IS NOT NULL AND e.owner_id <> s.user_id AND NOT EXISTS (
        SELECT FROM reminder_series o WHERE o.schedule_event_id = e.id AND o.user_id = e.owner_id
            AND o.channel = s.channel AND o.minutes_before = s.minutes_before
            AND (o.due_at IS NOT NULL OR EXISTS (
                SELECT FROM reminder r WHERE r.series_id = o.id AND r.occurrence_at >= s.occurrence_at))) AS ownerless
FROM reminder_series s
JOIN schedule_event e ON e.id = s.schedule_event_id
LEFT JOIN user_account u ON u.id = coalesce(s.user_id, e.owner_id)
WHERE s.id = ANY($1::uuid[])
ORDER BY s.due_at, s.id
"""

_INSERT = """
INSERT INTO reminder (id, series_id, schedule_event_id, user_id, contact_id, channel, occurrence_at, due_at, fired_at, late,
    state, address, failure, next_try_at, attempts, repeated)
SELECT k.id, k.series_id, k.event_id, k.user_id, k.contact_id, k.channel, k.occurrence_at, k.due_at, $1::timestamptz,
    k.due_at < $2::timestamptz, k.state, k.address, k.failure, CASE WHEN k.state = 'QUEUED' THEN $1::timestamptz END,
    0, false
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::timestamptz[], $10::timestamptz[],
    $11::text[], $12::text[], $13::text[]) WITH ORDINALITY
    AS k(id, series_id, event_id, user_id, contact_id, channel, occurrence_at, due_at, state, address, failure, place)
ORDER BY k.place
ON CONFLICT (series_id, occurrence_at) DO NOTHING
RETURNING id, user_id, state
"""

_ADVANCE = """
UPDATE reminder_series s SET occurrence_at = k.occurrence_at, due_at = k.due_at
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS k(id, occurrence_at, due_at) WHERE s.id = k.id
"""

_HAND_ON = """
INSERT INTO reminder_series (id, schedule_event_id, user_id, channel, minutes_before, occurrence_at, due_at)
SELECT k.id, s.schedule_event_id, e.owner_id, s.channel, s.minutes_before, s.occurrence_at, s.due_at
FROM unnest($1::uuid[], $2::uuid[]) AS k(id, series_id)
JOIN reminder_series s ON s.id = k.series_id JOIN schedule_event e ON e.id = s.schedule_event_id
ON CONFLICT (schedule_event_id, user_id, channel, minutes_before)
DO UPDATE SET occurrence_at = excluded.occurrence_at, due_at = excluded.due_at WHERE reminder_series.due_at IS NULL
"""


async def _fire(deed: Deed, at: datetime, batch: int) -> tuple[list[Told], int]:
    """Claim the series that are due, write their reminders, and move each on: who is told now, how many messages wait."""
    claimed = [row["id"] for row in await deed.rows(_CLAIM, at, batch)]
    if not claimed:
        return [], 0
    rows = await deed.rows(_STATE, claimed)
    await _hand_on(deed, rows)
    walks = Walks(at)
    steps = [(row, walks.step_of(row)) for row in rows]
    made = await _write(deed, at, await addressed(deed, [(row, step.fires) for row, step in steps if step.fires is not None]))
    await _advance(deed, steps)
    told: list[Told] = [(row["id"], (row["user_id"],)) for row in made if row["state"] == ReminderState.DUE]
    return told, len(made) - len(told)


async def _write(deed: Deed, at: datetime, found: Sequence[Addressed]) -> list[dict[str, Any]]:
    """Those that were not there yet, written."""
    if not found:
        return []
    return await deed.rows(
        _INSERT, at, at - LATE,
        [each.id for each in found], [each.series for each in found], [each.event for each in found],
        [each.user for each in found], [each.contact for each in found], [each.channel for each in found],
        [each.occurrence_at for each in found], [each.due_at for each in found], [each.state for each in found],
        [each.address for each in found], [each.failure for each in found],
    )  # fmt: skip


async def _advance(deed: Deed, steps: Iterable[tuple[Mapping[str, Any], Step]]) -> None:
    keys, occurrences, due = zip(*((row["id"], step.occurrence_at, step.due_at) for row, step in steps), strict=True)
    await deed.run(_ADVANCE, list(keys), list(occurrences), list(due))


async def _hand_on(deed: Deed, rows: Iterable[Mapping[str, Any]]) -> None:
    """An event that was handed to another person reminds its new owner too: their series begins where the others' stand.

    Handing over is one verb for records of every kind, which knows nothing of reminders; so it is made good here, when one is
    due. What is added is due now and fires with the next batch.
    """
    missing = {(row["schedule_event_id"], row["channel"], row["minutes_before"]): row["id"] for row in rows if row["ownerless"]}
    if missing:
        await deed.run(_HAND_ON, [new_id(Kind.REMINDER_SERIES) for _ in missing], list(missing.values()))
