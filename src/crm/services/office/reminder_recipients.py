"""Whom a reminder that is due goes to, and by which address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.customers.phone_numbers import first_mobile
from crm.rules.office.reminder_flow import ReminderChannel, ReminderFailure, ReminderState
from crm.services.deeds import Deed

ADDRESS = {ReminderChannel.EMAIL: "email", ReminderChannel.SMS: "mobile"}
"""Channel → by which of a person's addresses."""

_CONTACTS = """
SELECT s.id AS series_id, a.contact_id,
    (SELECT m.address FROM email_address m WHERE m.contact_id = a.contact_id
     ORDER BY m."primary" DESC, m.position LIMIT 1) AS email,
    ARRAY(SELECT n.e164 FROM phone_number n WHERE n.contact_id = a.contact_id AND n.e164 IS NOT NULL AND n.extension IS NULL
     ORDER BY n."primary" DESC, n.position) AS numbers
FROM reminder_series s
JOIN schedule_attendee a ON a.schedule_event_id = s.schedule_event_id AND a.answer <> 'DECLINED'
JOIN contact c ON c.id = a.contact_id AND c.deleted_at IS NULL
WHERE s.id = ANY($1::uuid[])
ORDER BY s.id, a.position
"""


@dataclass(frozen=True, slots=True)
class Addressed:
    """One reminder of one occurrence for one person, about to be written.

    `series` makes it unique together with the occurrence. That of a contact is derived from the series and the address: of two
    contacts who share a telephone one is told, and however often the list of them changes nobody is told twice.
    """

    id: UUID
    series: UUID
    event: UUID
    user: UUID
    contact: UUID | None
    channel: str
    occurrence_at: datetime
    due_at: datetime
    address: str | None
    state: ReminderState
    failure: ReminderFailure | None


async def addressed(deed: Deed, fired: Sequence[tuple[Mapping[str, Any], datetime]]) -> list[Addressed]:
    """What is to be written of series (rows) that fire for an occurrence each."""
    shared = [row["id"] for row, _ in fired if row["user_id"] is None]
    contacts: dict[UUID, list[Mapping[str, Any]]] = {}
    for each in await deed.rows(_CONTACTS, shared) if shared else ():
        contacts.setdefault(each["series_id"], []).append(each)
    return [made for row, occurrence_at in fired for made in _of(row, occurrence_at, contacts.get(row["id"], ()))]


def _of(row: Mapping[str, Any], occurrence_at: datetime, contacts: Iterable[Mapping[str, Any]]) -> Iterable[Addressed]:
    if row["user_id"] is not None:
        yield _made(row, occurrence_at, row, None, row["id"])
        return
    for each in contacts:
        person = {"email": each["email"], "mobile": first_mobile(each["numbers"])}
        address = person[ADDRESS[ReminderChannel(row["channel"])]]
        yield _made(row, occurrence_at, person, each["contact_id"], uuid5(row["id"], address or str(each["contact_id"])))


def _made(
    row: Mapping[str, Any], occurrence_at: datetime, person: Mapping[str, Any], contact: UUID | None, series: UUID
) -> Addressed:
    name = ADDRESS.get(ReminderChannel(row["channel"]))
    address = None if name is None else person[name]
    return Addressed(
        id=new_id(Kind.REMINDER),
        series=series,
        event=row["schedule_event_id"],
        user=row["owner_id"] if contact is not None else row["user_id"],
        contact=contact,
        channel=row["channel"],
        occurrence_at=occurrence_at,
        due_at=occurrence_at - timedelta(minutes=row["minutes_before"]),
        address=address,
        state=ReminderState.DUE if name is None else ReminderState.QUEUED if address else ReminderState.FAILED,
        failure=None if name is None or address else ReminderFailure.NO_ADDRESS,
    )
