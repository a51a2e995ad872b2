"""An announcement, from its author to everybody's confirmation."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.factories.sockets import ANNOUNCEMENTS, ConnectedOffice, connected

from crm.core.clock import now, print_instant

office = pytest.fixture(connected)
RECEIPTS = "announcement { recipientCount readCount confirmedCount receipts { nodes { user { username } deliveredAt readAt } } }"


async def test_from_publishing_to_confirmation(office: ConnectedOffice):
    ann, bob, outside = await office.hire("ann"), await office.hire("bob"), await office.hire("outside")
    async with office.listens(ann, ANNOUNCEMENTS) as anns, office.listens(outside, ANNOUNCEMENTS) as outsides:
        given = {"title": "停电通知", "body": "今晚八点停电", "audience": {"userIds": [ann.id, bob.id]}, "mustConfirm": True}
        made = await office.admin.do("announcementPublish", "announcement { id status }", input=given)
        assert made["status"] == "PUBLISHED"
        news = (await anns.next())["announcement"]
        assert news == {
            "id": made["id"], "title": "停电通知", "body": "今晚八点停电", "publishedAt": news["publishedAt"], "mustConfirm": True
        }  # fmt: skip
        assert await outsides.silent()
    assert (await ann.ask("unreadAnnouncementCount"), await outside.ask("unreadAnnouncementCount")) == (1, 0)

    # Bob was not there: with a cursor from before he gets it once, and once only.
    async with office.listens(bob, ANNOUNCEMENTS) as bobs:
        assert await bobs.silent()
    await ann.do("announcementConfirm", "announcement { id }", id=made["id"])
    assert await ann.ask("unreadAnnouncementCount") == 0
    await asyncio.sleep(0.5)
    found = await office.admin.ask("announcement", RECEIPTS.removeprefix("announcement {").removesuffix("}"), id=made["id"])
    assert (found["recipientCount"], found["readCount"], found["confirmedCount"]) == (2, 1, 1)
    delivered = {each["user"]["username"]: each["deliveredAt"] is not None for each in found["receipts"]["nodes"]}
    assert delivered == {"ann": True, "bob": False}


async def test_a_scheduled_one_appears_when_its_time_has_come(office: ConnectedOffice):
    ann = await office.hire("ann")
    draft = await office.admin.do(
        "announcementCreate", "announcement { id }", input={"title": "later", "body": "b", "audience": {"everyone": True}}
    )
    async with office.listens(ann, ANNOUNCEMENTS) as anns:
        at = print_instant(now() + timedelta(seconds=1))
        await office.admin.do("announcementSchedule", "announcement { id }", id=draft["id"], publishAt=at)
        assert (await anns.next())["announcement"]["title"] == "later"
        assert print_instant(now()) >= at


async def test_a_withdrawn_one_is_not_told_to_those_who_come_later(office: ConnectedOffice):
    ann = await office.hire("ann")
    async with office.listens(ann, ANNOUNCEMENTS) as before:
        first = await office.admin.do(
            "announcementPublish", "announcement { id }", input={"title": "1", "body": "b", "audience": {"everyone": True}}
        )
        await before.next()
    second = await office.admin.do(
        "announcementPublish", "announcement { id }", input={"title": "2", "body": "b", "audience": {"everyone": True}}
    )
    third = await office.admin.do(
        "announcementPublish", "announcement { id }", input={"title": "3", "body": "b", "audience": {"everyone": True}}
    )
    await office.admin.do("announcementWithdraw", "announcement { id }", id=second["id"])
    async with office.listens(ann, ANNOUNCEMENTS, before.cursor) as after:
        assert [event["announcement"]["id"] for event in await after.drain()] == [third["id"]]
    assert first["id"] != third["id"]


async def test_an_announcement_to_nobody_is_refused_and_pushed_to_nobody(office: ConnectedOffice):
    ann = await office.hire("ann")
    async with office.listens(ann, ANNOUNCEMENTS) as anns, office.unchanged():
        given = {"title": "t", "body": "b", "audience": {"everyone": False}}
        assert [code for code, _ in await office.admin.refusals("announcementPublish", input=given)] == ["INVALID"]
        assert await anns.silent()
