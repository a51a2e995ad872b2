"""The calendar feed: one's own events by one's rights now, read back by another program; nobody else's, and none once revoked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from icalendar import Calendar
from structlog.testing import capture_logs
from tests.factories.api import Api, Office, opened
from tests.office.diary import EVENT, WEEKLY, planned, popup, soon

office = pytest.fixture(opened)
SIXTH, THIRTEENTH = "2026-04-06T07:00:00+00:00", "2026-04-13T07:00:00+00:00"
OWN = {"schedule_event.*": "OWN"}
YEARS = {"rrule": "FREQ=WEEKLY"}


async def opened_feed(who: Api, name: str = "手机") -> str:
    payload = await who.do("calendarFeedCreate", "path calendarFeed { id name lastUsedAt revokedAt }", input={"name": name})
    assert payload["calendarFeed"] == {"id": payload["calendarFeed"]["id"], "name": name, "lastUsedAt": None, "revokedAt": None}
    found: str = payload["path"]
    return found


async def read(office: Office, path: str, **headers: str) -> httpx.Response:
    return await office.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def titles(office: Office, path: str) -> list[str]:
    answer = await read(office, path)
    assert answer.status_code == 200, answer.text
    return sorted(str(event["SUMMARY"]) for event in Calendar.from_ical(answer.text).walk("VEVENT"))


async def test_what_stands_in_it(office: Office):
    made = await planned(office.admin, **WEEKLY | {"rrule": "FREQ=DAILY"}, location="三楼", description="a\nb", **popup(10, 60))
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=SIXTH)
    to = {"startsAt": "2026-04-14T12:00:00+00:00", "endsAt": "2026-04-14T12:30:00+00:00"}
    await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=THIRTEENTH, **to)
    path = await opened_feed(office.admin)
    answer = await read(office, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    parsed = Calendar.from_ical(answer.text)
    series, moved = parsed.walk("VEVENT")
    assert (series["UID"], moved["UID"]) == (made["id"], made["id"])
    assert (series["SUMMARY"], series["LOCATION"], series["DESCRIPTION"]) == ("周会", "三楼", "a\nb")
    assert series.decoded("DTSTART").isoformat() == "2026-03-23T09:00:00+01:00"
    assert series.decoded("EXDATE").dts[0].dt.isoformat() == "2026-04-06T09:00:00+02:00"
    assert moved.decoded("RECURRENCE-ID").isoformat() == "2026-04-13T09:00:00+02:00"
    assert moved.decoded("DTSTART").isoformat() == "2026-04-14T14:00:00+02:00"
    assert int(series["SEQUENCE"]) == 2
    assert [alarm.decoded("TRIGGER").total_seconds() for alarm in series.walk("VALARM")] == [-600, -3600]
    assert [zone["TZID"] for zone in parsed.walk("VTIMEZONE")] == ["Europe/Berlin"]


async def test_who_has_it_is_told_that_nothing_changed(office: Office):
    made = await planned(office.admin)
    path = await opened_feed(office.admin)
    tag = (await read(office, path)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await read(office, path, If_None_Match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await read(office, path, If_None_Match='"x"')).status_code == 200
    await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=1, input={"title": "例会"})
    changed = await read(office, path, If_None_Match=tag)
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


async def test_it_holds_what_one_owns_and_attends_by_ones_rights_now(office: Office):
    boss = await office.hire("boss", OWN)
    bo = await office.hire("bo", OWN, manager_id=boss.id)
    other = await office.hire("other", OWN)
    mine = await planned(bo, soon(hours=1), title="own")
    invited = await planned(other, soon(hours=1), title="invited", attendeeUserIds=[bo.id])
    await planned(other, soon(hours=1), title="of others")
    await planned(bo, soon(days=-200), title="long over")
    path, above = await opened_feed(bo), await opened_feed(boss)
    assert await titles(office, path) == ["invited", "own"]
    assert await titles(office, above) == [], "a superior's feed is their own calendar, not everybody's below"
    await bo.do("scheduleEventAnswer", EVENT, id=invited["id"], answer="DECLINED")
    assert await titles(office, path) == ["own"]
    await bo.do("scheduleEventDelete", "scheduleEvent { id }", id=mine["id"])
    assert await titles(office, path) == []


async def test_what_a_role_hides_stays_hidden(office: Office):
    hidden = [f"schedule_event.{name}" for name in ("location", "description", "reminders", "rrule")]
    bo = await office.hire("bo", {"schedule_event.READ": "OWN"}, hidden=hidden)
    given = {"ownerId": bo.id, "location": "三楼", "description": "x", **popup(5)}
    await planned(office.admin, soon(hours=1), title="single", **given)
    await planned(office.admin, soon(hours=1), title="repeating", rrule="FREQ=DAILY", **given)
    answer = await read(office, path := await opened_feed(bo))
    assert await titles(office, path) == ["single"]
    assert not {"LOCATION", "DESCRIPTION", "BEGIN:VALARM"} & {
        line.partition(";")[0].partition(":")[0] for line in answer.text.split("\r\n")
    }
    assert "VALARM" not in answer.text


async def test_it_ends_when_it_is_revoked_and_when_somebody_leaves(office: Office):
    bo = await office.hire("bo")
    path, second = await opened_feed(bo), await opened_feed(bo, "电脑")
    feeds = (await bo.ask("calendarFeeds", "nodes { id name }"))["nodes"]
    assert [each["name"] for each in feeds] == ["电脑", "手机"]
    assert (await office.admin.ask("calendarFeeds", "totalCount"))["totalCount"] == 0
    async with office.unchanged():
        assert await office.admin.refusals("calendarFeedRevoke", id=feeds[1]["id"]) == [("NOT_FOUND", ["id"])]
    revoked = await bo.do("calendarFeedRevoke", "calendarFeed { id revokedAt }", id=feeds[1]["id"])
    assert revoked["revokedAt"] is not None
    async with office.unchanged():
        assert await bo.refusals("calendarFeedRevoke", id=feeds[1]["id"]) == [("INVALID", ["id"])]
        gone = await read(office, path)
        odd = [await read(office, f"/calendar/{token}.ics") for token in ("x", "x" * 43, "x" * 5000, "%00", "')--", "王")]
    assert {(each.status_code, each.text) for each in (gone, *odd)} == {(404, "There is no such calendar.")}
    assert (await read(office, second)).status_code == 200
    assert (await bo.ask("calendarFeed", "lastUsedAt", id=feeds[0]["id"]))["lastUsedAt"] is not None
    await office.rows("UPDATE user_account SET active = false WHERE username = 'bo'")
    assert (await read(office, second)).status_code == 404


async def test_the_path_is_told_once_and_kept_nowhere(office: Office):
    bo = await office.hire("bo")
    given: dict[str, Any] = {"input": {"name": "手机"}, "idempotencyKey": "k"}
    first = await bo.do("calendarFeedCreate", "path calendarFeed { id }", **given)
    again = await bo.do("calendarFeedCreate", "path calendarFeed { id }", **given)
    assert (again["calendarFeed"], again["path"]) == (first["calendarFeed"], None)
    token = first["path"].removeprefix("/calendar/").removesuffix(".ics")
    with capture_logs() as log:
        assert (await read(office, first["path"])).status_code == 200
    assert token not in str(log)
    tables = [row[0] for row in await office.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    for table in tables:
        assert not await office.value(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE t::text LIKE $1)', f"%{token}%"), table


async def test_there_are_at_most_twenty_at_a_time(office: Office):
    bo = await office.hire("bo")
    paths = [await opened_feed(bo, f"{number}") for number in range(20)]
    async with office.unchanged():
        assert await bo.refusals("calendarFeedCreate", input={"name": "x"}) == [("INVALID", None)]
        assert await bo.refusals("calendarFeedCreate", input={"name": "  "}) == [("REQUIRED", ["input", "name"])]
        assert await bo.refusals("calendarFeedCreate", input={"name": "x" * 101}) == [("INVALID", ["input", "name"])]
    first = (await bo.ask("calendarFeeds", "nodes { id }"))["nodes"][0]["id"]
    await bo.do("calendarFeedRevoke", "calendarFeed { id }", id=first)
    assert await opened_feed(bo)
    assert len(set(paths)) == 20


async def test_many_events_take_no_more_statements_than_two(office: Office):
    path, counts = await opened_feed(office.admin), []
    for upto in (2, 60):
        for number in range(await office.value("SELECT count(*) FROM schedule_event"), upto):
            made = await planned(office.admin, **WEEKLY, title=f"会 {number}", attendeeUserIds=[office.admin.id], **popup(5))
            await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=SIXTH)
        async with office.counted() as count:
            assert len(await titles(office, path)) == upto
        counts.append(len(count.queries))
    assert counts[0] >= counts[1]
    assert counts[1] <= 8
