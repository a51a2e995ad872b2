"""Merging parties: fields chosen, lists united, everything that named the other following, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.customers.merging import GRANTS, contact, customer, into, merge
from tests.factories.api import Api, Office, opened, unknown

from crm.core.clock import now, print_instant
from crm.core.ids import EVERYONE_ID
from crm.core.kinds import Kind

office = pytest.fixture(opened)
FIELDS = "id version name shortName creditCode website note lifecycle lastContactAt"
LISTS = "phoneNumbers { raw primary } emailAddresses { address } addresses { street } tags { name }"
FOLLOWING = """contacts { nodes { id } } activities { nodes { id } } opportunities { nodes { id } } contracts { nodes { id } }
    deliveries { nodes { id } } subsidiaries { nodes { id } }"""
CODE = "91350100M000100Y43"


async def belongings(admin: Api, party: str) -> dict[str, str]:
    """One of everything that hangs on a party."""
    person = await contact(admin, "王芳", party)
    made = {"contacts": person, "subsidiaries": await customer(admin, "子公司", parentId=party)}
    calls = {
        "activity": {"kind": "VISIT", "subject": "拜访", "partyId": party, "contactId": person, "doneAt": "2026-01-02T03:00:00Z"},
        "opportunity": {"title": "项目", "partyId": party, "contactId": person},
        "contract": {"title": "合同", "kind": "SALES", "partyId": party, "contactId": person},
        "delivery": {"partyId": party, "lines": [{"product": "x", "quantity": "1"}]},
    }
    lists = {"activity": "activities", "opportunity": "opportunities", "contract": "contracts", "delivery": "deliveries"}
    for noun, given in calls.items():
        made[lists[noun]] = (await admin.do(f"{noun}Create", f"{noun} {{ id }}", input=given))["id"]
    return made


def one_each(made: dict[str, str]) -> dict[str, Any]:
    return {name: {"nodes": [{"id": key}]} for name, key in made.items()}


async def test_everything_that_named_the_other_names_the_survivor(office: Office):
    admin = office.admin
    stays, goes = await customer(admin, "华为"), await customer(admin, "华为技术")
    made = await belongings(admin, goes)
    starts, ends = "2030-01-01T01:00:00Z", "2030-01-01T02:00:00Z"
    event = {"title": "会", "startsAt": starts, "endsAt": ends, "timeZone": "UTC", "partyId": goes}
    await admin.do("scheduleEventCreate", "scheduleEvent { id }", input=event)
    merged = await merge(admin, stays, goes)
    assert merged["party"] == {"id": stays, "version": 2}
    assert await admin.ask("customer", FOLLOWING, id=stays) == one_each(made)
    named = await office.rows(
        "SELECT 1 FROM activity WHERE party_id = $1 UNION ALL SELECT 1 FROM contact WHERE party_id = $1"
        " UNION ALL SELECT 1 FROM schedule_event WHERE party_id = $1 UNION ALL SELECT 1 FROM party WHERE parent_id = $1",
        goes,
    )
    assert named == []
    # Each is changed, logged, told, and in the party's trail with all that was done to it before.
    followed = await admin.ask(
        "contact", "version changes(first: 1) { nodes { verb fields { field new } } }", id=made["contacts"]
    )
    entry = {"verb": "contact.follow", "fields": [{"field": "party", "new": stays}]}
    assert followed == {"version": 2, "changes": {"nodes": [entry]}}
    trail = await admin.ask("customer", "trail(first: 50) { nodes { verb } }", id=stays)
    assert {"contact.create", "contact.follow", "opportunity.create", "customer.merge"} <= {
        each["verb"] for each in trail["trail"]["nodes"]
    }
    told = await office.rows("SELECT topic FROM event WHERE record_id = $1 AND topic = 'recordChanges'", made["opportunities"])
    assert len(told) == 2
    assert (await admin.ask("customer", "lastContactAt", id=stays))["lastContactAt"] == "2026-01-02T03:00:00+00:00"


async def test_the_old_id_leads_to_the_survivor_and_is_written_no_more(office: Office):
    admin = office.admin
    first, stays, goes = [await customer(admin, name) for name in ("一", "二", "三")]
    await merge(admin, goes, first)
    await merge(admin, stays, goes)
    for old in (first, goes):
        assert await admin.ask("customer", "id name", id=old) == {"id": stays, "name": "二"}
        assert await admin.ask("node", "id __typename", id=old) == {"id": stays, "__typename": "Customer"}
        assert (await admin.asked("supplier", "id", id=old)).codes == ["NOT_FOUND"]
    assert (await admin.ask("customers", "totalCount"))["totalCount"] == 1
    assert (await admin.ask("deletedRecords", "totalCount", entity="customer"))["totalCount"] == 0
    stranger = await office.hire("stranger", GRANTS)
    async with office.unchanged():
        named = (
            "mutation ($id: ID!) { customerUpdate(id: $id, version: 1, input: {}) { userErrors { code field record { id } } } }"
        )
        error = {"code": "CONFLICT", "field": ["id"], "record": {"id": stays}}
        assert (await admin.run(named, id=goes)).data["customerUpdate"]["userErrors"] == [error]
        assert await admin.refusals("customerDelete", id=goes) == [("CONFLICT", ["id"])]
        assert await admin.refusals("customerRestore", id=goes) == [("CONFLICT", ["id"])]
        given = {"name": "王", "partyId": first}
        assert await admin.refusals("contactCreate", input=given) == [("CONFLICT", ["input", "partyId"])]
        # Whoever does not see the survivor learns nothing.
        assert await stranger.refusals("contactCreate", input=given) == [("NOT_FOUND", ["input", "partyId"])]
        assert await stranger.refusals("customerDelete", id=goes) == [("NOT_FOUND", ["id"])]
        assert (await stranger.asked("node", "id", id=goes)).codes == ["NOT_FOUND"]


async def test_fields_are_chosen_and_empty_ones_filled(office: Office):
    admin = office.admin
    stays = await customer(admin, "华为", note="ours", lifecycle="LEAD")
    goes = await customer(admin, "华为技术", note="theirs", website="w", creditCode=CODE, lifecycle="ACTIVE")
    choices = [
        {"field": "NAME", "side": "MERGED"},
        {"field": "LIFECYCLE", "side": "MERGED"},
        {"field": "WEBSITE", "side": "SURVIVOR"},
    ]
    preview = await admin.ask(
        "partyMergePreview",
        "survivor { id } merged { id } problems { code } following { entity } fields { field survivor merged differs side }",
        survivorId=stays,
        mergedId=goes,
    )
    shown = {each.pop("field"): each for each in preview.pop("fields")}
    assert preview == {"survivor": {"id": stays}, "merged": {"id": goes}, "problems": [], "following": []}
    assert shown["note"] == {"survivor": "ours", "merged": "theirs", "differs": True, "side": "SURVIVOR"}
    assert shown["creditCode"] == {"survivor": None, "merged": CODE, "differs": False, "side": "MERGED"}
    await merge(admin, stays, goes, choices=choices, survivorVersion=1, mergedVersion=1)
    assert await admin.ask("customer", FIELDS, id=stays) == {
        "id": stays, "version": 2, "name": "华为技术", "shortName": None, "creditCode": CODE, "website": None, "note": "ours",
        "lifecycle": "ACTIVE", "lastContactAt": None,
    }  # fmt: skip
    assert (await admin.ask("customers", "nodes { id }", search="huaweijishu"))["nodes"] == [{"id": stays}]
    entries = await office.rows("SELECT verb FROM change WHERE verb = 'customer.merge' ORDER BY id")
    assert len(entries) == 2


async def test_lists_are_united_without_doubles(office: Office):
    admin = office.admin
    reach: dict[str, Any] = {"emailAddresses": [{"address": "A@x.cn"}], "addresses": [{"street": "坂田"}]}
    stays = await customer(admin, "华为", phoneNumbers=[{"raw": "13800138000", "primary": True}], **reach)
    reach = {"emailAddresses": [{"address": "a@X.cn"}, {"address": "b@x.cn"}], "addresses": [{"street": "坂田"}]}
    goes = await customer(
        admin, "华为技术", phoneNumbers=[{"raw": "138 0013 8000"}, {"raw": "13800138001", "primary": True}], **reach
    )
    tags = [(await admin.do("tagCreate", "tag { id }", input={"name": name}))["id"] for name in "ab"]
    await admin.do("recordsTag", "results { id }", input={"ids": [stays], "addIds": tags[:1]})
    await admin.do("recordsTag", "results { id }", input={"ids": [goes], "addIds": tags})
    reader, helper = await office.hire("reader", {"customer.*": "OWN"}), await office.hire("helper", {"customer.*": "OWN"})
    soon, later = (print_instant(now() + timedelta(days=days)) for days in (1, 2))
    shares = (
        (stays, reader.id, "READ", later), (goes, reader.id, "EDIT", soon), (goes, helper.id, "READ", None),
        (stays, str(EVERYONE_ID), "READ", soon), (goes, str(EVERYONE_ID), "READ", None),
    )  # fmt: skip
    for record, principal, access, until in shares:
        given = {"ids": [record], "principalIds": [principal], "access": access, "expiresAt": until}
        await admin.do("recordsShare", "results { id }", input=given)
    await merge(admin, stays, goes)
    assert await admin.ask("customer", LISTS, id=stays) == {
        "phoneNumbers": [{"raw": "13800138000", "primary": True}, {"raw": "13800138001", "primary": False}],
        "emailAddresses": [{"address": "A@x.cn"}, {"address": "b@x.cn"}],
        "addresses": [{"street": "坂田"}],
        "tags": [{"name": "a"}, {"name": "b"}],
    }
    found = await office.rows("SELECT principal_id::text, access, expires_at FROM share WHERE record_id = $1", stays)
    assert {(row[0], row[1], row[2] and print_instant(row[2])) for row in found} == {
        (reader.id, "EDIT", later), (helper.id, "READ", None), (str(EVERYONE_ID), "READ", None),
    }  # fmt: skip
    assert (await helper.ask("customer", "id", id=goes))["id"] == stays


async def test_a_survivor_below_takes_the_place_of_the_merged(office: Office):
    """What would belong to itself: the survivor is a grandchild of the other, or would be put below its own child."""
    admin = office.admin
    top = await customer(admin, "集团")
    goes = await customer(admin, "中国", parentId=top)
    between = await customer(admin, "华东", parentId=goes)
    stays = await customer(admin, "上海", parentId=between)
    await merge(admin, stays, goes)
    assert (await admin.ask("customer", "parent { id }", id=stays))["parent"] == {"id": top}
    assert (await admin.ask("customer", "parent { id }", id=between))["parent"] == {"id": stays}
    await merge(admin, top, between, choices=[{"field": "PARENT", "side": "MERGED"}])
    assert (await admin.ask("customer", "parent { id }", id=top))["parent"] is None


async def test_what_cannot_be_merged_is_refused_and_nothing_changes(office: Office):
    admin = office.admin
    one, two = await customer(admin, "一"), await customer(admin, "二", note="x")
    supplier = await customer(admin, "三", "supplier")
    gone = await customer(admin, "四")
    await admin.do("customerDelete", "customer { id }", id=gone)
    seller = await office.hire(
        "seller", {"customer.READ": "ALL", "customer.UPDATE": "OWN", "customer.DELETE": "OWN", "customer.CREATE": "OWN"}
    )
    mine = await customer(seller, "我的")
    many = [{"raw": f"1380013{place:04d}"} for place in range(80)]
    full, fuller = await customer(admin, "五", phoneNumbers=many[:50]), await customer(admin, "六", phoneNumbers=many[40:])
    keeper = await office.hire("keeper", {"customer.READ": "OWN", "customer.UPDATE": "ALL", "customer.DELETE": "ALL"})
    async with office.unchanged():
        for merged, wanted in (
            (one, ("INVALID", ["input", "mergedId"])), (one.upper(), ("INVALID", ["input", "mergedId"])),
            (supplier, ("INVALID", ["input", "mergedId"])), (gone, ("NOT_FOUND", ["input", "mergedId"])),
            (unknown(Kind.PARTY), ("NOT_FOUND", ["input", "mergedId"])), ("x", ("NOT_FOUND", ["input", "mergedId"])),
            (unknown(Kind.CONTACT), ("NOT_FOUND", ["input", "mergedId"])),
        ):  # fmt: skip
            assert await admin.refusals("partyMerge", **into(one, merged)) == [wanted]
        assert await admin.refusals("partyMerge", **into(gone, one)) == [("NOT_FOUND", ["input", "survivorId"])]
        assert await seller.refusals("partyMerge", **into(one, mine)) == [("FORBIDDEN", ["input", "survivorId"])]
        assert await seller.refusals("partyMerge", **into(mine, one)) == [("FORBIDDEN", ["input", "mergedId"])]
        assert await keeper.refusals("partyMerge", **into(one, two)) == [("NOT_FOUND", ["input", "survivorId"])]
        assert await admin.refusals("partyMerge", **into(full, fuller)) == [("INVALID", ["input", "mergedId"])]
        assert await admin.refusals("partyMerge", **into(one, two, mergedVersion=9)) == [("CONFLICT", ["input", "mergedVersion"])]
        twice = [{"field": "NOTE", "side": side} for side in ("MERGED", "SURVIVOR")]
        assert await admin.refusals("partyMerge", **into(one, two, choices=twice)) == [
            ("INVALID", ["input", "choices", "1", "field"])
        ]
        asked = {"survivorId": mine, "mergedId": supplier}
        problems = (await seller.asked("partyMergePreview", "problems { code }", **asked)).codes
        assert problems == ["NOT_FOUND"]
        found = await seller.ask("partyMergePreview", "problems { code field }", survivorId=one, mergedId=full)
        assert [each["code"] for each in found["problems"]] == ["FORBIDDEN", "FORBIDDEN"]
        found = await admin.ask("partyMergePreview", "problems { code }", survivorId=full, mergedId=fuller)
        assert [each["code"] for each in found["problems"]] == ["INVALID"]


async def test_hidden_and_frozen_fields_are_not_shown_nor_overwritten(office: Office):
    admin = office.admin
    clerk = await office.hire(
        "clerk", {"customer.*": "ALL"}, hidden=["customer.creditLimit", "customer.phoneNumbers"], frozen=["customer.note"]
    )
    stays = await customer(admin, "华为")
    goes = await customer(admin, "华为技术", creditLimit="5", note="n", website="w", phoneNumbers=[{"raw": "13800138000"}])
    person = await contact(admin, "王", goes)
    preview = await clerk.ask(
        "partyMergePreview", "fields { field closed side } following { entity }", survivorId=stays, mergedId=goes
    )
    shown = {each["field"]: (each["closed"], each["side"]) for each in preview["fields"]}
    assert "creditLimit" not in shown
    assert shown["note"] == (True, "SURVIVOR")
    assert preview["following"] == []  # contacts are closed to them: not even counted
    async with office.unchanged():
        for field in ("CREDIT_LIMIT", "NOTE"):
            choices = [{"field": field, "side": "MERGED"}]
            assert await clerk.refusals("partyMerge", **into(stays, goes, choices=choices)) == [
                ("FORBIDDEN", ["input", "choices", "0", "field"])
            ]
    await merge(clerk, stays, goes)
    found = await admin.ask("customer", "creditLimit note website phoneNumbers { raw } contacts { nodes { id } }", id=stays)
    assert found == {
        "creditLimit": None,
        "note": None,
        "website": "w",
        "phoneNumbers": [],
        "contacts": {"nodes": [{"id": person}]},
    }


async def test_the_preview_counts_what_one_sees(office: Office):
    admin = office.admin
    seller = await office.hire("seller", GRANTS)
    stays, goes = await customer(seller, "一"), await customer(seller, "二")
    await belongings(admin, goes)
    found = await seller.ask("partyMergePreview", "following { entity count }", survivorId=stays, mergedId=goes)
    counts = {each["entity"]: each["count"] for each in found["following"]}
    assert counts == {"contact": 1, "activity": 1, "opportunity": 1}  # wherever the party is seen; the subsidiary is another's
    found = await admin.ask("partyMergePreview", "following { entity count }", survivorId=stays, mergedId=goes)
    assert {each["entity"] for each in found["following"]} == {*counts, "contract", "delivery", "party"}
