"""One occurrence, or one and all that follow, get new values: the event is made into two, and nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened
from tests.office.diary import EVENT, WEEKLY, due, fire, planned, popup, schedule, soon, starts_of, text

office = pytest.fixture(opened)
SPRING = ("2026-03-20T00:00:00Z", "2026-05-01T00:00:00Z")
MARCH, SIXTH, THIRTEENTH, TWENTIETH, LAST = (
    "2026-03-23T08:00:00+00:00", "2026-04-06T07:00:00+00:00", "2026-04-13T07:00:00+00:00", "2026-04-20T07:00:00+00:00",
    "2026-04-27T07:00:00+00:00",
)  # fmt: skip
RESULTS = "results { id userErrors { code message field currentVersion } }"
DAY = timedelta(days=1)


async def edited(who: Api, which: str, made: dict[str, Any], at: str, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = await who.do(
        f"schedule{which}Update", EVENT, id=made["id"], version=made["version"], originalStartsAt=at, input=given
    )
    return found


async def logged(who: Api, event: str) -> tuple[str, set[str]]:
    log = await who.ask("scheduleEvent", "changes(first: 1) { nodes { verb fields { field } } }", id=event)
    entry = log["changes"]["nodes"][0]
    return entry["verb"], {each["field"] for each in entry["fields"]}


async def test_this_and_following_get_another_time_and_title(office: Office):
    """Whoever is invited stays so, with their answer; exceptions behind the split go along where the new rule has them."""
    bo = await office.hire("bo")
    made = await planned(office.admin, **WEEKLY, attendeeUserIds=[bo.id], location="三楼", **popup(10, 30))
    await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer="ACCEPTED")
    for at in (MARCH, TWENTIETH):
        await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=at)
    made = await office.admin.ask("scheduleEvent", "id version", id=made["id"])
    new = await edited(office.admin, "Following", made, SIXTH, title="新会")
    assert {key: new[key] for key in ("title", "location", "rrule", "startsAt", "timeZone")} == {
        "title": "新会", "location": "三楼", "rrule": "FREQ=WEEKLY", "startsAt": SIXTH, "timeZone": "Europe/Berlin",
    }  # fmt: skip
    assert [(each["user"]["username"], each["answer"]) for each in new["attendees"]] == [("bo", "ACCEPTED")]
    assert [each["minutesBefore"] for each in new["reminders"]] == [10, 30]
    assert [each["originalStartsAt"] for each in new["exceptions"]] == [TWENTIETH]
    old = await office.admin.ask("scheduleEvent", "id title rrule exceptions { originalStartsAt }", id=made["id"])
    assert (old["title"], old["rrule"]) == ("周会", "FREQ=WEEKLY;UNTIL=20260406T085959")
    assert [each["originalStartsAt"] for each in old["exceptions"]] == [MARCH]
    assert await schedule(office.admin, *SPRING) == [
        ("周会", "2026-03-30T07:00:00+00:00"), ("新会", SIXTH), ("新会", THIRTEENTH), ("新会", LAST),
    ]  # fmt: skip
    assert await logged(office.admin, old["id"]) == ("schedule_event.splitSeries", {"rrule", "exceptions"})
    verb, fields = await logged(office.admin, new["id"])
    assert verb == "schedule_event.splitSeries"
    assert {"title", "attendees", "reminders", "exceptions", "rrule"} <= fields
    later = {"startsAt": "2026-04-13T12:00:00Z", "endsAt": "2026-04-13T13:00:00Z", "rrule": "FREQ=WEEKLY;COUNT=2", **popup(5)}
    third = await edited(office.admin, "Following", new, THIRTEENTH, **later)
    assert third["exceptions"] == []
    assert [each["minutesBefore"] for each in third["reminders"]] == [5]
    assert await starts_of(office.admin, third["id"], *SPRING) == ["2026-04-13T12:00:00+00:00", "2026-04-20T12:00:00+00:00"]


async def test_a_count_is_shared_out(office: Office):
    made = await planned(office.admin, **WEEKLY | {"rrule": "FREQ=WEEKLY;COUNT=5"})
    new = await edited(office.admin, "Following", made, THIRTEENTH, location="二楼")
    old = await office.admin.ask("scheduleEvent", "rrule", id=made["id"])
    assert (old["rrule"], new["rrule"]) == ("FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=2")
    assert len(await schedule(office.admin, *SPRING)) == 5


async def test_one_occurrence_leaves_its_series(office: Office):
    """From where it was moved to, with what was given in place of what was; the others do not notice."""
    made = await planned(office.admin, **WEEKLY)
    to = {"startsAt": "2026-04-08T12:00:00+00:00", "endsAt": "2026-04-08T12:30:00+00:00"}
    await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=SIXTH, **to)
    made = await office.admin.ask("scheduleEvent", "id version", id=made["id"])
    new = await edited(office.admin, "Occurrence", made, SIXTH, title="一次")
    assert {key: new[key] for key in ("title", "rrule", *to)} == {"title": "一次", "rrule": None, **to}
    assert await schedule(office.admin, SIXTH, THIRTEENTH) == [("一次", to["startsAt"])]
    assert len(await schedule(office.admin, *SPRING)) == 6
    assert (await logged(office.admin, new["id"]))[0] == "schedule_event.detach"
    assert await logged(office.admin, made["id"]) == ("schedule_event.cancelOccurrence", {"exceptions"})
    version = (await office.admin.ask("scheduleEvent", "version", id=made["id"]))["version"]
    another = await edited(office.admin, "Occurrence", {"id": made["id"], "version": version}, THIRTEENTH)
    assert (another["startsAt"], another["title"]) == (THIRTEENTH, "周会")


async def test_all_that_follow_are_cancelled(office: Office):
    made = await planned(office.admin, **WEEKLY)
    after = await office.admin.do("scheduleFollowingCancel", EVENT, id=made["id"], originalStartsAt=SIXTH)
    assert after["rrule"] == "FREQ=WEEKLY;UNTIL=20260406T085959"
    assert await starts_of(office.admin, made["id"], *SPRING) == [MARCH, "2026-03-30T07:00:00+00:00"]
    assert await logged(office.admin, made["id"]) == ("schedule_event.cancelFollowing", {"rrule"})


async def test_reminders_follow_both_parts(office: Office):
    """None for what was cut off, one for each occurrence of either part, and none twice over the split."""
    starts = soon(hours=2)
    made = await planned(office.admin, starts, rrule="FREQ=DAILY;COUNT=5", **popup(15))
    assert await fire(office, starts - timedelta(minutes=15)) == 1
    new = await edited(office.admin, "Following", made, text(starts + 2 * DAY), **popup(0))
    assert await due(office) == [("admin", 0, text(starts + 2 * DAY)), ("admin", 15, text(starts - timedelta(minutes=15)))]
    told = [await fire(office, starts + day * DAY) for day in range(1, 7)]
    assert told == [1, 1, 1, 1, 0, 0]
    rows = await office.rows("SELECT schedule_event_id::text AS event, occurrence_at FROM reminder ORDER BY occurrence_at")
    assert [(row["event"] == new["id"], row["occurrence_at"]) for row in rows] == [
        (day > 1, starts + day * DAY) for day in range(5)
    ]


async def test_who_sees_the_one_sees_the_other(office: Office):
    """Owner, shares and tags go along; and it takes no right to create."""
    editor = await office.hire("editor", {"schedule_event.READ": "OWN", "schedule_event.UPDATE": "OWN"})
    reader = await office.hire("reader", {})
    made = await planned(office.admin, **WEEKLY, ownerId=editor.id)
    await office.admin.do("recordsShare", RESULTS, input={"ids": [made["id"]], "principalIds": [reader.id], "access": "READ"})
    tag = await office.admin.do("tagCreate", "tag { id }", input={"name": "x"})
    await office.admin.do("recordsTag", RESULTS, input={"ids": [made["id"]], "addIds": [tag["id"]]})
    new = await edited(editor, "Following", made | {"version": 2}, SIXTH)
    assert new["owner"] == {"username": "editor"}
    assert (await reader.ask("scheduleEvent", "tags { name }", id=new["id"]))["tags"] == [{"name": "x"}]


async def test_what_is_refused_changes_nothing(office: Office):
    made = await planned(office.admin, **WEEKLY)
    single = await planned(office.admin)
    frozen = await office.hire(
        "frozen", {"schedule_event.READ": "ALL", "schedule_event.UPDATE": "ALL"}, frozen=["schedule_event.rrule"]
    )
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=THIRTEENTH)
    at = {"id": made["id"], "originalStartsAt": SIXTH, "version": 2}
    async with office.unchanged():
        for which in ("Occurrence", "Following"):
            name = f"schedule{which}Update"
            assert await office.admin.refusals(name, **at | {"version": 1}, input={}) == [("CONFLICT", ["version"])]
            refused = await office.admin.refusals(name, **at | {"originalStartsAt": "2026-04-06T07:00:01Z"}, input={})
            assert refused == [("INVALID", ["originalStartsAt"])]
            alone = {"id": single["id"], "version": 1, "originalStartsAt": single["startsAt"]}
            assert await office.admin.refusals(name, **alone, input={}) == [("INVALID", ["originalStartsAt"])]
            assert await office.admin.refusals(name, **at, input={"title": ""}) == [("REQUIRED", ["input", "title"])]
            backwards = {"endsAt": "2026-04-06T06:00:00Z"}
            assert await office.admin.refusals(name, **at, input=backwards) == [("INVALID", ["input", "endsAt"])]
        first = {"originalStartsAt": MARCH}
        assert await office.admin.refusals("scheduleFollowingUpdate", **at | first, input={}) == [
            ("INVALID", ["originalStartsAt"])
        ]
        assert await office.admin.refusals("scheduleFollowingCancel", id=made["id"], **first) == [
            ("INVALID", ["originalStartsAt"])
        ]
        repeating = {"rrule": "FREQ=DAILY"}
        assert await office.admin.refusals("scheduleOccurrenceUpdate", **at, input=repeating) == [("INVALID", ["input", "rrule"])]
        gone = at | {"originalStartsAt": THIRTEENTH}
        assert await office.admin.refusals("scheduleOccurrenceUpdate", **gone, input={}) == [("INVALID", ["originalStartsAt"])]
        assert await frozen.refusals("scheduleFollowingUpdate", **at, input={}) == [("FORBIDDEN", ["rrule"])]
        assert await frozen.refusals("scheduleFollowingCancel", id=made["id"], originalStartsAt=SIXTH) == [
            ("FORBIDDEN", ["rrule"])
        ]
