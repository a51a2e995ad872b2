"""Publishing: who is reached, what is written for them, and that a refusal leaves nothing behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.clock import now, print_instant
from crm.core.ids import kind_of
from crm.core.kinds import Kind
from crm.rules.system.user_kinds import UserKind

office = pytest.fixture(opened)
STATE = "announcement { id title status publishAt publishedAt version recipientCount }"
TEXT = {"title": "停电通知", "body": "今晚停电。"}


async def publish(who: Api, **given: object) -> dict:
    return await who.do("announcementPublish", STATE, input={**TEXT, **given})


async def draft(who: Api, **given: object) -> str:
    return str((await who.do("announcementCreate", "announcement { id }", input={**TEXT, **given}))["id"])


async def reached(office: Office, announcement: str) -> list[str]:
    receipts = "announcement_receipt x JOIN user_account u ON u.id = x.user_id"
    query = f"SELECT u.username FROM {receipts} WHERE x.announcement_id = $1 ORDER BY 1"
    return [row[0] for row in await office.rows(query, announcement)]


async def events(office: Office) -> list[tuple[str, str, list[str]]]:
    rows = await office.rows(
        "SELECT topic, record_id, record_kind, audience FROM event WHERE topic = 'announcements' ORDER BY id"
    )
    assert all(row["record_kind"] == Kind.ANNOUNCEMENT for row in rows)
    return [(row["topic"], str(row["record_id"]), [str(each) for each in row["audience"]]) for row in rows]


async def left(office: Office, *usernames: str) -> None:
    """These people work here no more."""
    for name in usernames:
        await office.rows("UPDATE user_account SET active = false WHERE username = $1", name)


async def partner_of(office: Office, username: str, **values: Any) -> Api:
    channel = await office.admin.do("channelCreate", "channel { id }", input={"name": f"渠道 {username}"})
    return await office.hire(username, kind=UserKind.CHANNEL.value, channel_id=channel["id"], **values)


async def test_published_at_once_with_a_receipt_for_everybody_and_one_event(office: Office):
    reader = await office.hire("reader", {})
    made = await publish(office.admin, audience={"everyone": True})
    assert (made["status"], made["version"], made["recipientCount"]) == ("PUBLISHED", 1, 2)
    assert made["publishedAt"] is not None
    assert await reached(office, made["id"]) == ["admin", "reader"]
    assert await events(office) == [("announcements", made["id"], sorted([office.admin.id, reader.id]))]
    rows = await office.rows("SELECT id, delivered_at, read_at, confirmed_at FROM announcement_receipt")
    assert {kind_of(row["id"]) for row in rows} == {Kind.ANNOUNCEMENT_RECEIPT}
    assert {(row["delivered_at"], row["read_at"], row["confirmed_at"]) for row in rows} == {(None, None, None)}
    log = await office.admin.ask("announcement", "changes { nodes { verb channel fields { field } } }", id=made["id"])
    (entry,) = log["changes"]["nodes"]
    assert (entry["verb"], entry["channel"]) == ("announcement.publish", "API")
    assert {each["field"] for each in entry["fields"]} == {"title", "body", "status", "publishedAt", "owner", "audience"}


async def test_a_draft_is_published_with_what_is_given_in_place_of_what_it_has(office: Office):
    reader = await office.hire("reader", {})
    key = await draft(office.admin, audience={"everyone": True}, mustConfirm=True)
    end = print_instant(now() + timedelta(days=1))
    given = {"title": "新标题", "audience": {"userIds": [reader.id]}, "expiresAt": end, "pinned": True, "mustConfirm": False}
    selection = "announcement { id title body mustConfirm pinned expiresAt audience { everyone users { username } } version }"
    made = await office.admin.do("announcementPublish", selection, id=key, input=given)
    assert made == {
        "id": key,
        "title": "新标题",
        "body": TEXT["body"],
        "mustConfirm": False,
        "pinned": True,
        "expiresAt": end,
        "audience": {"everyone": False, "users": [{"username": "reader"}]},
        "version": 2,
    }
    assert await reached(office, key) == ["reader"]


async def test_a_draft_is_published_as_it_is(office: Office):
    key = await draft(office.admin, audience={"everyone": True})
    assert (await office.admin.do("announcementPublish", STATE, id=key))["status"] == "PUBLISHED"
    assert await reached(office, key) == ["admin"]


async def test_a_scheduled_one_can_be_published_before_its_time(office: Office):
    key = await draft(office.admin, audience={"everyone": True})
    at = print_instant(now() + timedelta(days=1))
    await office.admin.do("announcementSchedule", STATE, id=key, publishAt=at)
    made = await office.admin.do("announcementPublish", STATE, id=key)
    assert (made["status"], made["publishAt"]) == ("PUBLISHED", None)


async def organised(office: Office) -> dict[str, str]:
    """sales > east, and hr; people in each, one in none, some of whom have left or work for a partner."""
    sales = await office.department("sales")
    east = await office.department("east", sales)
    hr = await office.department("hr")
    for name, department in (("sally", sales), ("ed", east), ("gone", east), ("hana", hr)):
        await office.hire(name, {}, department_id=str(department))
    role = await office.role("drivers", {})
    await office.hire("dora", role_ids=[str(role)], department_id=str(east))
    await office.hire("loner", {})
    await partner_of(office, "partner", department_id=str(sales))
    await partner_of(office, "driving", department_id=str(east), role_ids=[str(role)])
    await office.hire("goner", role_ids=[str(role)])
    await left(office, "gone", "goner")
    ids = {row["username"]: str(row["id"]) for row in await office.rows("SELECT username, id FROM user_account")}
    return ids | {"sales": str(sales), "east": str(east), "hr": str(hr), "drivers": str(role)}


STAFF = ["admin", "dora", "ed", "hana", "loner", "sally"]
AUDIENCES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "everyone is all active staff": ({"everyone": True}, STAFF),
    "a department has those below it": ({"departmentIds": ["sales"]}, ["dora", "ed", "sally"]),
    "but not those above it": ({"departmentIds": ["east"]}, ["dora", "ed"]),
    "a role has a partner's people too": ({"roleIds": ["drivers"]}, ["dora", "driving"]),
    "so has a name": ({"userIds": ["partner", "ed"]}, ["ed", "partner"]),
    "somebody who has left is not reached by name": ({"userIds": ["gone", "hana"]}, ["hana"]),
    "nobody is reached twice": (
        {"everyone": True, "departmentIds": ["sales", "east", "sales"], "roleIds": ["drivers"], "userIds": ["dora", "dora"]},
        [*STAFF[:2], "driving", *STAFF[2:]],
    ),
    "several are all of them": ({"departmentIds": ["hr"], "userIds": ["loner"]}, ["hana", "loner"]),
    "the author is reached only if named": ({"departmentIds": ["hr"]}, ["hana"]),
}


async def test_an_audience_is_resolved_to_people(office: Office):
    ids = await organised(office)
    for what, (audience, expected) in AUDIENCES.items():
        given = {name: value if value is True else [ids[each] for each in value] for name, value in audience.items()}
        made = await publish(office.admin, audience=given)
        assert await reached(office, made["id"]) == expected, what
        assert made["recipientCount"] == len(expected), what


async def test_an_audience_is_whoever_is_there_when_it_is_published(office: Office):
    ids = await organised(office)
    key = await draft(office.admin, audience={"departmentIds": [ids["sales"]], "roleIds": [ids["drivers"]]})
    await office.hire("newcomer", {}, department_id=ids["east"])
    await left(office, "sally")
    await office.admin.do("announcementPublish", STATE, id=key)
    assert await reached(office, key) == ["dora", "driving", "ed", "newcomer"]
    await office.hire("late", {}, department_id=ids["east"])
    assert "late" not in await reached(office, key)


NOBODY: dict[str, Any] = {
    "nothing": {},
    "nulls": {"everyone": None, "departmentIds": None, "roleIds": [], "userIds": None},
    "not everyone": {"everyone": False},
    "an empty department": {"departmentIds": ["empty"]},
    "a role that nobody has": {"roleIds": ["unused"]},
    "somebody who has left": {"userIds": ["gone"]},
}


@pytest.mark.parametrize("audience", NOBODY.values(), ids=NOBODY.keys())
async def test_an_audience_that_reaches_nobody_is_refused_and_nothing_is_changed(office: Office, audience):
    gone = await office.hire("gone", {})
    ids = {
        "empty": str(await office.department("empty")),
        "unused": str(await office.role("unused", {})),
        "gone": gone.id,
    }
    await left(office, "gone")
    given = {name: [ids[each] for each in value] if isinstance(value, list) else value for name, value in audience.items()}
    key = await draft(office.admin, audience={"everyone": True})
    bare = await draft(office.admin)
    expected = [("INVALID", ["input", "audience"])]
    async with office.unchanged():
        assert await office.admin.refusals("announcementPublish", input={**TEXT, "audience": given}) == expected
        assert await office.admin.refusals("announcementPublish", id=key, input={"title": "x", "audience": given}) == expected
        assert await office.admin.refusals("announcementPublish", id=bare) == expected
        assert await office.admin.refusals("announcementPublish", input=TEXT) == expected


async def test_without_id_title_and_body_are_needed(office: Office):
    async with office.unchanged():
        expected = [("REQUIRED", ["input", "title"]), ("REQUIRED", ["input", "body"])]
        assert await office.admin.refusals("announcementPublish") == expected
        assert await office.admin.refusals("announcementPublish", input={"audience": {"everyone": True}}) == expected


async def test_a_draft_whose_end_has_come_is_not_published(office: Office):
    key = await draft(office.admin, audience={"everyone": True}, expiresAt=print_instant(now() + timedelta(hours=1)))
    await office.rows("UPDATE announcement SET expires_at = now() - interval '1 minute' WHERE id = $1", key)
    async with office.unchanged():
        assert await office.admin.refusals("announcementPublish", id=key) == [("INVALID", ["input", "expiresAt"])]
    later = print_instant(now() + timedelta(hours=1))
    assert (await office.admin.do("announcementPublish", STATE, id=key, input={"expiresAt": later}))["status"] == "PUBLISHED"


async def test_a_partners_author_addresses_only_whom_they_see(office: Office):
    ids = await organised(office)
    role = await office.role("partners", {"announcement.*": "ALL"})
    author = await partner_of(office, "author", role_ids=[str(role)])
    audience = {
        "everyone": True,
        "departmentIds": [ids["sales"]],
        "roleIds": [ids["drivers"]],
        "userIds": [ids["ed"], author.id],
    }
    async with office.unchanged():
        assert await author.refusals("announcementPublish", input={**TEXT, "audience": audience}) == [
            ("FORBIDDEN", ["input", "audience", "everyone"]),
            ("NOT_FOUND", ["input", "audience", "departmentIds", "0"]),
            ("NOT_FOUND", ["input", "audience", "roleIds", "0"]),
            ("NOT_FOUND", ["input", "audience", "userIds", "0"]),
        ]
    made = await publish(author, audience={"userIds": [author.id]})
    assert await reached(office, made["id"]) == ["author"]


async def test_published_once_by_several_at_once(office: Office):
    await office.hire("reader", {})
    key = await draft(office.admin, audience={"everyone": True})
    payloads = await asyncio.gather(*(office.admin.tried("announcementPublish", id=key) for _ in range(3)))
    assert sorted(each["code"] for payload in payloads for each in payload["userErrors"]) == ["ILLEGAL_TRANSITION"] * 2
    assert await reached(office, key) == ["admin", "reader"]
    assert len(await events(office)) == 1


async def test_published_once_under_one_idempotency_key(office: Office):
    given = {"input": {**TEXT, "audience": {"everyone": True}}, "idempotencyKey": "k"}
    first, second = [await office.admin.do("announcementPublish", STATE, **given) for _ in range(2)]
    assert first == second
    assert await office.value("SELECT count(*) FROM announcement") == 1
    assert len(await events(office)) == 1


async def test_an_unknown_draft_publishes_nothing(office: Office):
    reader = await office.hire("author", {"announcement.*": "OWN"})
    foreign = await draft(office.admin, audience={"everyone": True})
    async with office.unchanged():
        for key in (foreign, unknown(Kind.ANNOUNCEMENT), ""):
            given = {**TEXT, "audience": {"everyone": True}}
            assert await reader.refusals("announcementPublish", id=key, input=given) == [("NOT_FOUND", ["id"])]


CROWD = """
INSERT INTO user_account (id, username, display_name, name_key, kind, active, locale, time_zone, password_hash, version,
    created_at, updated_at)
SELECT (lpad(to_hex(1000000 + n), 8, '0') || '-0000-8001-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    'crowd' || n, 'crowd', 'crowd', 'STAFF', true, 'zh-CN', 'UTC', '-', 1, now(), now() FROM generate_series(1, {many}) n
"""


async def test_thousands_take_no_more_statements_than_one(office: Office):
    await publish(office.admin, audience={"everyone": True})
    async with office.counted() as few:
        await publish(office.admin, audience={"everyone": True})
    await office.rows(CROWD.format(many=5000))
    async with office.counted() as many:
        made = await publish(office.admin, audience={"everyone": True})
    assert made["recipientCount"] == 5001
    assert len(many.queries) == len(few.queries)
    *_, (_, _, audience) = await events(office)
    assert len(audience) == 5001
