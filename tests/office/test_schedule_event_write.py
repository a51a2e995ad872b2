"""Events: created, changed, answered, deleted and restored; what is wrong is refused and changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.factories.api import Office, opened, unknown
from tests.office.diary import BERLIN, EVENT, WEEKLY, planned, popup, soon, starts_of, text

from crm.core.kinds import Kind

office = pytest.fixture(opened)
TIMES = {"startsAt": "2027-03-01T09:00:00Z", "endsAt": "2027-03-01T10:00:00Z"}


async def test_an_event_has_what_was_given(office: Office):
    bo = await office.hire("bo")
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party["id"]})
    activity = await office.admin.do("activityCreate", "activity { id }", input={"kind": "VISIT", "subject": "拜访"})
    given = {
        "title": " 演示  ", "description": "a\nb", "location": "三楼", "partyId": party["id"], "activityId": activity["id"],
        "attendeeUserIds": [bo.id, bo.id], "attendeeContactIds": [contact["id"]], **TIMES, **BERLIN, **popup(15, 0),
    }  # fmt: skip
    made = await office.admin.do("scheduleEventCreate", EVENT, input=given)
    assert made == {
        "id": made["id"],
        "version": 1,
        "title": "演示",
        "description": "a\nb",
        "location": "三楼",
        "startsAt": "2027-03-01T09:00:00+00:00",
        "endsAt": "2027-03-01T10:00:00+00:00",
        "timeZone": "Europe/Berlin",
        "allDay": False,
        "rrule": None,
        "nextOccurrenceAt": "2027-03-01T09:00:00+00:00",
        "owner": {"username": "admin"},
        "activity": {"subject": "拜访"},
        "contract": None,
        "party": {"name": "华为"},
        "attendees": [
            {"position": 0, "user": {"username": "bo"}, "contact": None, "answer": "PENDING"},
            {"position": 1, "user": None, "contact": {"name": "王"}, "answer": "PENDING"},
        ],
        "reminders": [
            {"position": 0, "channel": "POPUP", "minutesBefore": 15},
            {"position": 1, "channel": "POPUP", "minutesBefore": 0},
        ],
        "exceptions": [],
    }
    row = (await office.rows("SELECT local_start, duration_seconds, last_ends_at FROM schedule_event"))[0]
    assert tuple(row)[:2] == ("2027-03-01T10:00:00", 3600)
    assert text(row["last_ends_at"]) == made["endsAt"]


async def test_without_a_zone_it_follows_the_creators_clocks(office: Office):
    bo = await office.hire("bo", {"schedule_event.*": "OWN"}, time_zone="America/New_York")
    made = await bo.do("scheduleEventCreate", EVENT, input={"title": "t", **TIMES})
    assert (made["timeZone"], made["startsAt"]) == ("America/New_York", "2027-03-01T09:00:00+00:00")


async def test_a_change_touches_what_was_given_and_is_logged_in_the_schemas_words(office: Office):
    made = await planned(office.admin, **WEEKLY, location="三楼")
    changed = await office.admin.do(
        "scheduleEventUpdate", EVENT, id=made["id"], version=1,
        input={"startsAt": "2026-03-23T10:00:00+01:00", "endsAt": "2026-03-23T11:30:00+01:00", "title": "例会", **popup(5)},
    )  # fmt: skip
    expected = {"version": 2, "title": "例会", "startsAt": "2026-03-23T09:00:00+00:00", "endsAt": "2026-03-23T10:30:00+00:00"}
    assert {key: changed[key] for key in expected} == expected
    assert (changed["location"], changed["rrule"], changed["timeZone"]) == ("三楼", "FREQ=WEEKLY", "Europe/Berlin")
    selection = "changes(first: 1) { nodes { verb fields { field old new } } }"
    log = (await office.admin.ask("scheduleEvent", selection, id=made["id"]))["changes"]["nodes"][0]
    assert log["verb"] == "schedule_event.update"
    assert {each["field"] for each in log["fields"]} == {"title", "startsAt", "endsAt", "reminders"}
    async with office.unchanged():
        await office.admin.do(
            "scheduleEventUpdate", EVENT, id=made["id"], version=2, input={"title": "例会", "rrule": "FREQ=weekly"}
        )
        refused = await office.admin.refusals("scheduleEventUpdate", id=made["id"], version=1, input={"title": "x"})
        assert refused == [("CONFLICT", ["version"])]


async def test_another_zone_moves_nothing_and_is_followed_from_then_on(office: Office):
    made = await planned(office.admin, **WEEKLY)
    changed = await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=1, input={"timeZone": "Asia/Shanghai"})
    assert (changed["startsAt"], changed["endsAt"]) == (made["startsAt"], made["endsAt"])
    # Shanghai has no summer time: what was nine o'clock in Berlin is ten there from April on.
    assert await starts_of(office.admin, made["id"], "2026-04-01T00:00:00Z", "2026-04-08T00:00:00Z") == [
        "2026-04-06T08:00:00+00:00"
    ]


async def test_days_are_days_also_where_one_has_23_hours(office: Office):
    given = {"startsAt": "2026-03-28T00:00:00+01:00", "endsAt": "2026-03-30T00:00:00+02:00", "allDay": True, **BERLIN}
    made = await planned(office.admin, **given)
    assert (made["startsAt"], made["endsAt"]) == ("2026-03-27T23:00:00+00:00", "2026-03-29T22:00:00+00:00")
    assert await office.value("SELECT duration_seconds FROM schedule_event") == 2 * 86_400


async def test_a_day_that_begins_at_one_is_a_whole_day(office: Office):
    """In Beirut the clocks go forward at midnight."""
    given = {"startsAt": "2026-03-29T01:00:00+03:00", "endsAt": "2026-03-30T00:00:00+03:00", "allDay": True}
    made = await planned(office.admin, **given, timeZone="Asia/Beirut")
    assert (made["startsAt"], made["endsAt"]) == ("2026-03-28T22:00:00+00:00", "2026-03-29T21:00:00+00:00")


RULE = ["input", "rrule"]
BAD = {
    "no title": ({"title": " "}, "REQUIRED", ["input", "title"]),
    "long title": ({"title": "x" * 201}, "INVALID", ["input", "title"]),
    "end before start": ({"endsAt": "2027-03-01T08:00:00Z"}, "INVALID", ["input", "endsAt"]),
    "no length": ({"endsAt": "2027-03-01T09:00:00Z"}, "INVALID", ["input", "endsAt"]),
    "too long": ({"endsAt": "2028-03-02T09:00:01Z"}, "INVALID", ["input", "endsAt"]),
    "unknown zone": ({"timeZone": "Mars/Olympus"}, "INVALID", ["input", "timeZone"]),
    "a zone that is a file": ({"timeZone": "../../etc/passwd"}, "INVALID", ["input", "timeZone"]),
    "no zone": ({"timeZone": " "}, "REQUIRED", ["input", "timeZone"]),
    "the second of two equal hours": (
        {"startsAt": "2027-10-31T01:30:00Z", "endsAt": "2027-10-31T03:00:00Z", **BERLIN}, "INVALID", ["input", "startsAt"],
    ),
    "a whole day with hours": ({"allDay": True, **BERLIN}, "INVALID", ["input", "allDay"]),
    "never": ({"rrule": "FREQ=DAILY;INTERVAL=0"}, "INVALID", RULE),
    "every second": ({"rrule": "FREQ=SECONDLY"}, "INVALID", RULE),
    "every minute": ({"rrule": "FREQ=MINUTELY"}, "INVALID", RULE),
    "minutes by the back door": ({"rrule": "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1,2"}, "INVALID", RULE),
    "interval too long": ({"rrule": "FREQ=DAILY;INTERVAL=1000"}, "INVALID", RULE),
    "too often": ({"rrule": "FREQ=DAILY;COUNT=1001"}, "INVALID", RULE),
    "for ever": ({"rrule": "FREQ=DAILY;UNTIL=21990101T000000Z"}, "INVALID", RULE),
    "over before it starts": ({"rrule": "FREQ=DAILY;UNTIL=20270101T000000Z"}, "INVALID", RULE),
    "a day that never comes": ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "INVALID", RULE),
    "no rule": ({"rrule": "every monday"}, "INVALID", RULE),
    "half a rule": ({"rrule": "FREQ"}, "INVALID", RULE),
    "a rule that does not end": ({"rrule": "FREQ=DAILY;" + "BYDAY=MO;" * 100}, "INVALID", RULE),
    "a NUL in it": ({"rrule": "FREQ=DAILY\x00"}, "INVALID", RULE),
    "unknown party": ({"partyId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "partyId"]),
    "unknown contract": ({"contractId": unknown(Kind.CONTRACT)}, "NOT_FOUND", ["input", "contractId"]),
    "activity of another kind": ({"activityId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "activityId"]),
    "unknown attendee": ({"attendeeUserIds": [unknown(Kind.USER)]}, "NOT_FOUND", ["input", "attendeeUserIds", "0"]),
    "attendee of another kind": ({"attendeeContactIds": [unknown(Kind.USER)]}, "NOT_FOUND", ["input", "attendeeContactIds", "0"]),
    "a crowd": ({"attendeeUserIds": [unknown(Kind.USER)] * 51}, "INVALID", ["input", "attendeeUserIds"]),
    "after the start": (popup(5, -1), "INVALID", ["input", "reminders", "1", "minutesBefore"]),
    "months ahead": (popup(40_321), "INVALID", ["input", "reminders", "0", "minutesBefore"]),
    "twice the same": (popup(5, 5), "INVALID", ["input", "reminders", "1"]),
    "six reminders": (popup(*range(6)), "INVALID", ["input", "reminders"]),
}  # fmt: skip


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_event_is_refused_and_nothing_is_written(office: Office, given, code, field):
    made = await planned(office.admin, **TIMES, **popup(10))
    async with office.unchanged():
        create = {"title": "t", **TIMES} | given
        assert await office.admin.refusals("scheduleEventCreate", input=create) == [(code, field)]
        assert await office.admin.refusals("scheduleEventUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_the_new_time_must_fit_the_rule_that_is_there(office: Office):
    made = await planned(office.admin, **WEEKLY | {"rrule": "FREQ=WEEKLY;UNTIL=20260601"})
    later = {"startsAt": "2026-07-06T09:00:00+02:00", "endsAt": "2026-07-06T10:00:00+02:00"}
    async with office.unchanged():
        refused = await office.admin.refusals("scheduleEventUpdate", id=made["id"], version=1, input=later)
        assert refused == [("INVALID", ["input", "rrule"])]


async def test_lists_replace_their_own_kind_and_who_stays_keeps_their_answer(office: Office):
    bo, cy = await office.hire("bo"), await office.hire("cy")
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party["id"]})
    made = await planned(office.admin, attendeeUserIds=[bo.id], attendeeContactIds=[contact["id"]])
    await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer="ACCEPTED")
    changed = await office.admin.do(
        "scheduleEventUpdate", EVENT, id=made["id"], version=1, input={"attendeeUserIds": [cy.id, bo.id]}
    )
    assert [(each["user"] or each["contact"], each["answer"]) for each in changed["attendees"]] == [
        ({"username": "cy"}, "PENDING"),
        ({"username": "bo"}, "ACCEPTED"),
        ({"name": "王"}, "PENDING"),
    ]


@pytest.mark.parametrize("answer", ["ACCEPTED", "DECLINED", "TENTATIVE", "PENDING"])
async def test_who_is_invited_answers_for_themselves_only(office: Office, answer):
    bo, cy, outsider = await office.hire("bo"), await office.hire("cy"), await office.hire("outsider")
    made = await planned(office.admin, attendeeUserIds=[bo.id, cy.id])
    await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer="TENTATIVE" if answer == "PENDING" else "PENDING")
    after = await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer=answer)
    assert [each["answer"] for each in after["attendees"]] == [answer, "PENDING"]
    assert after["version"] == 1, "the owner's edit must not be refused over it"
    async with office.unchanged():
        assert await office.admin.refusals("scheduleEventAnswer", id=made["id"], answer=answer) == [("FORBIDDEN", ["id"])]
        assert await outsider.refusals("scheduleEventAnswer", id=made["id"], answer=answer) == [("NOT_FOUND", ["id"])]


async def test_an_answer_to_what_is_in_the_bin_is_not_found(office: Office):
    bo = await office.hire("bo")
    made = await planned(office.admin, attendeeUserIds=[bo.id])
    await office.admin.do("scheduleEventDelete", EVENT, id=made["id"])
    async with office.unchanged():
        assert await bo.refusals("scheduleEventAnswer", id=made["id"], answer="ACCEPTED") == [("NOT_FOUND", ["id"])]


async def test_deleted_and_restored(office: Office):
    made = await planned(office.admin, **popup(10))
    assert await office.admin.do("scheduleEventDelete", EVENT, id=made["id"]) is None
    assert (await office.admin.ask("deletedRecords", "nodes { name }", entity="schedule_event"))["nodes"] == [{"name": "周会"}]
    assert await office.admin.do("scheduleEventRestore", EVENT, id=made["id"]) == made | {"version": 3}


@pytest.mark.parametrize("odd", ["", "\x00", "' OR 1=1", unknown(Kind.SCHEDULE_EVENT), unknown(Kind.PARTY)])
async def test_an_odd_id_is_not_found(office: Office, odd):
    at = {"originalStartsAt": "2027-03-01T09:00:00Z"}
    calls = {
        "scheduleEventUpdate": {"version": 1, "input": {"title": "x"}},
        "scheduleEventAnswer": {"answer": "ACCEPTED"},
        "scheduleOccurrenceCancel": at,
        "scheduleOccurrenceMove": at | TIMES,
        "scheduleEventDelete": {},
        "scheduleEventRestore": {},
    }
    async with office.unchanged():
        for name, more in calls.items():
            assert await office.admin.refusals(name, id=odd, **more) == [("NOT_FOUND", ["id"])], name


async def test_frozen_fields_are_not_written(office: Office):
    frozen = ["schedule_event.attendees", "schedule_event.reminders", "schedule_event.startsAt", "schedule_event.exceptions"]
    clerk = await office.hire("clerk", {"schedule_event.*": "OWN"}, frozen=frozen)
    made = await planned(office.admin, **WEEKLY)
    await office.admin.do(
        "recordsTransfer",
        "results { id userErrors { code message field currentVersion } }",
        input={"ids": [made["id"]], "toId": clerk.id},
    )
    later = text(soon(hours=1))
    async with office.unchanged():
        for given, field in (
            ({"attendeeUserIds": []}, "attendees"),
            ({"reminders": []}, "reminders"),
            ({"startsAt": later}, "startsAt"),
        ):
            refused = await clerk.refusals("scheduleEventUpdate", id=made["id"], version=2, input=given)
            assert refused == [("FORBIDDEN", ["input", field])]
        at = text(soon() - timedelta(days=1))
        assert await clerk.refusals("scheduleOccurrenceCancel", id=made["id"], originalStartsAt=at) == [
            ("FORBIDDEN", ["exceptions"])
        ]


async def test_a_contract_is_linked_by_who_sees_it_and_read_by_who_may(office: Office):
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    given = {"kind": "SALES", "title": "框架", "partyId": party["id"]}
    contract = await office.admin.do("contractCreate", "contract { id }", input=given)
    bo = await office.hire("bo", {"schedule_event.*": "OWN"})
    made = await planned(office.admin, contractId=contract["id"], attendeeUserIds=[bo.id])
    assert made["contract"] == {"title": "框架"}
    assert await bo.ask("scheduleEvent", "title contract { title }", id=made["id"]) == {"title": "周会", "contract": None}
    async with office.unchanged():
        refused = await bo.refusals("scheduleEventCreate", input={"title": "t", **TIMES, "contractId": contract["id"]})
        assert refused == [("NOT_FOUND", ["input", "contractId"])]


async def test_an_answer_and_a_change_of_the_list_at_once_both_count(office: Office):
    bo = await office.hire("bo")
    made = await planned(office.admin, attendeeUserIds=[bo.id], **popup(10))
    for version, answer in enumerate(["ACCEPTED", "DECLINED", "TENTATIVE", "DECLINED"], 1):
        people = [office.admin.id, bo.id][1 - version % 2 :]
        await asyncio.gather(
            bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer=answer),
            office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=version, input={"attendeeUserIds": people}),
        )
        query = "SELECT answer FROM schedule_attendee a JOIN user_account u ON u.id = a.user_id WHERE u.username = 'bo'"
        assert await office.value(query) == answer
        planned_for = [row[0] for row in await office.rows(DUE)]
        assert planned_for == (["admin"] if answer == "DECLINED" else ["admin", "bo"])


DUE = """
SELECT u.username FROM reminder_series s JOIN user_account u ON u.id = s.user_id WHERE s.due_at IS NOT NULL ORDER BY 1
"""
