"""Occurrences: right across daylight-saving changes, cancelled and moved one by one, shown by range."""

from __future__ import annotations

import time

import pytest
from tests.factories.api import Office, opened
from tests.office.diary import BERLIN, EVENT, OCCURRENCE, WEEKLY, planned, schedule, starts_of

office = pytest.fixture(opened)
APRIL = ("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z")
SIXTH, THIRTEENTH = "2026-04-06T07:00:00+00:00", "2026-04-13T07:00:00+00:00"
AFTERNOON = {"startsAt": "2026-04-08T12:00:00+00:00", "endsAt": "2026-04-08T12:30:00+00:00"}


async def test_nine_oclock_in_berlin_stays_nine_oclock(office: Office):
    made = await planned(office.admin, **WEEKLY)
    spring = await starts_of(office.admin, made["id"], "2026-03-20T00:00:00Z", "2026-04-07T00:00:00Z")
    assert spring == ["2026-03-23T08:00:00+00:00", "2026-03-30T07:00:00+00:00", SIXTH]
    autumn = await schedule(office.admin, "2026-10-18T00:00:00Z", "2026-10-27T00:00:00Z")
    assert autumn == [("周会", "2026-10-19T07:00:00+00:00"), ("周会", "2026-10-26T08:00:00+00:00")]


async def test_what_the_clocks_skip_takes_place_an_hour_later(office: Office):
    given = {"startsAt": "2026-03-28T02:30:00+01:00", "endsAt": "2026-03-28T03:00:00+01:00", "rrule": "FREQ=DAILY;COUNT=3"}
    made = await planned(office.admin, **given, **BERLIN)
    found = await starts_of(office.admin, made["id"], "2026-03-27T00:00:00Z", "2026-04-01T00:00:00Z")
    assert found == ["2026-03-28T01:30:00+00:00", "2026-03-29T01:30:00+00:00", "2026-03-30T00:30:00+00:00"]
    # The start that is shown is the start to name it by, though no clock shows half past two on that day.
    after = await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt="2026-03-29T01:30:00+00:00")
    assert after["exceptions"] == [
        {
            "originalStart": "2026-03-29T02:30:00",
            "originalStartsAt": "2026-03-29T01:30:00+00:00",
            "cancelled": True,
            "startsAt": None,
            "endsAt": None,
        }
    ]


async def test_the_range_is_half_open_and_takes_what_reaches_into_it(office: Office):
    made = await planned(office.admin, **WEEKLY)
    assert await starts_of(office.admin, made["id"], "2026-04-06T07:30:00Z", "2026-04-13T07:00:00Z") == [SIXTH]
    assert await starts_of(office.admin, made["id"], "2026-04-06T08:00:00Z", "2026-04-13T07:00:01Z") == [THIRTEENTH]
    assert await schedule(office.admin, "2026-04-06T08:00:00Z", "2026-04-13T07:00:00Z") == []


async def test_one_is_cancelled_and_the_others_take_place(office: Office):
    made = await planned(office.admin, **WEEKLY)
    after = await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=SIXTH)
    assert after["version"] == 2
    assert SIXTH not in await starts_of(office.admin, made["id"], *APRIL)
    assert len(await schedule(office.admin, *APRIL)) == 3
    async with office.unchanged():
        refused = await office.admin.refusals("scheduleOccurrenceCancel", id=made["id"], originalStartsAt=SIXTH)
        assert refused == [("INVALID", ["originalStartsAt"])]
    log = await office.admin.ask("scheduleEvent", "changes(first: 1) { nodes { verb fields { field old new } } }", id=made["id"])
    assert log["changes"]["nodes"] == [
        {
            "verb": "schedule_event.cancelOccurrence",
            "fields": [{"field": "exceptions", "old": None, "new": {"originalStartsAt": SIXTH, "cancelled": True}}],
        }
    ]


async def test_one_is_moved_and_back(office: Office):
    made = await planned(office.admin, **WEEKLY)
    moved = await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **AFTERNOON)
    assert [each["startsAt"] for each in moved["exceptions"]] == [AFTERNOON["startsAt"]]
    found = await office.admin.ask("schedule", OCCURRENCE, **{"from": APRIL[0], "to": "2026-04-12T00:00:00Z"})
    assert found == [AFTERNOON | {"originalStartsAt": SIXTH, "moved": True, "event": {"title": "周会"}}]
    async with office.unchanged():
        await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **AFTERNOON)
    back = {"startsAt": SIXTH, "endsAt": "2026-04-06T08:00:00+00:00"}
    assert (await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **back))[
        "exceptions"
    ] == []


async def test_a_cancelled_one_comes_back_by_moving_it(office: Office):
    made = await planned(office.admin, **WEEKLY)
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=SIXTH)
    after = await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **AFTERNOON)
    assert [each["cancelled"] for each in after["exceptions"]] == [False]
    assert AFTERNOON["startsAt"] in await starts_of(office.admin, made["id"], *APRIL)


async def test_moved_before_the_first_and_behind_the_last_it_is_found_there(office: Office):
    made = await planned(office.admin, **WEEKLY | {"rrule": "FREQ=WEEKLY;COUNT=2"})
    early = {"startsAt": "2026-03-02T08:00:00+00:00", "endsAt": "2026-03-02T09:00:00+00:00"}
    late = {"startsAt": "2026-06-01T08:00:00+00:00", "endsAt": "2026-06-01T09:00:00+00:00"}
    await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=made["startsAt"], **early)
    await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt="2026-03-30T07:00:00+00:00", **late)
    assert await schedule(office.admin, "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z") == [("周会", early["startsAt"])]
    assert await schedule(office.admin, "2026-05-31T00:00:00Z", "2026-06-03T00:00:00Z") == [("周会", late["startsAt"])]
    assert await schedule(office.admin, "2026-03-20T00:00:00Z", "2026-05-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "instant",
    ["2026-04-06T07:00:01Z", "2026-04-07T07:00:00Z", "2026-03-16T08:00:00Z", "2036-03-31T07:00:00Z", "1900-01-01T00:00:00Z"],
)
async def test_what_is_no_occurrence_is_refused(office: Office, instant):
    made = await planned(office.admin, **WEEKLY)
    single = await planned(office.admin)
    async with office.unchanged():
        for verb, more in (("Cancel", {}), ("Move", AFTERNOON)):
            refused = await office.admin.refusals(f"scheduleOccurrence{verb}", id=made["id"], originalStartsAt=instant, **more)
            assert refused == [("INVALID", ["originalStartsAt"])]
            refused = await office.admin.refusals(
                f"scheduleOccurrence{verb}", id=single["id"], originalStartsAt=single["startsAt"], **more
            )
            assert refused == [("INVALID", ["originalStartsAt"])]


MOVES = {
    "end before start": (AFTERNOON | {"endsAt": "2026-04-08T11:00:00Z"}, ["endsAt"]),
    "too long": (AFTERNOON | {"endsAt": "2027-04-10T11:00:00Z"}, ["endsAt"]),
    "the second of two equal hours": ({"startsAt": "2026-10-25T01:30:00Z", "endsAt": "2026-10-25T03:00:00Z"}, ["startsAt"]),
}


@pytest.mark.parametrize(("to", "field"), MOVES.values(), ids=MOVES.keys())
async def test_a_bad_time_is_no_time_to_move_to(office: Office, to, field):
    made = await planned(office.admin, **WEEKLY)
    async with office.unchanged():
        refused = await office.admin.refusals("scheduleOccurrenceMove", id=made["id"], originalStartsAt=SIXTH, **to)
        assert refused == [("INVALID", field)]


async def test_exceptions_go_with_the_occurrences_they_were_of(office: Office):
    made = await planned(office.admin, **WEEKLY | {"rrule": "FREQ=DAILY"})
    tuesday = "2026-04-07T07:00:00+00:00"
    await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **AFTERNOON)
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=tuesday)
    mondays = await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=3, input={"rrule": "FREQ=WEEKLY"})
    assert [each["originalStartsAt"] for each in mondays["exceptions"]] == [SIXTH]
    earlier = {"startsAt": "2026-03-23T08:00:00+01:00"}
    assert (await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=4, input=earlier))["exceptions"] == []
    fields = (await office.admin.ask("scheduleEvent", "changes(first: 1) { nodes { fields { field } } }", id=made["id"]))[
        "changes"
    ]
    assert {each["field"] for each in fields["nodes"][0]["fields"]} == {"startsAt", "exceptions"}


async def test_without_its_rule_an_event_is_single(office: Office):
    made = await planned(office.admin, **WEEKLY)
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=made["startsAt"])
    after = await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=2, input={"rrule": None})
    assert (after["rrule"], after["exceptions"], after["nextOccurrenceAt"]) == (None, [], None)
    assert await schedule(office.admin, "2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z") == [("周会", made["startsAt"])]


async def test_what_comes_next_is_right_long_after_it_was_stored(office: Office):
    made = await planned(office.admin, **WEEKLY | {"rrule": "FREQ=DAILY"})
    right = made["nextOccurrenceAt"]
    await office.rows("UPDATE schedule_event SET next_occurrence_at = '2026-03-24T08:00:00Z'")
    assert (await office.admin.ask("scheduleEvent", "nextOccurrenceAt", id=made["id"]))["nextOccurrenceAt"] == right
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=right)
    await office.rows("UPDATE schedule_event SET next_occurrence_at = '2026-03-24T08:00:00Z'")
    assert (await office.admin.ask("scheduleEvent", "nextOccurrenceAt", id=made["id"]))["nextOccurrenceAt"] > right


BAD_RANGES = {
    "backwards": ("2026-04-02T00:00:00Z", "2026-04-01T00:00:00Z"),
    "empty": ("2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z"),
    "too long": ("2026-01-01T00:00:00Z", "2027-02-06T00:00:00Z"),
    "two centuries": ("1900-01-01T00:00:00Z", "2199-01-01T00:00:00Z"),
}


@pytest.mark.parametrize(("start", "end"), BAD_RANGES.values(), ids=BAD_RANGES.keys())
async def test_a_bad_range_is_refused(office: Office, start, end):
    made = await planned(office.admin, **WEEKLY)
    assert (await office.admin.asked("schedule", OCCURRENCE, **{"from": start, "to": end})).codes == ["BAD_USER_INPUT"]
    query = (
        "query ($id: ID!, $a: DateTime!, $b: DateTime!) { scheduleEvent(id: $id) { occurrences(from: $a, to: $b) { moved } } }"
    )
    assert (await office.admin.run(query, id=made["id"], a=start, b=end)).codes == ["BAD_USER_INPUT"]


async def test_more_than_can_be_shown_asks_for_a_shorter_range(office: Office):
    for number in range(6):
        await planned(office.admin, **WEEKLY | {"rrule": "FREQ=DAILY"}, title=f"每日 {number}")
    year = {"from": "2026-04-01T00:00:00Z", "to": "2027-05-05T00:00:00Z"}
    answer = await office.admin.asked("schedule", "startsAt", **year)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert "shorter range" in answer.errors[0]["message"]
    assert len(await schedule(office.admin, "2026-04-01T00:00:00Z", "2027-02-25T00:00:00Z")) == 330 * 6


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=DAILY;COUNT=1000", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"]
)
async def test_an_old_rule_is_shown_as_fast_as_a_new_one(office: Office, rule):
    old = {"startsAt": "1996-02-29T09:00:00Z", "endsAt": "1996-02-29T10:00:00Z", "rrule": rule}
    for number in range(20):
        await planned(office.admin, **old, title=f"旧 {number}")
    began = time.perf_counter()
    await schedule(office.admin, "2005-01-01T00:00:00Z", "2005-02-01T00:00:00Z")
    assert time.perf_counter() - began < 1


async def test_many_events_take_no_more_statements_than_two(office: Office):
    selection = "startsAt event { title owner { username } attendees { user { username } } exceptions { startsAt } }"
    counts = []
    for upto in (2, 200):
        have = await office.value("SELECT count(*) FROM schedule_event")
        for number in range(have, upto):
            made = await planned(office.admin, **WEEKLY, title=f"会 {number}", attendeeUserIds=[office.admin.id])
            if number % 10 == 0:
                await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **AFTERNOON)
        async with office.counted() as count:
            found = await office.admin.ask("schedule", selection, **{"from": APRIL[0], "to": "2026-04-12T00:00:00Z"})
        assert len(found) == upto
        counts.append(len(count.queries))
    assert counts[0] == counts[1] <= 7
