"""Undoing merges: what nobody touched goes back, what somebody touched stays and is named, and after thirty days nothing does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.customers.merging import GRANTS, contact, customer, merge, undo
from tests.factories.api import Office, opened, unknown
from tests.notify.errands import reaches, working

from crm.core.kinds import Kind
from crm.services.customers.merge_ledger import GATHER_STRAYS, PURGE_MERGES
from crm.services.jobs import Nothing, enqueue
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
SHOWN = """name website note creditLimit parent { id } phoneNumbers { raw } tags { name } contacts { nodes { id } }
    subsidiaries { nodes { id } } shares { nodes { access } } opportunities { nodes { id } }"""
TABLES = "contact", "opportunity", "activity", "phone_number", "record_tag", "share"


async def pair(office: Office) -> tuple[str, str]:
    """Two customers with something of everything."""
    admin = office.admin
    top = await customer(admin, "集团")
    values: dict[str, Any] = {"note": "n", "creditLimit": "7.5", "phoneNumbers": [{"raw": "13800138000"}], "parentId": top}
    stays = await customer(admin, "一", website="w", phoneNumbers=[{"raw": "13800138009"}])
    goes = await customer(admin, "二", **values)
    person = await contact(admin, "王芳", goes)
    await customer(admin, "下属", parentId=goes)
    given = {"title": "项目", "partyId": goes, "contactId": person}
    await admin.do("opportunityCreate", "opportunity { id }", input=given)
    tag = (await admin.do("tagCreate", "tag { id }", input={"name": "要"}))["id"]
    await admin.do("recordsTag", "results { id }", input={"ids": [goes], "addIds": [tag]})
    reader = await office.hire("reader", {"customer.READ": "OWN"})
    shared = {"principalIds": [reader.id]}
    await admin.do("recordsShare", "results { id }", input={"ids": [goes], **shared, "access": "EDIT"})
    await admin.do("recordsShare", "results { id }", input={"ids": [stays], **shared, "access": "READ"})
    return stays, goes


async def test_untouched_all_is_as_it_was(office: Office):
    admin = office.admin
    stays, goes = await pair(office)
    before = [await admin.ask("customer", SHOWN, id=key) for key in (stays, goes)]
    counts = [await office.value(f"SELECT count(*) FROM {table}") for table in TABLES]
    made = await merge(
        admin, stays, goes, choices=[{"field": "NAME", "side": "MERGED"}, {"field": "CREDIT_LIMIT", "side": "MERGED"}]
    )
    assert (await admin.ask("merges", "nodes { mergedName mergedId record { id } undoneAt actor { username } }"))["nodes"] == [
        {"mergedName": "二", "mergedId": goes, "record": {"id": stays}, "undoneAt": None, "actor": {"username": "admin"}}
    ]
    assert await undo(admin, made) == {"record": {"id": goes}, "leftFields": [], "leftRecords": [], "userErrors": []}
    assert [await admin.ask("customer", SHOWN, id=key) for key in (stays, goes)] == before
    assert [await office.value(f"SELECT count(*) FROM {table}") for table in TABLES] == counts
    verbs = await admin.ask("customer", "changes { nodes { verb } }", id=goes)
    assert [each["verb"] for each in verbs["changes"]["nodes"]][:2] == ["customer.unmerge", "customer.merge"]
    assert (await admin.ask("merge", "undoneAt undoneBy { username }", id=made["merge"]["id"]))["undoneBy"] == {
        "username": "admin"
    }
    async with office.unchanged():
        assert await admin.refusals("mergeUndo", id=made["merge"]["id"]) == [("ILLEGAL_TRANSITION", None)]
    # And they can be merged again, the other way round.
    again = await merge(admin, goes, stays)
    assert (await undo(admin, again))["leftFields"] == []
    assert [await admin.ask("customer", SHOWN, id=key) for key in (stays, goes)] == before


async def test_what_was_touched_stays_and_is_named(office: Office):
    admin = office.admin
    stays, goes = await pair(office)
    made = await merge(admin, stays, goes)
    found = await admin.ask("customer", "version contacts { nodes { id version } } opportunities { nodes { id } }", id=stays)
    person, deal = found["contacts"]["nodes"][0], found["opportunities"]["nodes"][0]["id"]
    await admin.do("contactUpdate", "contact { id }", id=person["id"], version=person["version"], input={"title": "经理"})
    changed = {"note": "neu", "phoneNumbers": [{"raw": "13800138001"}]}
    await admin.do("customerUpdate", "customer { id }", id=stays, version=found["version"], input=changed)
    newcomer = await contact(admin, "新人", stays)
    undone = await undo(admin, made)
    assert undone["leftRecords"] == [{"id": person["id"]}]
    assert sorted(undone["leftFields"]) == ["note", "phoneNumbers"]
    kept = await admin.ask("customer", SHOWN, id=stays)
    assert {each["id"] for each in kept["contacts"]["nodes"]} == {person["id"], newcomer}
    assert (kept["note"], kept["phoneNumbers"], kept["creditLimit"]) == ("neu", [{"raw": "13800138001"}], None)
    back = await admin.ask("customer", SHOWN, id=goes)
    assert (back["note"], back["creditLimit"], back["phoneNumbers"]) == ("n", "7.5000", [{"raw": "13800138000"}])
    assert back["opportunities"]["nodes"] == [{"id": deal}]
    assert back["contacts"]["nodes"] == []


async def test_what_cannot_be_undone(office: Office):
    admin = office.admin
    one, two, three = [await customer(admin, name) for name in ("一", "二", "三")]
    first = await merge(admin, two, one)
    second = await merge(admin, three, two)
    seller = await office.hire("seller", {"customer.READ": "ALL", "customer.UPDATE": "OWN", "customer.DELETE": "OWN"})
    stranger = await office.hire("stranger", GRANTS)
    async with office.unchanged():
        text = "mutation ($id: ID!) { mergeUndo(id: $id) { userErrors { code record { id } } } }"
        answer = await admin.run(text, id=first["merge"]["id"])
        assert answer.data["mergeUndo"]["userErrors"] == [{"code": "CONFLICT", "record": {"id": three}}]
        assert (await seller.refusals("mergeUndo", id=second["merge"]["id"]))[0][0] in ("FORBIDDEN", "NOT_FOUND")
        assert await stranger.refusals("mergeUndo", id=second["merge"]["id"]) == [("NOT_FOUND", ["id"])]
        assert await admin.refusals("mergeUndo", id=unknown(Kind.MERGE)) == [("NOT_FOUND", ["id"])]
        assert await admin.refusals("mergeUndo", id="x") == [("NOT_FOUND", ["id"])]
    assert (await stranger.ask("merges", "totalCount"))["totalCount"] == 0
    assert (await seller.ask("merges", "totalCount"))["totalCount"] == 1
    await admin.do("customerDelete", "customer { id }", id=three)
    async with office.unchanged():
        assert await admin.refusals("mergeUndo", id=second["merge"]["id"]) == [("NOT_FOUND", ["id"])]
    await admin.do("customerRestore", "customer { id }", id=three)
    # Undone in their order, the chain comes apart link by link.
    await undo(admin, second)
    assert (await admin.ask("customer", "id", id=one))["id"] == two
    await undo(admin, first)
    assert (await admin.ask("customer", "id", id=one))["id"] == one


async def test_after_thirty_days_it_is_forgotten_and_the_old_id_still_leads_on(office: Office):
    admin = office.admin
    one, two = await customer(admin, "一"), await customer(admin, "二")
    person = await contact(admin, "王", two)
    made = await merge(admin, one, two)
    await office.rows("UPDATE merge SET expires_at = now() - interval '1 second'")
    await office.rows("UPDATE contact SET party_id = $1 WHERE id = $2", two, person)  # written past the merge
    async with office.unchanged():
        assert await admin.refusals("mergeUndo", id=made["merge"]["id"]) == [("ILLEGAL_TRANSITION", None)]
    for task in (PURGE_MERGES, GATHER_STRAYS):
        async with system_deed(office.database, "test") as deed:
            job = await enqueue(deed, task, Nothing())
        async with working(office.database, task):
            await reaches(office.database, job, "DONE")
    assert await office.value("SELECT (SELECT count(*) FROM merge) + (SELECT count(*) FROM merge_item)") == 0
    assert (await admin.ask("customer", "id contacts { nodes { id } }", id=two)) == {
        "id": one,
        "contacts": {"nodes": [{"id": person}]},
    }
    assert await admin.refusals("mergeUndo", id=made["merge"]["id"]) == [("NOT_FOUND", ["id"])]


async def test_a_record_that_would_be_a_forbidden_duplicate_does_not_come_back(office: Office):
    admin = office.admin
    code = "91350100M000100Y43"
    one, two = await customer(admin, "一"), await customer(admin, "二", creditCode=code)
    made = await merge(admin, one, two, choices=[{"field": "CREDIT_CODE", "side": "SURVIVOR"}])
    await customer(admin, "三", creditCode=code)
    async with office.unchanged():
        assert await admin.refusals("mergeUndo", id=made["merge"]["id"]) == [("DUPLICATE", ["id"])]
