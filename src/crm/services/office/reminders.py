"""Reminders: fired when they are due, snoozed and dismissed by the person they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from crm.core.errors import Invalid, NotFound
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.rules.office.recurrence import Series, next_after
from crm.rules.office.reminder_flow import REMINDER_FLOW, ReminderState, ReminderVerb
from crm.services import events
from crm.services.deeds import Channel, Database, Deed
from crm.services.office.timing import series_of
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic

LATE = timedelta(seconds=60)
MOST_MINUTES = 10_080

Told = tuple[UUID, tuple[UUID, ...]]
"""A reminder and whom it is for."""

log = structlog.get_logger("crm.reminders")


async def next_due(database: Database) -> datetime | None:
    """When there is something to fire next; None where nothing is to come."""
    async with database.transaction() as tx:
        found = await tx.execute_query_dict(
            "SELECT least((SELECT min(due_at) FROM reminder_series WHERE due_at IS NOT NULL),"
            " (SELECT min(snoozed_until) FROM reminder WHERE state = 'SNOOZED')) AS due_at"
        )
    due_at: datetime | None = found[0]["due_at"]
    return due_at


async def fire_due(database: Database, at: datetime, batch: int = 200) -> int:
    """Fire what is due at `at`, at most `batch` planned and as many snoozed ones; how many people were told.

    All in one transaction: a reminder, its event in the outbox, and the next one in its series exist together or not at all. What
    another process is firing at this moment is skipped, not waited for.
    """
    async with system_deed(database, "reminders", channel=Channel.SCHEDULE) as deed:
        told = await _ring_again(deed, at, batch)
        told += await _fire(deed, at, batch)
        await events.record_many(deed, Topic.REMINDERS, told)
    return len(told)


async def snooze(deed: Deed, record_id: str, minutes: int) -> UUID:
    """Remind me again in so many minutes."""
    key = await _step(deed, record_id, ReminderVerb.SNOOZE)
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(f"Must be between 1 and {MOST_MINUTES}.", ("minutes",))
    until = deed.at + timedelta(minutes=minutes)
    await deed.run("UPDATE reminder SET state = 'SNOOZED', snoozed_until = $2 WHERE id = $1", key, until)
    return key


async def dismiss(deed: Deed, record_id: str) -> UUID:
    """Do not remind me of this again."""
    key = await _step(deed, record_id, ReminderVerb.DISMISS)
    await deed.run("UPDATE reminder SET state = 'DISMISSED', snoozed_until = NULL, dismissed_at = $2 WHERE id = $1", key, deed.at)
    return key


async def _step(deed: Deed, record_id: str, verb: ReminderVerb) -> UUID:
    """One's own reminder, locked, and the flow asked; another's is not there."""
    key = parse_id(record_id, Kind.REMINDER)
    query = "SELECT state FROM reminder WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE"
    found = await deed.rows(query, key, deed.actor) if key is not None else []
    if key is None or not found:
        raise NotFound
    REMINDER_FLOW.after(ReminderState(found[0]["state"]), verb)
    return key


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
    """Reminders whose snooze is over; those of deleted events and of people who left are due again and told to nobody."""
    return [(row["id"], (row["user_id"],)) for row in await deed.rows(_SNOOZED, at, batch) if row["wanted"]]


_CLAIM = """
SELECT id FROM reminder_series WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
"""

# A statement of its own, after the locks: whoever changes the event plans its series anew and waits for us, so what is read here
# is either what they are about to replace or what they have written. Within the claim it could be older than the series itself.
_STATE = """
SELECT s.id, s.schedule_event_id, s.user_id, s.channel, s.minutes_before, s.occurrence_at, s.due_at,
    e.local_start, e.duration_seconds, e.time_zone, e.rrule,
    CASE WHEN e.rrule IS NOT NULL THEN
        (SELECT json_agg(json_build_object('original_start', x.original_start, 'cancelled', x.cancelled,
            'local_start', x.local_start, 'duration_seconds', x.duration_seconds))
         FROM schedule_exception x WHERE x.schedule_event_id = e.id) END AS exceptions,
    u.active AND u.deleted_at IS NULL AS here,
    e.deleted_at IS NULL AND (e.owner_id IS NOT DISTINCT FROM s.user_id OR EXISTS (
        SELECT FROM schedule_attendee a
        WHERE a.schedule_event_id = e.id AND a.user_id = s.user_id AND a.answer <> 'DECLINED')) AS concerned,
    e.deleted_at IS NULL AND e.owner_id IS DISTINCT FROM s.user_id AND e.owner_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM reminder_series o WHERE o.schedule_event_id = e.id AND o.user_id = e.owner_id
            AND o.channel = s.channel AND o.minutes_before = s.minutes_before
            AND (o.due_at IS NOT NULL OR EXISTS (
                SELECT FROM reminder r WHERE r.series_id = o.id AND r.occurrence_at >= s.occurrence_at))) AS ownerless
FROM reminder_series s
JOIN schedule_event e ON e.id = s.schedule_event_id
JOIN user_account u ON u.id = s.user_id
WHERE s.id = ANY($1::uuid[])
ORDER BY s.due_at, s.id
"""

_INSERT = """
INSERT INTO reminder (id, series_id, schedule_event_id, user_id, channel, occurrence_at, due_at, fired_at, late, state)
SELECT k.id, s.id, s.schedule_event_id, s.user_id, s.channel, k.occurrence_at, k.due_at,
    $5::timestamptz, k.due_at < $6::timestamptz, 'DUE'
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
    WITH ORDINALITY AS k(id, series_id, occurrence_at, due_at, place)
JOIN reminder_series s ON s.id = k.series_id
ORDER BY k.place
ON CONFLICT (series_id, occurrence_at) DO NOTHING
RETURNING id, user_id
"""

_ADVANCE = """
UPDATE reminder_series s
SET occurrence_at = k.next_at, due_at = k.next_at - make_interval(mins => s.minutes_before)
FROM unnest($1::uuid[], $2::timestamptz[]) AS k(id, next_at) WHERE s.id = k.id
"""

_HAND_ON = """
INSERT INTO reminder_series (id, schedule_event_id, user_id, channel, minutes_before, occurrence_at, due_at)
SELECT k.id, s.schedule_event_id, e.owner_id, s.channel, s.minutes_before, s.occurrence_at, s.due_at
FROM unnest($1::uuid[], $2::uuid[]) AS k(id, series_id)
JOIN reminder_series s ON s.id = k.series_id JOIN schedule_event e ON e.id = s.schedule_event_id
ON CONFLICT (schedule_event_id, user_id, channel, minutes_before)
DO UPDATE SET occurrence_at = excluded.occurrence_at, due_at = excluded.due_at WHERE reminder_series.due_at IS NULL
"""


async def _fire(deed: Deed, at: datetime, batch: int) -> list[Told]:
    """Claim the series that are due, write their reminders, and move each on to its next occurrence."""
    claimed = [row["id"] for row in await deed.rows(_CLAIM, at, batch)]
    if not claimed:
        return []
    rows = await deed.rows(_STATE, claimed)
    await _hand_on(deed, rows)
    walks = _Walks()
    steps = [(row, _step_of(row, walks, at)) for row in rows]
    fired = [(row, step.latest) for row, step in steps if row["concerned"] and row["here"]]
    told = await deed.rows(
        _INSERT,
        [new_id(Kind.REMINDER) for _ in fired],
        [row["id"] for row, _ in fired],
        [latest for _, latest in fired],
        [latest - timedelta(minutes=row["minutes_before"]) for row, latest in fired],
        at,
        at - LATE,
    )
    following = [step.following if row["concerned"] else None for row, step in steps]
    await deed.run(_ADVANCE, [row["id"] for row in rows], following)
    return [(row["id"], (row["user_id"],)) for row in told]


async def _hand_on(deed: Deed, rows: Iterable[Mapping[str, Any]]) -> None:
    """An event that was handed to another person reminds its new owner too: their series begins where the others' stand.

    Handing over is one verb for records of every kind, which knows nothing of reminders; so it is made good here, when one is
    due. What is added is due now and fires with the next batch.
    """
    missing = {(row["schedule_event_id"], row["channel"], row["minutes_before"]): row["id"] for row in rows if row["ownerless"]}
    if missing:
        await deed.run(_HAND_ON, [new_id(Kind.REMINDER_SERIES) for _ in missing], list(missing.values()))


@dataclass(frozen=True, slots=True)
class _Step:
    """Which occurrence a series fires for, and which comes after."""

    latest: datetime
    following: datetime | None


def _step_of(row: Mapping[str, Any], walks: _Walks, at: datetime) -> _Step:
    """After downtime several occurrences were missed: people are told of the latest only."""
    latest, horizon = row["occurrence_at"], at + timedelta(minutes=row["minutes_before"])
    following = walks.after(row, latest)
    while following is not None and following <= horizon:
        latest, following = following, walks.after(row, following)
    return _Step(latest, following)


class _Walks:
    """Expanded rules of one batch: the attendees of an event share its walk."""

    def __init__(self) -> None:
        self._series: dict[UUID, Series] = {}
        self._after: dict[tuple[UUID, datetime], datetime | None] = {}

    def after(self, row: Mapping[str, Any], instant: datetime) -> datetime | None:
        """The start of the first occurrence after an instant; of a single event there is none."""
        if row["rrule"] is None:
            return None
        key = (row["schedule_event_id"], instant)
        if key not in self._after:
            self._after[key] = self._walk(row, instant)
        return self._after[key]

    def _walk(self, row: Mapping[str, Any], instant: datetime) -> datetime | None:
        event = row["schedule_event_id"]
        try:
            if event not in self._series:
                self._series[event] = series_of(row, _listed(row["exceptions"]))
            found = next_after(self._series[event], instant)
        except ValueError as error:
            # A zone that a new edition of the table dropped, say. One such event must not keep everybody else's from firing.
            log.warning("a rule cannot be expanded any more", schedule_event=str(event), reason=str(error))
            return None
        return None if found is None else found.starts_at


def _listed(stored: Any) -> list[dict[str, Any]]:
    """The exceptions that came as JSON."""
    found: list[dict[str, Any]] = orjson.loads(stored) if isinstance(stored, str | bytes) else stored
    return found or []
