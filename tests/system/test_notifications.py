"""People are notified of what others did that concerns them, of nothing they did themselves, and of nothing they may not see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.factories.api import Api
from tests.factories.sockets import ConnectedOffice, connected

from crm.core.clock import now
from crm.services.system import notifications

office = pytest.fixture(connected)
READER = {"customer.*": "OWN", "activity.*": "OWN"}
LISTEN = """subscription ($after: String) { events(topics: [NOTIFICATIONS], after: $after) { cursor deleted
  record { ... on Notification { id kind readAt actor { username } record { id } } } } }"""
LIST = "nodes { id kind readAt actor { username } record { __typename id ... on Customer { name } } } totalCount"


async def customer(owner: Api, name: str = "华新") -> str:
    return str((await owner.do("customerCreate", "customer { id }", input={"name": name}))["id"])


async def hand_over(office: ConnectedOffice, record: str, to: Api) -> None:
    given = {"ids": [record], "toId": to.id}
    found = await office.admin.do("recordsTransfer", "results { userErrors { code } }", input=given)
    assert found == [{"userErrors": []}]


async def noted(person: Api, **arguments: Any) -> list[dict[str, Any]]:
    return list((await person.ask("notifications", LIST, **arguments))["nodes"])


async def test_a_hand_over_is_told_to_who_gets_and_to_who_had_it(office: ConnectedOffice):
    owner, heir = await office.hire("owner", READER), await office.hire("heir", READER)
    record = await customer(owner)
    async with office.listens(owner, LISTEN) as owners, office.listens(heir, LISTEN) as heirs:
        await hand_over(office, record, heir)
        told, lost = (await heirs.next())["record"], (await owners.next())["record"]
        assert (told["kind"], told["actor"], told["record"]) == ("HANDED_TO_YOU", {"username": "admin"}, {"id": record})
        # It is out of their sight by now: they learn that something went, and not what it is called.
        assert (lost["kind"], lost["actor"], lost["record"]) == ("TAKEN_OVER", {"username": "admin"}, None)
        assert await heirs.silent()
        assert await owners.silent()
    assert [(each["kind"], each["record"]["name"]) for each in await noted(heir)] == [("HANDED_TO_YOU", "华新")]
    assert [(each["kind"], each["record"]) for each in await noted(owner)] == [("TAKEN_OVER", None)]
    assert await noted(office.admin) == []


async def test_nobody_is_notified_of_their_own_deeds(office: ConnectedOffice):
    record = await customer(office.admin)
    await office.admin.do("activityCreate", "activity { id }", input={"kind": "TASK", "subject": "x"})
    await office.admin.do("customerDelete", "customer { id }", id=record)
    assert await office.value("SELECT count(*) FROM notification") == 0


async def test_who_has_left_is_not_notified(office: ConnectedOffice):
    owner = await office.hire("owner", READER)
    record = await customer(owner)
    await office.admin.do("userUpdate", "user { id }", id=owner.id, version=1, input={"active": False})
    await office.admin.do("customerDelete", "customer { id }", id=record)
    assert await office.value("SELECT count(*) FROM notification") == 0


async def test_a_share_is_told_once_to_who_is_named_in_it(office: ConnectedOffice):
    owner, reader = await office.hire("owner", READER), await office.hire("reader", READER)
    department = await office.department("east")
    await office.hire("other", READER, department_id=str(department))
    record = await customer(owner)
    given = {"ids": [record], "principalIds": [reader.id, str(department)], "access": "READ"}
    await owner.do("recordsShare", "results { userErrors { code } }", input=given)
    await owner.do("recordsShare", "results { userErrors { code } }", input={**given, "access": "EDIT"})
    assert [(each["kind"], each["record"]["id"]) for each in await noted(reader)] == [("SHARED_WITH_YOU", record)]
    assert await office.value("SELECT count(*) FROM notification") == 1
    unshared = {"ids": [record], "principalIds": [reader.id]}
    await owner.do("recordsUnshare", "results { userErrors { code } }", input=unshared)
    assert [each["record"] for each in await noted(reader)] == [None]


async def test_a_planned_activity_is_told_to_whom_it_is_given(office: ConnectedOffice):
    agent = await office.hire("agent", READER)
    plan = {"kind": "TASK", "subject": "回访", "ownerId": agent.id}
    made = await office.admin.do("activityCreate", "activity { id }", input=plan)
    await office.admin.do("activityCreate", "activity { id }", input={**plan, "doneAt": "2026-01-05T08:00:00Z"})
    assert [(each["kind"], each["record"]["id"]) for each in await noted(agent)] == [("ASSIGNED", made["id"])]


async def test_a_deleted_record_is_told_to_its_owner_and_not_named(office: ConnectedOffice):
    owner = await office.hire("owner", READER)
    record = await customer(owner)
    await office.admin.do("customerDelete", "customer { id }", id=record)
    assert [(each["kind"], each["record"]) for each in await noted(owner)] == [("DELETED", None)]
    await office.admin.do("customerRestore", "customer { id }", id=record)
    assert [each["record"]["name"] for each in await noted(owner)] == ["华新"]


async def test_a_refused_deed_notifies_nobody(office: ConnectedOffice):
    owner, other = await office.hire("owner", READER), await office.hire("other", READER)
    record = await customer(owner)
    async with office.listens(owner, LISTEN) as feed, office.unchanged():
        assert await other.refusals("customerDelete", id=record) == [("NOT_FOUND", ["id"])]
        assert await feed.silent()


async def test_reading_counts_down_and_is_told_to_the_other_screen(office: ConnectedOffice):
    owner, heir = await office.hire("owner", READER), await office.hire("heir", READER)
    for name in ("一", "二", "三"):
        await hand_over(office, await customer(owner, name), heir)
    assert await heir.ask("unreadNotificationCount") == 3
    newest, *_ = await noted(heir)
    async with office.listens(heir, LISTEN) as screen:
        assert await heir.do("notificationRead", "unreadCount", ids=[newest["id"]]) == 2
        event = (await screen.next())["record"]
        assert event["id"] == newest["id"]
        assert event["readAt"] is not None
        assert await heir.do("notificationRead", "unreadCount", ids=[newest["id"]]) == 2
        assert await screen.silent()
        unread = await noted(heir, filter={"readAt": {"isNull": True}})
        assert len(unread) == 2
        assert await heir.do("notificationReadAll", "unreadCount") == 0
        assert {(await screen.next())["record"]["id"] for _ in unread} == {each["id"] for each in unread}
    assert await noted(heir, filter={"readAt": {"isNull": True}}) == []
    assert await owner.ask("unreadNotificationCount") == 3, "those of others stay as they are"


async def test_anothers_notification_is_not_there_and_nothing_is_read(office: ConnectedOffice):
    owner, heir = await office.hire("owner", READER), await office.hire("heir", READER)
    await hand_over(office, await customer(owner), heir)
    (mine,), (theirs,) = await noted(heir), await noted(owner)
    async with office.unchanged():
        assert await heir.refusals("notificationRead", ids=[mine["id"], theirs["id"]]) == [("NOT_FOUND", ["ids"])]
        assert await heir.refusals("notificationRead", ids=["nonsense"]) == [("NOT_FOUND", ["ids"])]
        assert await heir.refusals("notificationRead", ids=[]) == [("INVALID", ["ids"])]
        assert (await heir.asked("notification", "id", id=theirs["id"])).codes == ["NOT_FOUND"]


async def test_old_ones_are_forgotten(office: ConnectedOffice):
    owner, heir = await office.hire("owner", READER), await office.hire("heir", READER)
    await hand_over(office, await customer(owner), heir)
    at = now() - notifications.KEPT - timedelta(minutes=1)
    await office.rows("UPDATE notification SET created_at = $1 WHERE user_id = $2", at, heir.id)
    assert await notifications.forget(office.database) == 1
    assert await noted(heir) == []
    assert len(await noted(owner)) == 1
