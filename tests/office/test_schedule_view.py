"""Whose calendar somebody sees: their own, what they attend, and those of the people below them. Nothing of anybody else's."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from tests.factories.api import Api, Office, document, opened
from tests.office.diary import EVENT, OCCURRENCE, WEEKLY, planned, popup, schedule

APRIL = ("2026-04-01T00:00:00Z", "2026-04-12T00:00:00Z")
OWN = {"schedule_event.*": "OWN"}


class People(NamedTuple):
    chief: Api
    boss: Api
    owner: Api
    guest: Api
    outsider: Api
    event: str


office = pytest.fixture(opened)


@pytest.fixture
async def people(office: Office) -> People:
    """An event of `owner`, who reports to `boss`, who reports to `chief`; `guest` attends; `outsider` has a role."""
    chief = await office.hire("chief", {})
    boss = await office.hire("boss", {}, manager_id=chief.id)
    owner = await office.hire("owner", OWN, manager_id=boss.id)
    guest, outsider = await office.hire("guest", {}), await office.hire("outsider", OWN)
    made = await planned(owner, **WEEKLY, **popup(10), attendeeUserIds=[guest.id])
    return People(chief, boss, owner, guest, outsider, made["id"])


async def seen(who: Api, **arguments: object) -> int:
    return len(await schedule(who, *APRIL, **arguments))


async def test_a_schedule_is_ones_own_unless_others_are_named(people: People):
    assert [await seen(each) for each in people[:5]] == [0, 0, 1, 1, 0]


async def test_of_those_below_and_of_what_one_attends_and_of_nobody_else(people: People):
    whose = [people.owner.id]
    assert [await seen(each, userIds=whose) for each in people[:5]] == [1, 1, 1, 1, 0]
    # The guest's superiors are not the owner's: they see it because the owner is below them, and find it at the guest's name too.
    assert [await seen(each, userIds=[people.guest.id]) for each in people[:5]] == [1, 1, 1, 1, 0]
    assert await seen(people.chief, userIds=[people.owner.id, people.guest.id, people.outsider.id]) == 1, "once, not twice"
    assert await seen(people.chief, userIds=[]) == 0
    assert await seen(people.chief, userIds=["", "x", people.event]) == 0


async def test_too_many_people_are_refused(people: People):
    arguments = {"from": APRIL[0], "to": APRIL[1], "userIds": [people.owner.id] * 101}
    assert (await people.chief.asked("schedule", OCCURRENCE, **arguments)).codes == ["BAD_USER_INPUT"]


async def test_lists_and_single_events_are_as_closed(people: People):
    for who, sees in zip(people[:5], (True, True, True, True, False), strict=True):
        assert (await who.ask("scheduleEvents", "totalCount"))["totalCount"] == sees
        answer = await who.asked("scheduleEvent", "title attendees { answer } reminders { minutesBefore }", id=people.event)
        assert answer.codes == ([] if sees else ["NOT_FOUND"])
        assert (await who.asked("node", "id", id=people.event)).codes == ([] if sees else ["NOT_FOUND"])


async def test_what_is_shared_is_seen(office: Office, people: People):
    await office.admin.do(
        "recordsShare", "results { id userErrors { code message field currentVersion } }",
        input={"ids": [people.event], "principalIds": [people.outsider.id], "access": "READ"},
    )  # fmt: skip
    assert await seen(people.outsider, userIds=[people.owner.id]) == 1


async def test_seeing_is_not_changing(office: Office, people: People):
    at = {"originalStartsAt": "2026-04-06T07:00:00Z"}
    move = at | {"startsAt": "2026-04-08T07:00:00Z", "endsAt": "2026-04-08T08:00:00Z"}
    calls = {
        "scheduleEventUpdate": {"version": 1, "input": {"title": "x"}},
        "scheduleOccurrenceCancel": at,
        "scheduleOccurrenceMove": move,
        "scheduleEventDelete": {},
    }
    colleague = await office.hire("colleague", OWN)
    await people.owner.do("scheduleEventUpdate", EVENT, id=people.event, version=1, input={"attendeeUserIds": [colleague.id]})
    async with office.unchanged():
        for name, more in calls.items():
            assert await colleague.refusals(name, id=people.event, **more) == [("FORBIDDEN", ["id"])], name
            assert await people.outsider.refusals(name, id=people.event, **more) == [("NOT_FOUND", ["id"])], name
            arguments = {"id": people.event, **more}
            answer = await people.boss.run(closed(name, arguments), **arguments)
            assert answer.codes == ["FORBIDDEN"], name
            assert answer.errors[0]["extensions"]["permission"].startswith("schedule_event."), name


def closed(name: str, arguments: dict[str, object]) -> str:
    return document("mutation", name, "userErrors { code }", arguments)


async def test_an_attendee_reads_a_contact_only_by_the_contacts_own_rights(office: Office, people: People):
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party["id"]})
    made = await planned(office.admin, attendeeContactIds=[contact["id"]], attendeeUserIds=[people.guest.id], partyId=party["id"])
    found = await people.guest.ask(
        "scheduleEvent", "party { name } attendees { user { username } contact { name } }", id=made["id"]
    )
    assert found == {
        "party": None,
        "attendees": [{"user": {"username": "guest"}, "contact": None}, {"user": None, "contact": None}],
    }


async def test_what_a_role_hides_is_not_told_by_the_schedule(office: Office, people: People):
    clerk = await office.hire("clerk", {"schedule_event.READ": "ALL"}, hidden=["schedule_event.attendees"])
    assert await seen(clerk, userIds=[people.guest.id]) == 0, "who attends is hidden from them"
    assert await seen(clerk, userIds=[people.owner.id]) == 1
    blind = await office.hire("blind", {"schedule_event.READ": "ALL"}, hidden=["schedule_event.rrule"])
    answer = await blind.asked("schedule", OCCURRENCE, **{"from": APRIL[0], "to": APRIL[1]})
    assert answer.codes == ["FORBIDDEN"]
    occurrences = f'occurrences(from: "{APRIL[0]}", to: "{APRIL[1]}") {{ startsAt }}'
    answer = await blind.asked("scheduleEvent", f"title nextOccurrenceAt {occurrences}", id=people.event)
    assert answer.data["scheduleEvent"] == {"title": "周会", "nextOccurrenceAt": None, "occurrences": None}
    assert answer.codes == ["FORBIDDEN", "FORBIDDEN"]


async def test_an_event_is_made_for_another_within_the_scope_only(office: Office, people: People):
    given = {"title": "t", "startsAt": "2027-03-01T09:00:00Z", "endsAt": "2027-03-01T10:00:00Z", "ownerId": people.owner.id}
    async with office.unchanged():
        assert await people.outsider.refusals("scheduleEventCreate", input=given) == [("FORBIDDEN", ["input", "ownerId"])]
    made = await office.admin.do("scheduleEventCreate", EVENT, input=given)
    assert made["owner"] == {"username": "owner"}


async def test_more_events_are_no_way_around_the_rights(office: Office, people: People):
    """Filters ask the attendee's card, not the calendar of somebody unseen."""
    found = await people.outsider.ask(
        "scheduleEvents", "totalCount nodes { id }", filter={"owner": {"username": {"eq": "owner"}}}
    )
    assert found == {"totalCount": 0, "nodes": []}
