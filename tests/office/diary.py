"""A calendar as tests use it: events made through the API, and what is stored of reminders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.factories.api import Api, Office

from crm.services.office.reminder_firing import fire_due

EVENT = """scheduleEvent { id version title description location startsAt endsAt timeZone allDay rrule nextOccurrenceAt
    owner { username } activity { subject } contract { title } party { name }
    attendees { position user { username } contact { name } answer }
    reminders { position channel minutesBefore }
    exceptions { originalStart originalStartsAt cancelled startsAt endsAt } }"""
OCCURRENCE = "startsAt endsAt originalStartsAt moved event { title }"
REMINDER = "id dueAt firedAt late channel state occurrenceAt snoozedUntil dismissedAt event { title startsAt }"
BERLIN = {"timeZone": "Europe/Berlin"}
WEEKLY = {"startsAt": "2026-03-23T09:00:00+01:00", "endsAt": "2026-03-23T10:00:00+01:00", "rrule": "FREQ=WEEKLY"} | BERLIN
"""Mondays at nine in Berlin, from the week before the clocks go forward in 2026."""


def text(instant: datetime) -> str:
    """An instant as the API prints it."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def soon(**ahead: float) -> datetime:
    """A whole second that far from now."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**ahead)


async def planned(who: Api, starts: datetime | None = None, **given: Any) -> dict[str, Any]:
    """An event of an hour, by default in two hours, with what else is given."""
    starts = starts or soon(hours=2)
    times = {"startsAt": text(starts), "endsAt": text(starts + timedelta(hours=1))}
    made: dict[str, Any] = await who.do("scheduleEventCreate", EVENT, input={"title": "周会"} | times | given)
    return made


def popup(*minutes: int) -> dict[str, Any]:
    """Popups so many minutes before."""
    return {"reminders": [{"channel": "POPUP", "minutesBefore": each} for each in minutes]}


async def starts_of(who: Api, event: str, start: str, end: str) -> list[str]:
    """When the occurrences of an event start."""
    query = (
        "query ($id: ID!, $a: DateTime!, $b: DateTime!) { scheduleEvent(id: $id) { occurrences(from: $a, to: $b) { startsAt } } }"
    )
    found = await who.read(query, id=event, a=start, b=end)
    return [each["startsAt"] for each in found["scheduleEvent"]["occurrences"]]


async def schedule(who: Api, start: str, end: str, **arguments: Any) -> list[tuple[str, str]]:
    """(title, start) of what a range holds for somebody."""
    found = await who.ask("schedule", OCCURRENCE, **{"from": start, "to": end}, **arguments)
    return [(each["event"]["title"], each["startsAt"]) for each in found]


async def fired(who: Api) -> list[dict[str, Any]]:
    """Somebody's reminders, the latest first."""
    found: list[dict[str, Any]] = (await who.ask("reminders", f"nodes {{ {REMINDER} }}"))["nodes"]
    return found


async def fire(office: Office, at: datetime) -> int:
    """Let the scheduler look at an instant until nothing is due then."""
    told = 0
    while await office.value("SELECT count(*) FROM reminder_series WHERE due_at <= $1", at) or await office.value(
        "SELECT count(*) FROM reminder WHERE state = 'SNOOZED' AND snoozed_until <= $1", at
    ):
        told += await fire_due(office.database, at)
    return told


async def told(office: Office) -> list[tuple[str, list[str]]]:
    """What was recorded for the outbox: (reminder, audience), in order."""
    rows = await office.rows("SELECT record_id, audience FROM event WHERE topic = 'reminders' ORDER BY id")
    return [(str(row["record_id"]), [str(each) for each in row["audience"]]) for row in rows]


async def due(office: Office) -> list[tuple[str, int, str | None]]:
    """What is planned: (username, minutes, due)."""
    rows = await office.rows(
        "SELECT u.username, s.minutes_before, s.due_at FROM reminder_series s JOIN user_account u ON u.id = s.user_id"
        " WHERE s.due_at IS NOT NULL ORDER BY u.username, s.minutes_before"
    )
    return [(row["username"], row["minutes_before"], text(row["due_at"])) for row in rows]
