"""Reminders that go out as messages: taken one by one by whoever sends, and what came of each written down.

A message is marked before it is handed over, in a transaction of its own. Whoever dies in between leaves a row that was perhaps
sent: it is sent once more after a while and marked as repeated; if that end is uncertain too it is given up and says so. So none
is lost, and at most one comes twice, and that one is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from crm.rules.office.reminder_flow import WORTH_SENDING, ReminderChannel, ReminderFailure, ReminderState, pause_after
from crm.rules.office.reminder_text import Subject, short_words, words
from crm.services.deeds import Channel, Database
from crm.services.system.accounts import system_deed

IN_HAND = timedelta(minutes=2)
"""So long may sending one take; then whoever had it is taken for dead."""


class Sent(Enum):
    """What came of handing a message over."""

    DONE = auto()
    LATER = auto()
    """It was not taken, and may be tried again."""
    REFUSED = auto()
    """It will never be taken."""
    NOT_SET_UP = auto()
    """There is nobody to hand it to."""
    UNCERTAIN = auto()
    """It may have been taken: the connection broke before the answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be sent. Its id is the reminder's, the same however often it is tried."""

    id: UUID
    channel: str
    address: str
    name: str
    subject: str
    text: str
    repeated: bool


_NEXT = "SELECT min(next_try_at) AS due_at FROM reminder WHERE state = 'QUEUED' AND channel = ANY($1::text[])"


async def next_try(database: Database, channels: Sequence[str]) -> datetime | None:
    """When there is something to send next by these channels."""
    async with database.transaction() as tx:
        found = await tx.execute_query_dict(_NEXT, [list(channels)])
    due_at: datetime | None = found[0]["due_at"]
    return due_at


_TAKE = """
WITH due AS (
    SELECT id FROM reminder WHERE state = 'QUEUED' AND next_try_at <= $1 AND channel = ANY($2::text[])
    ORDER BY next_try_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
UPDATE reminder r SET attempts = r.attempts + 1, repeated = r.sending_since IS NOT NULL OR r.repeated, sending_since = $1,
    next_try_at = CASE WHEN r.sending_since IS NULL OR NOT r.repeated THEN $1::timestamptz + $4::interval END,
    state = CASE WHEN r.sending_since IS NOT NULL AND r.repeated THEN 'FAILED' ELSE 'QUEUED' END,
    failure = CASE WHEN r.sending_since IS NOT NULL AND r.repeated THEN 'UNCERTAIN' END
FROM due WHERE r.id = due.id
RETURNING r.id, r.state
"""

_TAKEN = """
SELECT r.id, r.channel, r.address, r.repeated, r.occurrence_at,
    e.deleted_at IS NULL AND u.active AND u.deleted_at IS NULL AS wanted, e.title, e.location, e.all_day, e.duration_seconds,
    CASE WHEN r.contact_id IS NULL THEN u.time_zone ELSE e.time_zone END AS time_zone,
    (r.contact_id IS NULL AND NOT u.locale LIKE 'zh%') AS english, coalesce(c.name, u.display_name) AS name,
    (SELECT x.duration_seconds FROM schedule_exception x WHERE x.schedule_event_id = e.id AND NOT x.cancelled
        AND (x.local_start::timestamp AT TIME ZONE e.time_zone) = r.occurrence_at LIMIT 1) AS moved_seconds
FROM reminder r JOIN schedule_event e ON e.id = r.schedule_event_id JOIN user_account u ON u.id = r.user_id
LEFT JOIN contact c ON c.id = r.contact_id
WHERE r.id = ANY($1::uuid[])
ORDER BY r.due_at, r.id
"""


async def take(database: Database, at: datetime, channels: Sequence[str], most: int) -> tuple[list[Message], int]:
    """Messages that are now this caller's to send, and how many were looked at.

    Given up are those of events that were deleted meanwhile or of people who left, and those with two uncertain ends.
    """
    async with system_deed(database, "reminder messages", channel=Channel.SCHEDULE) as deed:
        taken = await deed.rows(_TAKE, at, list(channels), most, IN_HAND)
        mine = [row["id"] for row in taken if row["state"] == ReminderState.QUEUED]
        rows = await deed.rows(_TAKEN, mine) if mine else []
        for row in rows:
            if not row["wanted"]:
                await deed.run(_FAILED, row["id"], ReminderFailure.OBSOLETE.value)
    return [_message(row) for row in rows if row["wanted"]], len(taken)


def _message(row: dict[str, Any]) -> Message:
    about = Subject(
        row["title"], row["occurrence_at"], timedelta(seconds=row["moved_seconds"] or row["duration_seconds"]), row["all_day"],
        row["time_zone"], row["location"],
    )  # fmt: skip
    subject, text = words(about, chinese=not row["english"])
    if row["channel"] == ReminderChannel.SMS:
        text = short_words(about, chinese=not row["english"])
    return Message(row["id"], row["channel"], row["address"], row["name"], subject, text, row["repeated"])


_SENT = "UPDATE reminder SET state = 'SENT', sent_at = $2, sending_since = NULL, next_try_at = NULL WHERE id = $1"
_FAILED = "UPDATE reminder SET state = 'FAILED', failure = $2, sending_since = NULL, next_try_at = NULL WHERE id = $1"
_AGAIN = """
UPDATE reminder SET sending_since = CASE WHEN $3::boolean THEN sending_since END,
    next_try_at = CASE WHEN fired_at >= $4::timestamptz THEN $2::timestamptz END,
    state = CASE WHEN fired_at < $4::timestamptz THEN 'FAILED' ELSE 'QUEUED' END,
    failure = CASE WHEN fired_at < $4::timestamptz THEN 'NOT_SENT' END
WHERE id = $1
"""
_ATTEMPTS = "SELECT attempts FROM reminder WHERE id = $1 AND state = 'QUEUED' FOR NO KEY UPDATE"


async def settle(database: Database, message: Message, sent: Sent, at: datetime) -> None:
    """Write down what came of a message that this caller took.

    An uncertain end keeps its mark, so the next attempt counts as a repetition.
    """
    async with system_deed(database, "reminder messages", channel=Channel.SCHEDULE) as deed:
        found = await deed.rows(_ATTEMPTS, message.id)
        if not found:
            return
        if sent is Sent.DONE:
            await deed.run(_SENT, message.id, at)
        elif sent in _FOR_GOOD:
            await deed.run(_FAILED, message.id, _FOR_GOOD[sent].value)
        else:
            again = at + pause_after(found[0]["attempts"])
            await deed.run(_AGAIN, message.id, again, sent is Sent.UNCERTAIN, at - WORTH_SENDING)


_FOR_GOOD = {Sent.REFUSED: ReminderFailure.REFUSED, Sent.NOT_SET_UP: ReminderFailure.NOT_SET_UP}
