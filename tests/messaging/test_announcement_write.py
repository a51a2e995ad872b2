"""Drafts of announcements: written, changed, scheduled, withdrawn, deleted, restored; what is refused changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.clock import now, print_instant
from crm.core.kinds import Kind

office = pytest.fixture(opened)
AUDIENCE = "audience { everyone departments { name } roles { name kind } users { username } }"
ANNOUNCEMENT = f"""announcement {{ id version title body status pinned mustConfirm publishAt publishedAt expiresAt withdrawnAt
    recipientCount readCount confirmedCount owner {{ username }} actions {AUDIENCE} receipts {{ totalCount }} }}"""
VERBS = "announcement { status version changes(first: 1) { nodes { verb actor { username } fields { field old new } } } }"
NOBODY = {"everyone": False, "departments": [], "roles": [], "users": []}


def ahead(**given: float) -> str:
    return print_instant(now() + timedelta(**given))


async def written(who: Api, **given: object) -> dict:
    return await who.do("announcementCreate", ANNOUNCEMENT, input={"title": "放假通知", "body": "周五放假。", **given})


async def test_a_draft_has_what_was_given_and_reaches_nobody(office: Office):
    reader = await office.hire("reader", {})
    made = await written(office.admin)
    assert made == {
        "id": made["id"],
        "version": 1,
        "title": "放假通知",
        "body": "周五放假。",
        "status": "DRAFT",
        "pinned": False,
        "mustConfirm": False,
        "publishAt": None,
        "publishedAt": None,
        "expiresAt": None,
        "withdrawnAt": None,
        "recipientCount": 0,
        "readCount": 0,
        "confirmedCount": 0,
        "owner": {"username": "admin"},
        "actions": ["PUBLISH", "SCHEDULE"],
        "audience": NOBODY,
        "receipts": {"totalCount": 0},
    }
    assert (await reader.asked("announcement", "title", id=made["id"])).codes == ["NOT_FOUND"]
    assert (await reader.ask("announcements", "totalCount")) == {"totalCount": 0}
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'announcements'") == 0


async def test_values_and_audience_are_changed_as_a_whole_and_logged(office: Office):
    sales, role = await office.department("Sales"), await office.role("Drivers", {})
    end = ahead(days=3)
    made = await written(office.admin, audience={"everyone": True, "userIds": [office.admin.id]})
    assert made["audience"] == NOBODY | {"everyone": True, "users": [{"username": "admin"}]}
    given = {
        "title": " 新 标题 ",
        "pinned": True,
        "mustConfirm": True,
        "expiresAt": end,
        "audience": {"departmentIds": [str(sales), str(sales)], "roleIds": [str(role)]},
    }
    changed = await office.admin.do("announcementUpdate", ANNOUNCEMENT, id=made["id"], version=1, input=given)
    assert changed == made | {
        "version": 2,
        "title": "新 标题",
        "pinned": True,
        "mustConfirm": True,
        "expiresAt": end,
        "audience": NOBODY | {"departments": [{"name": "Sales"}], "roles": [{"name": "Drivers", "kind": "ROLE"}]},
    }
    again = await office.admin.do("announcementUpdate", ANNOUNCEMENT, id=made["id"], version=2, input=given)
    assert again == changed, "what changes nothing counts no version"
    log = await office.admin.ask("announcement", "changes { nodes { verb fields { field new } } }", id=made["id"])
    latest, first = log["changes"]["nodes"]
    assert (latest["verb"], first["verb"]) == ("announcement.update", "announcement.create")
    fields = {each["field"]: each["new"] for each in latest["fields"]}
    assert set(fields) == {"title", "pinned", "mustConfirm", "expiresAt", "audience"}
    assert fields["audience"] == [{"principal": str(sales)}, {"principal": str(role)}]


BAD = {
    "no title": ({"title": " "}, "REQUIRED", ["input", "title"]),
    "no body": ({"body": "\n"}, "REQUIRED", ["input", "body"]),
    "long title": ({"title": "x" * 201}, "INVALID", ["input", "title"]),
    "long body": ({"body": "x" * 20_001}, "INVALID", ["input", "body"]),
    "NUL": ({"body": "a\x00b"}, "INVALID", ["input", "body"]),
    "an end in the past": ({"expiresAt": "2020-01-01T00:00:00Z"}, "INVALID", ["input", "expiresAt"]),
    "unknown user": ({"audience": {"userIds": [unknown(Kind.USER)]}}, "NOT_FOUND", ["input", "audience", "userIds", "0"]),
    "a role among users": ({"audience": {"userIds": [unknown(Kind.ROLE)]}}, "NOT_FOUND", ["input", "audience", "userIds", "0"]),
    "unknown role": ({"audience": {"roleIds": [unknown(Kind.ROLE)]}}, "NOT_FOUND", ["input", "audience", "roleIds", "0"]),
    "no id": ({"audience": {"departmentIds": ["' OR 1=1"]}}, "NOT_FOUND", ["input", "audience", "departmentIds", "0"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_announcement_is_refused_and_nothing_is_written(office: Office, given, code, field):
    made = await written(office.admin, audience={"everyone": True})
    right = {"title": "t", "body": "b", "audience": {"everyone": True}}
    async with office.unchanged():
        assert await office.admin.refusals("announcementCreate", input=right | given) == [(code, field)]
        assert await office.admin.refusals("announcementUpdate", id=made["id"], version=1, input=given) == [(code, field)]
        assert await office.admin.refusals("announcementPublish", input=right | given) == [(code, field)]
        assert await office.admin.refusals("announcementPublish", id=made["id"], input=given) == [(code, field)]


async def test_everything_wrong_with_an_audience_is_told_at_once(office: Office):
    audience = {"userIds": [office.admin.id, unknown(Kind.USER)], "roleIds": [unknown(Kind.ROLE)]}
    async with office.unchanged():
        assert await office.admin.refusals("announcementCreate", input={"title": "t", "body": "b", "audience": audience}) == [
            ("NOT_FOUND", ["input", "audience", "roleIds", "0"]),
            ("NOT_FOUND", ["input", "audience", "userIds", "1"]),
        ]


async def test_an_audience_has_at_most_fifty_entries(office: Office):
    roles = [str(await office.role(f"role {number}", {})) for number in range(51)]
    async with office.unchanged():
        refused = await office.admin.refusals(
            "announcementCreate", input={"title": "t", "body": "b", "audience": {"roleIds": roles}}
        )
    assert refused == [("INVALID", ["input", "audience"])]


async def test_an_old_version_is_told_the_current_one(office: Office):
    made = await written(office.admin)
    async with office.unchanged():
        payload = await office.admin.tried("announcementUpdate", id=made["id"], version=7, input={"title": "x"})
    assert [(each["code"], each["currentVersion"]) for each in payload["userErrors"]] == [("CONFLICT", 1)]


INTO = {
    "DRAFT": [],
    "SCHEDULED": ["Schedule"],
    "PUBLISHED": ["Publish"],
    "WITHDRAWN": ["Publish", "Withdraw"],
}
STEPS = {
    ("DRAFT", "Publish"): "PUBLISHED",
    ("DRAFT", "Schedule"): "SCHEDULED",
    ("SCHEDULED", "Publish"): "PUBLISHED",
    ("SCHEDULED", "Schedule"): "SCHEDULED",
    ("SCHEDULED", "Unschedule"): "DRAFT",
    ("PUBLISHED", "Withdraw"): "WITHDRAWN",
}


async def step(who: Api, verb: str, id: str, days: float = 1) -> dict:
    more = {"publishAt": ahead(days=days)} if verb == "Schedule" else {}
    return await who.tried(f"announcement{verb}", VERBS, id=id, **more)


@pytest.mark.parametrize("state", INTO)
async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office, state):
    for verb in ("Publish", "Schedule", "Unschedule", "Withdraw"):
        made = await written(office.admin, audience={"everyone": True})
        for before in INTO[state]:
            assert (await step(office.admin, before, made["id"]))["userErrors"] == []
        if (state, verb) in STEPS:
            after = (await step(office.admin, verb, made["id"], days=2))["announcement"]
            log = after["changes"]["nodes"]
            assert (after["status"], after["version"]) == (STEPS[state, verb], len(INTO[state]) + 2)
            assert [each["verb"] for each in log] == [f"announcement.{verb.lower()}"]
        else:
            async with office.unchanged():
                refused = await step(office.admin, verb, made["id"])
                assert [each["code"] for each in refused["userErrors"]] == ["ILLEGAL_TRANSITION"]


@pytest.mark.parametrize("state", ["PUBLISHED", "WITHDRAWN"])
async def test_what_was_published_is_not_changed_any_more(office: Office, state):
    made = await written(office.admin, audience={"everyone": True})
    for before in INTO[state]:
        await step(office.admin, before, made["id"])
    version = len(INTO[state]) + 1
    async with office.unchanged():
        for given in ({"title": "x"}, {"audience": {"everyone": False}}, {"expiresAt": ahead(days=9)}):
            refused = await office.admin.refusals("announcementUpdate", id=made["id"], version=version, input=given)
            assert refused == [("ILLEGAL_TRANSITION", None)]
        refused = await office.admin.refusals("announcementPublish", id=made["id"], input={"audience": {"everyone": True}})
        assert refused == [("ILLEGAL_TRANSITION", None)]


async def test_a_scheduled_one_can_be_changed_moved_and_taken_back(office: Office):
    made = await written(office.admin, audience={"everyone": True})
    first, second = ahead(days=1), ahead(days=2)
    planned = await office.admin.do("announcementSchedule", ANNOUNCEMENT, id=made["id"], publishAt=first)
    actions = ["PUBLISH", "SCHEDULE", "UNSCHEDULE"]
    assert planned == made | {"version": 2, "status": "SCHEDULED", "publishAt": first, "actions": actions}
    moved = await office.admin.do("announcementSchedule", ANNOUNCEMENT, id=made["id"], publishAt=second)
    assert moved == planned | {"version": 3, "publishAt": second}
    changed = await office.admin.do("announcementUpdate", ANNOUNCEMENT, id=made["id"], version=3, input={"title": "t"})
    assert changed == moved | {"version": 4, "title": "t"}
    back = await office.admin.do("announcementUnschedule", ANNOUNCEMENT, id=made["id"])
    assert back == made | {"version": 5, "title": "t"}
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'announcements'") == 0


@pytest.mark.parametrize("when", [{"seconds": -1}, {"days": -400}, {"days": 366}, {"days": 4000}])
async def test_a_time_that_makes_no_sense_is_refused(office: Office, when):
    made = await written(office.admin, audience={"everyone": True})
    async with office.unchanged():
        refused = await office.admin.refusals("announcementSchedule", id=made["id"], publishAt=ahead(**when))
    assert refused == [("INVALID", ["publishAt"])]


async def test_what_ends_before_it_is_published_is_refused(office: Office):
    made = await written(office.admin, audience={"everyone": True}, expiresAt=ahead(days=2))
    async with office.unchanged():
        refused = await office.admin.refusals("announcementSchedule", id=made["id"], publishAt=ahead(days=3))
        assert refused == [("INVALID", ["publishAt"])]
    await office.admin.do("announcementSchedule", "announcement { id }", id=made["id"], publishAt=ahead(days=1))
    async with office.unchanged():
        for end in ({"hours": 1}, {"days": -1}):
            given = {"expiresAt": ahead(**end)}
            refused = await office.admin.refusals("announcementUpdate", id=made["id"], version=2, input=given)
            assert refused == [("INVALID", ["input", "expiresAt"])]


async def test_an_audience_that_reaches_nobody_is_not_scheduled(office: Office):
    empty = str(await office.department("empty"))
    made = await written(office.admin, audience={"departmentIds": [empty]})
    async with office.unchanged():
        refused = await office.admin.refusals("announcementSchedule", id=made["id"], publishAt=ahead(days=1))
        assert refused == [("INVALID", ["id"])]
    planned = await written(office.admin, audience={"everyone": True})
    await office.admin.do("announcementSchedule", "announcement { id }", id=planned["id"], publishAt=ahead(days=1))
    async with office.unchanged():
        given = {"title": "x", "audience": {"departmentIds": [empty]}}
        refused = await office.admin.refusals("announcementUpdate", id=planned["id"], version=2, input=given)
        assert refused == [("INVALID", ["input", "audience"])]


@pytest.mark.parametrize(
    "verb", ["Update", "Publish", "Schedule", "Unschedule", "Withdraw", "Read", "Confirm", "Delete", "Restore"]
)
@pytest.mark.parametrize("odd", ["", "\x00", "' OR 1=1", unknown(Kind.ANNOUNCEMENT), unknown(Kind.PARTY)])
async def test_an_odd_id_is_not_found(office: Office, verb, odd):
    more = {"Update": {"version": 1, "input": {"title": "x"}}, "Schedule": {"publishAt": ahead(days=1)}}.get(verb, {})
    async with office.unchanged():
        assert await office.admin.refusals(f"announcement{verb}", id=odd, **more) == [("NOT_FOUND", ["id"])]


async def test_deleted_and_restored(office: Office):
    made = await written(office.admin, audience={"everyone": True})
    assert await office.admin.do("announcementDelete", ANNOUNCEMENT, id=made["id"]) is None
    assert (await office.admin.ask("deletedRecords", "nodes { name }", entity="announcement"))["nodes"] == [{"name": "放假通知"}]
    assert (await office.admin.asked("announcement", "id", id=made["id"])).codes == ["NOT_FOUND"]
    assert await office.admin.do("announcementRestore", ANNOUNCEMENT, id=made["id"]) == made | {"version": 3}


async def test_a_purged_one_takes_its_receipts_with_it(office: Office):
    made = await written(office.admin, audience={"everyone": True})
    await office.admin.do("announcementPublish", "announcement { id }", id=made["id"])
    await office.admin.do("announcementDelete", "announcement { id }", id=made["id"])
    await office.admin.do("recordPurge", id=made["id"])
    for table in ("announcement", "announcement_audience", "announcement_receipt"):
        assert await office.value(f"SELECT count(*) FROM {table}") == 0


async def test_restoring_publishes_nothing(office: Office):
    made = [await written(office.admin, audience={"everyone": True}) for _ in range(2)]
    for each, days in zip(made, (1, 30), strict=True):
        await office.admin.do("announcementSchedule", "announcement { id }", id=each["id"], publishAt=ahead(days=days))
        await office.admin.do("announcementDelete", "announcement { id }", id=each["id"])
    await office.rows("UPDATE announcement SET publish_at = now() - interval '1 hour' WHERE id = $1", made[0]["id"])
    restored = [await office.admin.do("announcementRestore", "announcement { status publishAt }", id=each["id"]) for each in made]
    assert restored[0] == {"status": "DRAFT", "publishAt": None}
    assert restored[1]["status"] == "SCHEDULED"


MUTATIONS = {
    "announcementCreate": {"input": {"title": "t", "body": "b"}},
    "announcementUpdate": {"version": 1, "input": {"title": "t"}},
    "announcementPublish": {"input": {"title": "t"}},
    "announcementSchedule": {"publishAt": "2099-01-01T00:00:00Z"},
    "announcementUnschedule": {},
    "announcementWithdraw": {},
    "announcementDelete": {},
    "announcementRestore": {},
}


@pytest.mark.parametrize("name", MUTATIONS)
async def test_without_a_grant_the_verb_is_forbidden(office: Office, name):
    reader = await office.hire("reader", {"announcement.READ": "ALL"})
    made = await written(office.admin, audience={"everyone": True})
    arguments = MUTATIONS[name] | ({} if name == "announcementCreate" else {"id": made["id"]})
    async with office.unchanged():
        with pytest.raises(AssertionError, match="FORBIDDEN"):
            await reader.tried(name, **arguments)


async def test_to_publish_a_draft_takes_the_right_to_change_it(office: Office):
    author = await office.hire("author", {"announcement.CREATE": "ALL", "announcement.READ": "ALL"})
    editor = await office.hire("editor", {"announcement.UPDATE": "ALL", "announcement.READ": "ALL"})
    made = await written(office.admin, audience={"everyone": True})
    async with office.unchanged():
        assert await author.refusals("announcementPublish", id=made["id"]) == [("FORBIDDEN", ["id"])]
        assert await author.refusals("announcementSchedule", id=made["id"], publishAt=ahead(days=1)) == [("FORBIDDEN", ["id"])]
        for name, more in (("announcementPublish", {}), ("announcementSchedule", {"publishAt": ahead(days=1)})):
            with pytest.raises(AssertionError, match="FORBIDDEN"):
                await editor.tried(name, id=made["id"], **more)


async def test_a_frozen_field_is_not_written(office: Office):
    grants = {"announcement.*": "ALL"}
    author = await office.hire("author", grants, frozen=["announcement.audience", "announcement.publishAt"])
    made = await written(author)
    async with office.unchanged():
        given = {"title": "t", "body": "b", "audience": {"everyone": True}}
        assert await author.refusals("announcementPublish", input=given) == [("FORBIDDEN", ["input", "audience"])]
        assert await author.refusals("announcementPublish", id=made["id"], input=given) == [("FORBIDDEN", ["input", "audience"])]
        assert await author.refusals("announcementSchedule", id=made["id"], publishAt=ahead(days=1)) == [
            ("FORBIDDEN", ["publishAt"])
        ]


async def test_changed_once_by_two_at_once(office: Office):
    made = await written(office.admin)
    both = await asyncio.gather(
        *(office.admin.tried("announcementUpdate", id=made["id"], version=1, input={"title": text}) for text in "ab")
    )
    assert sorted(each["code"] for payload in both for each in payload["userErrors"]) == ["CONFLICT"]
