"""Who attends an event, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.core.errors import DomainError, Forbidden, Invalid, Refusals
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case
from crm.core.paging import MAX_OWNED
from crm.models import ScheduleAttendee, ScheduleEvent
from crm.services import value_rows
from crm.services.deeds import Deed
from crm.services.office.reminder_plans import plan
from crm.services.records import FieldChange, record_change
from crm.services.references import rule_of_table, visible_id

LISTS = {"attendee_user_ids": ("user_id", "user_account"), "attendee_contact_ids": ("contact_id", "contact")}
"""Input list → the column it fills, and the table its ids are of."""

PENDING = "PENDING"


async def replace(deed: Deed, event_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    """Each list that is given replaces the people of its kind. Who stays keeps their answer."""
    if not LISTS.keys() & given.keys():
        return []
    before = await deed.rows(
        "SELECT user_id, contact_id, answer FROM schedule_attendee WHERE schedule_event_id = $1 ORDER BY position", event_id
    )
    rows: list[dict[str, Any]] = []
    for name, (column, table) in LISTS.items():
        there = {row[column]: row["answer"] for row in before if row[column] is not None}
        people = await _people(deed, name, table, given[name], there) if name in given else list(there)
        rows += [{column: person, "answer": there.get(person, PENDING)} for person in people]
    if len(rows) > MAX_OWNED:
        raise Invalid(f"At most {MAX_OWNED} attendees.", ("input", camel_case(next(name for name in LISTS if name in given))))
    parent, shown = ("schedule_event_id", event_id), ("user_id", "contact_id", "answer")
    told = {"user_id": "user", "contact_id": "contact"}
    return await value_rows.replace(deed, ScheduleAttendee, Kind.SCHEDULE_ATTENDEE, parent, "attendees", rows, shown, told)


async def answer(deed: Deed, record_id: str, given: str) -> UUID:
    """An attendee's own answer. Whoever is invited sees the event, so being among the attendees is the right to answer."""
    event = await _locked(deed, parse_id(record_id, Kind.SCHEDULE_EVENT))
    invited = await deed.rows(_INVITED, event.id, deed.actor) if event is not None else []
    if not invited:
        await visible_id(deed, rule_of_table("schedule_event"), record_id, ("id",))
        raise Forbidden("You are not invited to this event.", ("id",))
    before = invited[0]["answer"]
    if before != given:
        await deed.run("UPDATE schedule_attendee SET answer = $2 WHERE id = $1", invited[0]["id"], given)
        # Not an edit of the event: somebody who is editing it must not be refused over another's answer, so no new version.
        await record_change(deed, event, "schedule_event.answer", [FieldChange("attendees", before, given)])
        await plan(deed, event, anew=False)
    return UUID(str(event.id))


_INVITED = "SELECT id, answer FROM schedule_attendee WHERE schedule_event_id = $1 AND user_id = $2"


async def _locked(deed: Deed, key: UUID | None) -> Any:
    """The event under its lock, if the viewer is invited; only then may they make others wait."""
    found = await deed.rows(
        "SELECT e.* FROM schedule_event e WHERE e.id = $1 AND e.deleted_at IS NULL AND EXISTS"
        " (SELECT FROM schedule_attendee a WHERE a.schedule_event_id = e.id AND a.user_id = $2) FOR NO KEY UPDATE OF e",
        key, deed.actor,
    )  # fmt: skip
    return ScheduleEvent._init_from_db(**found[0]) if found else None


async def _people(deed: Deed, name: str, table: str, texts: Sequence[str], there: Mapping[UUID, str]) -> list[UUID]:
    """The people of a list, each once. Who attends already is not judged anew: a form sends everybody back."""
    if len(texts) > MAX_OWNED:
        raise Invalid(f"At most {MAX_OWNED} attendees.", ("input", camel_case(name)))
    kept = {str(person): person for person in there}
    people: dict[UUID, None] = {}
    errors: list[DomainError] = []
    for place, text in enumerate(texts):
        try:
            where = ("input", camel_case(name), str(place))
            people[kept.get(text.lower()) or await visible_id(deed, rule_of_table(table), text, where)] = None
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return list(people)
