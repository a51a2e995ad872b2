"""What becomes of an announcement at those it was published to: seen, delivered, read, confirmed, counted, taken back."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import Api, Office, opened

from crm.services.messaging import due
from crm.services.messaging.receipts import mark_delivered

office = pytest.fixture(opened)
TOLD = "SELECT count(*) FROM event WHERE topic = 'announcements'"
MINE = "myReceipt { deliveredAt readAt confirmedAt user { username } }"
COUNTS = "recipientCount readCount confirmedCount"
RECEIPTS = "receipts { totalCount nodes { id user { username } readAt confirmedAt } }"
VISIBLE = f"title status {COUNTS} audience {{ everyone }} {RECEIPTS} {MINE}"


async def publish(office: Office, *people: Api, **given: object) -> str:
    """Published to these people; to everyone where none is named."""
    audience = {"userIds": [each.id for each in people]} if people else {"everyone": True}
    values = {"title": "通知", "body": "正文", "audience": audience, **given}
    return str((await office.admin.do("announcementPublish", "announcement { id }", input=values))["id"])


async def receipt(office: Office, announcement: str, who: Api) -> Any:
    query = "SELECT * FROM announcement_receipt WHERE announcement_id = $1 AND user_id = $2"
    return (await office.rows(query, announcement, who.id))[0]


async def unread(who: Api) -> int:
    return int(await who.ask("unreadAnnouncementCount"))


async def test_a_recipient_sees_it_and_their_own_receipt_and_no_more(office: Office):
    anna, ben = await office.hire("anna", {}), await office.hire("ben", {})
    key = await publish(office, anna, ben)
    await ben.do("announcementRead", "announcement { id }", id=key)
    seen = await anna.ask("announcement", VISIBLE, id=key)
    (own,) = seen["receipts"]["nodes"]
    assert own["user"] == {"username": "anna"}
    assert seen | {"receipts": None} == {
        "title": "通知",
        "status": "PUBLISHED",
        "recipientCount": None,
        "readCount": None,
        "confirmedCount": None,
        "audience": None,
        "receipts": None,
        "myReceipt": {"deliveredAt": None, "readAt": None, "confirmedAt": None, "user": {"username": "anna"}},
    }
    assert seen["receipts"]["totalCount"] == 1
    others = str((await receipt(office, key, ben))["id"])
    assert (await anna.asked("node", "id", id=others)).codes == ["NOT_FOUND"]
    assert (await anna.ask("node", "... on AnnouncementReceipt { user { username } }", id=own["id"]))["user"][
        "username"
    ] == "anna"
    by_filter = {"receipts": {"some": {"userId": {"eq": ben.id}}}}
    assert (await anna.ask("announcements", "totalCount", filter=by_filter))["totalCount"] == 0


async def test_who_may_change_it_sees_all_receipts_and_the_counts(office: Office):
    anna, ben = await office.hire("anna", {}), await office.hire("ben", {})
    key = await publish(office, anna, ben, mustConfirm=True)
    await anna.do("announcementConfirm", "announcement { id }", id=key)
    seen = await office.admin.ask("announcement", VISIBLE, id=key)
    assert [seen[name] for name in COUNTS.split()] == [2, 1, 1]
    assert [(each["user"]["username"], each["readAt"] is None) for each in seen["receipts"]["nodes"]] == [
        ("anna", False),
        ("ben", True),
    ]
    assert (seen["audience"], seen["myReceipt"]) == ({"everyone": False}, None)


async def test_others_do_not_see_it(office: Office):
    anna, ben = await office.hire("anna", {}), await office.hire("ben", {"announcement.READ": "OWN"})
    key = await publish(office, anna)
    assert (await ben.asked("announcement", "id", id=key)).codes == ["NOT_FOUND"]
    assert await ben.ask("announcements", "totalCount nodes { id }") == {"totalCount": 0, "nodes": []}
    assert await unread(ben) == 0
    async with office.unchanged():
        assert await ben.refusals("announcementRead", id=key) == [("NOT_FOUND", ["id"])]
        assert await ben.refusals("announcementConfirm", id=key) == [("NOT_FOUND", ["id"])]


async def test_who_sees_it_without_a_receipt_does_not_read_it(office: Office):
    anna, auditor = await office.hire("anna", {}), await office.hire("auditor", {"announcement.READ": "ALL"})
    key = await publish(office, anna, mustConfirm=True)
    hidden = await office.admin.do("announcementCreate", "announcement { id }", input={"title": "t", "body": "b"})
    async with office.unchanged():
        for who in (auditor, office.admin):
            assert await who.refusals("announcementRead", id=key) == [("FORBIDDEN", ["id"])]
            assert await who.refusals("announcementConfirm", id=key) == [("FORBIDDEN", ["id"])]
            assert await who.refusals("announcementRead", id=hidden["id"]) == [("FORBIDDEN", ["id"])]


async def test_nobody_reads_without_signing_in(office: Office):
    key = await publish(office)
    async with office.unchanged():
        for text in (f'mutation {{ announcementRead(id: "{key}") {{ announcement {{ id }} }} }}', "{ unreadAnnouncementCount }"):
            answer = await office.anonymous.run(text)
            assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])


async def test_read_once_and_for_all(office: Office):
    anna = await office.hire("anna", {})
    key = await publish(office, anna)
    first = await anna.do("announcementRead", f"announcement {{ version {MINE} }}", id=key)
    assert first["myReceipt"]["readAt"] is not None
    assert first["myReceipt"]["confirmedAt"] is None
    async with office.unchanged():
        assert await anna.do("announcementRead", f"announcement {{ version {MINE} }}", id=key) == first
    log = await office.rows("SELECT verb FROM change WHERE record_id = $1", key)
    assert [row[0] for row in log] == ["announcement.publish"]


async def test_confirming_is_reading_and_counts_once(office: Office):
    anna, ben = await office.hire("anna", {}), await office.hire("ben", {})
    key = await publish(office, anna, ben, mustConfirm=True)
    first = await anna.do("announcementConfirm", f"announcement {{ {MINE} }}", id=key)
    assert first["myReceipt"]["readAt"] == first["myReceipt"]["confirmedAt"] is not None
    read = await ben.do("announcementRead", f"announcement {{ {MINE} }}", id=key)
    confirmed = await ben.do("announcementConfirm", f"announcement {{ {MINE} }}", id=key)
    assert read["myReceipt"]["readAt"] == confirmed["myReceipt"]["readAt"] < confirmed["myReceipt"]["confirmedAt"]
    async with office.unchanged():
        for who in (anna, ben):
            await who.do("announcementConfirm", "announcement { id }", id=key)
            await who.do("announcementRead", "announcement { id }", id=key)


async def test_what_asks_for_no_confirmation_is_not_confirmed(office: Office):
    anna = await office.hire("anna", {})
    key = await publish(office, anna)
    async with office.unchanged():
        assert await anna.refusals("announcementConfirm", id=key) == [("INVALID", ["id"])]


async def test_after_a_withdrawal_recipients_do_not_see_it(office: Office):
    anna = await office.hire("anna", {})
    key = await publish(office, anna, office.admin)
    assert [await unread(anna), await unread(office.admin)] == [1, 1]
    before = await office.value(TOLD)
    taken = await office.admin.do("announcementWithdraw", "announcement { status withdrawnAt recipientCount }", id=key)
    assert (taken["status"], taken["recipientCount"]) == ("WITHDRAWN", 2)
    assert taken["withdrawnAt"] is not None
    assert (await anna.asked("announcement", "id", id=key)).codes == ["NOT_FOUND"]
    assert (await anna.ask("announcements", "totalCount"))["totalCount"] == 0
    assert [await unread(anna), await unread(office.admin)] == [0, 0]
    assert await office.value(TOLD) == before, "nobody is told of what they may not read"
    async with office.unchanged():
        assert await anna.refusals("announcementRead", id=key) == [("NOT_FOUND", ["id"])]
        assert await office.admin.refusals("announcementRead", id=key) == [("ILLEGAL_TRANSITION", None)]


async def test_unread_are_those_that_are_still_out(office: Office):
    anna, ben = await office.hire("anna", {}), await office.hire("ben", {})
    keys = [await publish(office, anna) for _ in range(5)]
    await publish(office, ben)
    assert [await unread(who) for who in (anna, ben, office.admin)] == [5, 1, 0]
    await anna.do("announcementRead", "announcement { id }", id=keys[0])
    await office.admin.do("announcementDelete", "announcement { id }", id=keys[1])
    await office.admin.do("announcementWithdraw", "announcement { id }", id=keys[2])
    await office.rows("UPDATE announcement SET status = 'EXPIRED' WHERE id = $1", keys[3])
    assert [await unread(who) for who in (anna, ben)] == [1, 1]
    await office.admin.do("announcementRestore", "announcement { id }", id=keys[1])
    assert await unread(anna) == 2
    shown = await anna.ask("announcements", "nodes { id status }", filter={"receipts": {"some": {"readAt": {"isNull": True}}}})
    assert {each["id"] for each in shown["nodes"]} == {keys[1], keys[3], keys[4]}


async def test_a_partners_person_reads_what_was_published_to_them(office: Office):
    channel = await office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"})
    partner = await office.hire("partner", kind="CHANNEL", channel_id=channel["id"])
    await publish(office)
    key = await publish(office, partner)
    assert (await partner.ask("announcements", "nodes { id }"))["nodes"] == [{"id": key}]
    assert await unread(partner) == 1
    await partner.do("announcementRead", "announcement { id }", id=key)
    assert await unread(partner) == 0


async def test_delivered_is_noted_once_in_one_statement(office: Office):
    anna, ben = await office.hire("anna", {}), await office.hire("ben", {})
    one, other = await publish(office, anna, ben), await publish(office, anna)
    people = [UUID(anna.id), UUID(anna.id), UUID(one)]
    async with office.counted() as count:
        await mark_delivered(office.database, UUID(one), people)
        await mark_delivered(office.database, UUID(other), [UUID(ben.id)])
    assert len(count.queries) == 2
    first = (await receipt(office, one, anna))["delivered_at"]
    assert first is not None
    assert [(await receipt(office, *each))["delivered_at"] for each in ((one, ben), (other, anna))] == [None, None]
    async with office.unchanged():
        await mark_delivered(office.database, UUID(one), people)
    async with office.counted() as count:
        await mark_delivered(office.database, UUID(one), [])
    assert count.total == 0


async def test_two_processes_deliver_to_the_same_people_at_once(office: Office):
    people = [await office.hire(f"user{number}", {}) for number in range(20)]
    keys = [await publish(office, *people) for _ in range(2)]
    ids = [UUID(who.id) for who in people]
    turns = [(UUID(key), turn) for key in keys for turn in (ids, ids[::-1])]
    await asyncio.gather(*(mark_delivered(office.database, *turn) for turn in turns * 4))
    assert await office.value("SELECT count(*) FROM announcement_receipt WHERE delivered_at IS NULL") == 0


async def test_an_expired_one_can_still_be_read_and_confirmed(office: Office):
    anna = await office.hire("anna", {})
    key = await publish(office, anna, mustConfirm=True, expiresAt="2099-01-01T00:00:00Z")
    end = await office.value("SELECT expires_at FROM announcement WHERE id = $1", key)
    assert await due.expire_due(office.database, end) == 1
    seen = await anna.do("announcementConfirm", f"announcement {{ status actions {MINE} }}", id=key)
    assert (seen["status"], seen["actions"]) == ("EXPIRED", ["WITHDRAW"])
    assert seen["myReceipt"]["readAt"] is not None


LISTS = {
    "counts": (f"nodes {{ {COUNTS} }}", 2),
    "audience": ("nodes { audience { everyone departments { name } users { username } } }", 4),
    "audience with roles": ("nodes { audience { roles { name } } }", 3),
    "own receipt": (f"nodes {{ {MINE} }}", 3),
    "receipts": ("nodes { receipts { nodes { readAt user { username } } } }", 1),
}


@pytest.mark.parametrize("what", LISTS)
async def test_a_list_takes_as_many_statements_for_many_as_for_two(office: Office, what):
    selection, expected = LISTS[what]
    department, role = await office.department("d"), await office.role("r", {})
    for _ in range(9):
        audience = {"everyone": True, "departmentIds": [str(department)], "roleIds": [str(role)], "userIds": [office.admin.id]}
        await publish(office, audience=audience)
    for size in (2, 9):
        await office.admin.ask("announcements", selection, first=size)
        async with office.counted() as count:
            page = await office.admin.ask("announcements", selection, first=size)
        assert len(page["nodes"]) == size
        assert len(count.queries) == expected, count.queries


async def test_a_hidden_field_is_null_and_forbidden(office: Office):
    grants, hidden = (
        {"announcement.*": "ALL"},
        ["audience", "recipientCount", "readCount", "confirmedCount", "myReceipt", "receipts"],
    )
    editor = await office.hire("editor", grants, hidden=[f"announcement.{name}" for name in hidden])
    key = await publish(office)
    selection = f"{COUNTS} audience {{ everyone }} myReceipt {{ readAt }} receipts {{ totalCount }}"
    answer = await editor.asked("announcement", selection, id=key)
    assert answer.codes == ["FORBIDDEN"] * len(hidden)
    assert answer.data["announcement"] == dict.fromkeys(hidden)
