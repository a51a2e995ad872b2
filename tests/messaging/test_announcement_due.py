"""Announcements whose time has come: published and expired by the system, once, whoever else is at it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.factories.api import Office, opened

from crm.core.clock import now, print_instant
from crm.services.messaging.due import expire_due, next_due, publish_due

office = pytest.fixture(opened)
SOON = timedelta(hours=1)
LOG = "changes(first: 1) { nodes { verb channel actor { username } fields { field old new } } }"


async def scheduled(office: Office, after: timedelta = SOON, **given: object) -> tuple[str, datetime]:
    """A scheduled announcement and its time."""
    values = {"title": "通知", "body": "正文", "audience": {"everyone": True}, **given}
    made = await office.admin.do("announcementCreate", "announcement { id }", input=values)
    at = now() + after
    await office.admin.do("announcementSchedule", "announcement { id }", id=made["id"], publishAt=print_instant(at))
    return str(made["id"]), at


async def published(office: Office, after: timedelta = SOON) -> tuple[str, datetime]:
    """A published announcement and its end."""
    at = now() + after
    values = {"title": "通知", "body": "正文", "audience": {"everyone": True}, "expiresAt": print_instant(at)}
    made = await office.admin.do("announcementPublish", "announcement { id }", input=values)
    return str(made["id"]), at


async def state(office: Office, key: str) -> Any:
    return await office.admin.ask("announcement", f"status publishAt publishedAt recipientCount version {LOG}", id=key)


async def test_it_is_published_when_its_time_has_come_and_not_before(office: Office):
    key, at = await scheduled(office)
    anna = await office.hire("anna", {})
    async with office.unchanged():
        assert await publish_due(office.database, at - timedelta(seconds=1)) == 0
    assert await publish_due(office.database, at) == 1
    found = await state(office, key)
    assert (found["status"], found["recipientCount"]) == ("PUBLISHED", 2)
    assert found["publishAt"] == found["publishedAt"] == print_instant(at)
    (entry,) = found["changes"]["nodes"]
    assert (entry["verb"], entry["channel"], entry["actor"]) == ("announcement.publish", "SCHEDULE", None)
    assert (await anna.ask("announcements", "nodes { id }"))["nodes"] == [{"id": key}]
    event = (await office.rows("SELECT topic, record_id, audience FROM event WHERE topic = 'announcements'"))[0]
    assert (event["topic"], str(event["record_id"]), len(event["audience"])) == ("announcements", key, 2)
    async with office.unchanged():
        assert await publish_due(office.database, at + SOON) == 0


async def test_the_audience_is_whoever_is_there_by_then(office: Office):
    department = str(await office.department("d"))
    anna = await office.hire("anna", {}, department_id=department)
    key, at = await scheduled(office, audience={"departmentIds": [department]})
    ben = await office.hire("ben", {}, department_id=department)
    await office.rows("UPDATE user_account SET active = false WHERE id = $1", anna.id)
    assert await publish_due(office.database, at) == 1
    rows = await office.rows("SELECT user_id FROM announcement_receipt WHERE announcement_id = $1", key)
    assert [str(row[0]) for row in rows] == [ben.id]


async def test_one_that_reaches_nobody_by_then_is_a_draft_again(office: Office):
    anna = await office.hire("anna", {})
    key, at = await scheduled(office, audience={"userIds": [anna.id]})
    await office.rows("UPDATE user_account SET active = false WHERE id = $1", anna.id)
    assert await publish_due(office.database, at) == 0
    found = await state(office, key)
    assert (found["status"], found["publishAt"], found["publishedAt"], found["recipientCount"]) == ("DRAFT", None, None, 0)
    (entry,) = found["changes"]["nodes"]
    assert (entry["verb"], entry["channel"]) == ("announcement.unschedule", "SCHEDULE")
    assert {(each["field"], each["new"]) for each in entry["fields"]} == {("status", "DRAFT"), ("publishAt", None)}
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'announcements'") == 0
    assert await next_due(office.database) is None


async def test_one_whose_end_came_before_its_publication_is_a_draft_again(office: Office):
    key, at = await scheduled(office, expiresAt=print_instant(now() + 2 * SOON))
    assert await publish_due(office.database, at + 3 * SOON) == 0
    assert (await state(office, key))["status"] == "DRAFT"
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'announcements'") == 0


@pytest.mark.parametrize("verb", ["Unschedule", "Delete"])
async def test_what_was_taken_back_or_deleted_is_not_published(office: Office, verb):
    key, at = await scheduled(office)
    await office.admin.do(f"announcement{verb}", "announcement { id }", id=key)
    async with office.unchanged():
        assert await publish_due(office.database, at) == 0


async def test_two_schedulers_at_once_publish_once(office: Office):
    times = [(await scheduled(office))[1] for _ in range(5)]
    counts = await asyncio.gather(*(publish_due(office.database, max(times)) for _ in range(4)))
    assert sum(counts) == 5
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'announcements'") == 5
    assert await office.value("SELECT count(*) FROM announcement_receipt") == 5
    assert await office.value("SELECT count(*) FROM change WHERE verb = 'announcement.publish'") == 5


async def test_what_another_has_in_hand_is_left_to_it(office: Office):
    key, at = await scheduled(office)
    async with office.database.connection() as connection, connection.transaction():
        await connection.execute("SELECT FROM announcement WHERE id = $1 FOR NO KEY UPDATE", key)
        assert await asyncio.wait_for(publish_due(office.database, at), 10) == 0
    assert await publish_due(office.database, at) == 1


BROKEN = """
CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
CREATE TRIGGER broken BEFORE UPDATE ON announcement FOR EACH ROW
    WHEN (NEW.title = '坏' AND NEW.version > 2) EXECUTE FUNCTION broken();
"""


async def test_one_that_fails_does_not_hold_up_the_others(office: Office):
    bad, _ = await scheduled(office, title="坏")
    good, at = await scheduled(office, 2 * SOON)
    async with office.database.connection() as connection:
        await connection.execute(BROKEN)
    assert await publish_due(office.database, at) == 1
    assert [(await state(office, key))["status"] for key in (bad, good)] == ["SCHEDULED", "PUBLISHED"]
    async with office.unchanged():
        assert await publish_due(office.database, at) == 0


async def test_it_expires_when_its_end_has_come_and_stays_readable(office: Office):
    anna = await office.hire("anna", {})
    key, at = await published(office)
    async with office.unchanged():
        assert await expire_due(office.database, at - timedelta(seconds=1)) == 0
    assert await expire_due(office.database, at) == 1
    found = await state(office, key)
    (entry,) = found["changes"]["nodes"]
    assert (found["status"], entry["verb"], entry["channel"]) == ("EXPIRED", "announcement.expire", "SCHEDULE")
    assert (await anna.ask("announcement", "status", id=key))["status"] == "EXPIRED"
    assert await anna.ask("unreadAnnouncementCount") == 0
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'announcements'") == 1, (
        "that it was published, and nothing more"
    )
    async with office.unchanged():
        assert await expire_due(office.database, at + SOON) == 0


@pytest.mark.parametrize("verb", ["Withdraw", "Delete"])
async def test_what_was_withdrawn_or_deleted_does_not_expire(office: Office, verb):
    key, at = await published(office)
    await office.admin.do(f"announcement{verb}", "announcement { id }", id=key)
    async with office.unchanged():
        assert await expire_due(office.database, at) == 0


async def test_the_next_time_is_the_earliest_of_both(office: Office):
    assert await next_due(office.database) is None
    await office.admin.do("announcementCreate", "announcement { id }", input={"title": "t", "body": "b"})
    assert await next_due(office.database) is None
    late, third = await scheduled(office, 3 * SOON)
    assert await next_due(office.database) == third
    _, second = await published(office, 2 * SOON)
    assert await next_due(office.database) == second
    early, first = await scheduled(office, SOON)
    assert await next_due(office.database) == first
    await office.admin.do("announcementDelete", "announcement { id }", id=early)
    assert await next_due(office.database) == second
    assert await expire_due(office.database, second) == 1
    assert await next_due(office.database) == third
    await office.admin.do("announcementUnschedule", "announcement { id }", id=late)
    assert await next_due(office.database) is None
