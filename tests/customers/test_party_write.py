"""Customers, channels and suppliers: created, changed, deleted, restored; what is refused changes nothing."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
PARTIES = ["customer", "channel", "supplier"]
PARTY = """{ id version type name shortName creditCode creditLimit paymentTermsDays website lifecycle contactCycleDays note
    nextContactAt owner { username } department { name } level { code } parent { name }
    phoneNumbers { raw e164 extension label primary position } emailAddresses { address label primary }
    addresses { country city street postalCode region { code } } createdBy { username } updatedBy { username } }"""


async def item(office: Office, dictionary: str, code: str) -> str:
    query = "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE d.code = $1 AND i.code = $2"
    return str(await office.value(query, dictionary, code))


@pytest.mark.parametrize("entity", PARTIES)
async def test_a_new_party_has_what_was_given(office: Office, entity):
    parent = await office.admin.do(f"{entity}Create", f"{entity} {{ id }}", input={"name": "集团"})
    given = {
        "name": "  华为技术有限公司\u200b ",
        "shortName": "华为",
        "creditLimit": "1250.5",
        "paymentTermsDays": 30,
        "website": "https://huawei.com",
        "lifecycle": "ACTIVE",
        "contactCycleDays": 7,
        "note": " 重要\n客户 ",
        "nextContactAt": "2030-01-31T09:00:00+08:00",
        "parentId": parent["id"],
        "levelId": await item(office, "customer_level", "a"),
        "phoneNumbers": [{"raw": "0571-8765 4321 转 12", "label": "work", "primary": True}, {"raw": "13800138000"}],
        "emailAddresses": [{"address": "info@huawei.com"}],
        "addresses": [
            {"street": "坂田", "city": "深圳", "regionId": await item(office, "region", "shenzhen"), "postalCode": "518129"}
        ],
    }
    made = await office.admin.do(f"{entity}Create", f"{entity} {PARTY}", input=given)
    numbers = made.pop("phoneNumbers")
    assert [(each["raw"], each["e164"], each["extension"], each["primary"], each["position"]) for each in numbers] == [
        ("0571-8765 4321 转 12", "+8657187654321", "12", True, 0),
        ("13800138000", "+8613800138000", None, False, 1),
    ]
    assert made == {
        "id": made["id"],
        "version": 1,
        "type": entity.upper(),
        "name": "华为技术有限公司",
        "shortName": "华为",
        "creditCode": None,
        "creditLimit": "1250.5000",
        "paymentTermsDays": 30,
        "website": "https://huawei.com",
        "lifecycle": "ACTIVE",
        "contactCycleDays": 7,
        "note": "重要\n客户",
        "nextContactAt": "2030-01-31T01:00:00+00:00",
        "owner": {"username": "admin"},
        "department": None,
        "level": {"code": "a"},
        "parent": {"name": "集团"},
        "emailAddresses": [{"address": "info@huawei.com", "label": None, "primary": False}],
        "addresses": [
            {"country": "CN", "city": "深圳", "street": "坂田", "postalCode": "518129", "region": {"code": "shenzhen"}}
        ],
        "createdBy": {"username": "admin"},
        "updatedBy": {"username": "admin"},
    }


@pytest.mark.parametrize("entity", PARTIES)
async def test_an_update_changes_what_is_given_and_leaves_the_rest(office: Office, entity):
    given = {"name": "华为", "note": "n", "website": "w", "phoneNumbers": [{"raw": "13800138000"}]}
    made = await office.admin.do(f"{entity}Create", f"{entity} {PARTY}", input=given)
    changed = await office.admin.do(
        f"{entity}Update", f"{entity} {PARTY}", id=made["id"], version=1, input={"name": "中兴", "website": None}
    )
    assert changed == made | {"version": 2, "name": "中兴", "website": None}
    emptied = await office.admin.do(f"{entity}Update", f"{entity} {PARTY}", id=made["id"], version=2, input={"phoneNumbers": []})
    assert emptied == changed | {"version": 3, "phoneNumbers": []}


async def test_an_update_that_changes_nothing_writes_nothing(office: Office):
    given = {"name": "华为", "phoneNumbers": [{"raw": "13800138000"}], "creditLimit": "5"}
    made = await office.admin.do("customerCreate", "customer { id }", input=given)
    async with office.unchanged():
        await office.admin.do(
            "customerUpdate", "customer { id }", id=made["id"], version=1, input={**given, "creditLimit": "5.00"}
        )


@pytest.mark.parametrize("entity", PARTIES)
async def test_a_deleted_party_is_gone_until_it_is_restored(office: Office, entity):
    admin = office.admin
    made = await admin.do(f"{entity}Create", f"{entity} {PARTY}", input={"name": "华为"})
    key = {"id": made["id"]}
    assert await admin.do(f"{entity}Delete", f"{entity} {{ id }}", **key) is None
    assert (await admin.asked(entity, "id", **key)).codes == ["NOT_FOUND"]
    assert (await admin.asked("node", "id", **key)).codes == ["NOT_FOUND"]
    assert (await admin.ask(f"{entity}s", "nodes { id } totalCount")) == {"nodes": [], "totalCount": 0}
    async with office.unchanged():
        assert await admin.refusals(f"{entity}Delete", **key) == [("NOT_FOUND", ["id"])]
        assert await admin.refusals(f"{entity}Update", **key, version=2, input={"name": "x"}) == [("NOT_FOUND", ["id"])]
    thrown = await admin.ask("deletedRecords", "nodes { id entity name deletedBy { username } } totalCount", entity=entity)
    assert thrown == {"nodes": [{**key, "entity": entity, "name": "华为", "deletedBy": {"username": "admin"}}], "totalCount": 1}
    restored = await admin.do(f"{entity}Restore", f"{entity} {PARTY}", **key)
    assert restored == made | {"version": 3}
    async with office.unchanged():
        assert await admin.refusals(f"{entity}Restore", **key) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize("verb", ["Update", "Delete", "Restore"])
async def test_a_party_of_another_type_is_not_found(office: Office, verb):
    channel = await office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"})
    if verb == "Restore":
        await office.admin.do("channelDelete", "channel { id }", id=channel["id"])
    more = {"version": 1, "input": {"name": "x"}} if verb == "Update" else {}
    async with office.unchanged():
        assert await office.admin.refusals(f"customer{verb}", id=channel["id"], **more) == [("NOT_FOUND", ["id"])]
    assert (await office.admin.asked("customer", "id", id=channel["id"])).codes == ["NOT_FOUND"]


BAD = {
    "no name": ({"name": ""}, "REQUIRED", ["input", "name"]),
    "invisible name": ({"name": "\u200b\u202e \u3000"}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "华" * 201}, "INVALID", ["input", "name"]),
    "nul": ({"name": "a\x00b"}, "INVALID", ["input", "name"]),
    "long note": ({"note": "x" * 20_001}, "INVALID", ["input", "note"]),
    "credit code": ({"creditCode": "91440300279156306Y"}, "INVALID", ["input", "creditCode"]),
    "negative limit": ({"creditLimit": "-1"}, "INVALID", ["input", "creditLimit"]),
    "limit with five digits": ({"creditLimit": "0.00001"}, "INVALID", ["input", "creditLimit"]),
    "limit too large": ({"creditLimit": "1" + "0" * 16}, "INVALID", ["input", "creditLimit"]),
    "terms": ({"paymentTermsDays": -1}, "INVALID", ["input", "paymentTermsDays"]),
    "cycle of no day": ({"contactCycleDays": 0}, "INVALID", ["input", "contactCycleDays"]),
    "cycle too long": ({"contactCycleDays": 2**31 - 1}, "INVALID", ["input", "contactCycleDays"]),
    "level malformed": ({"levelId": "a"}, "NOT_FOUND", ["input", "levelId"]),
    "level unknown": ({"levelId": unknown(Kind.DICTIONARY_ITEM)}, "NOT_FOUND", ["input", "levelId"]),
    "parent of another kind": ({"parentId": unknown(Kind.CONTACT)}, "NOT_FOUND", ["input", "parentId"]),
    "owner unknown": ({"ownerId": unknown(Kind.USER)}, "NOT_FOUND", ["input", "ownerId"]),
    "no phone number": (
        {"phoneNumbers": [{"raw": "13800138000"}, {"raw": "hello"}]},
        "INVALID",
        ["input", "phoneNumbers", "1", "raw"],
    ),
    "empty phone number": ({"phoneNumbers": [{"raw": " "}]}, "REQUIRED", ["input", "phoneNumbers", "0", "raw"]),
    "long label": (
        {"phoneNumbers": [{"raw": "13800138000", "label": "x" * 41}]},
        "INVALID",
        ["input", "phoneNumbers", "0", "label"],
    ),
    "too many numbers": ({"phoneNumbers": [{"raw": "13800138000"}] * 51}, "INVALID", ["input", "phoneNumbers"]),
    "no address": ({"emailAddresses": [{"address": "nobody"}]}, "INVALID", ["input", "emailAddresses", "0", "address"]),
    "country": ({"addresses": [{"street": "x", "country": "china"}]}, "INVALID", ["input", "addresses", "0", "country"]),
    "region": ({"addresses": [{"street": "x", "regionId": "x"}]}, "NOT_FOUND", ["input", "addresses", "0", "regionId"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_value_is_refused_at_its_place_and_nothing_is_written(office: Office, given, code, field):
    made = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    async with office.unchanged():
        assert await office.admin.refusals("customerCreate", input={"name": "中兴"} | given) == [(code, field)]
        if "ownerId" not in given:
            assert await office.admin.refusals("customerUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_everything_that_is_wrong_is_told_at_once(office: Office):
    given = {"name": "x" * 201, "note": "x" * 20_001, "website": "x" * 201}
    refused = await office.admin.refusals("customerCreate", input=given)
    assert sorted(field[1] for _, field in refused) == ["name", "note", "website"]


async def test_an_option_of_another_dictionary_or_a_retired_one_is_refused(office: Office):
    other, retired = await item(office, "industry", "it"), await item(office, "customer_level", "d")
    await office.admin.do("dictionaryItemUpdate", "dictionaryItem { id }", id=retired, version=1, input={"active": False})
    async with office.unchanged():
        for key in (other, retired):
            refused = await office.admin.refusals("customerCreate", input={"name": "x", "levelId": key})
            assert refused == [("INVALID", ["input", "levelId"])]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "x", "lifecycle": "ASLEEP"},
        {"name": "x", "shoeSize": 43},
        {"name": 5},
        {"name": None},
        {},
        {"name": "x", "creditLimit": 1.5},
        {"name": "x", "creditLimit": "NaN"},
        {"name": "x", "creditLimit": "1e400"},
        {"name": "x", "nextContactAt": "2030-01-31T09:00:00"},
        {"name": "x", "nextContactAt": "soon"},
        {"name": "x", "paymentTermsDays": 2**31},
        {"name": "x", "phoneNumbers": None},
        {"name": "x", "phoneNumbers": [None]},
        {"name": "x", "phoneNumbers": [{}]},
        [],
        "x",
        None,
    ],
)
async def test_a_value_of_the_wrong_type_is_a_wrong_request(office: Office, given):
    async with office.unchanged():
        answer = (
            await office.admin.asked("me", "id")
            if given is ...
            else await office.admin.run(
                "mutation ($i: PartyCreateInput!) { customerCreate(input: $i) { customer { id } userErrors { code } } }", i=given
            )
        )
    assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("version", [0, 2, -1, 2**31 - 1])
async def test_another_version_is_a_conflict_that_tells_the_current_one(office: Office, version):
    made = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    async with office.unchanged():
        payload = await office.admin.tried(
            "customerUpdate", "customer { id }", id=made["id"], version=version, input={"name": "x"}
        )
    (error,) = payload["userErrors"]
    assert (payload["customer"], error["code"], error["field"], error["currentVersion"]) == (None, "CONFLICT", ["version"], 1)


async def test_of_two_updates_of_one_version_one_is_a_conflict(office: Office):
    made = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    changes = [{"name": f"名{n}", "phoneNumbers": [{"raw": f"1380013800{n}"}]} for n in range(5)]
    payloads = await asyncio.gather(
        *(office.admin.tried("customerUpdate", "customer { name }", id=made["id"], version=1, input=each) for each in changes)
    )
    done = [payload["customer"] for payload in payloads if payload["customer"]]
    assert len(done) == 1
    assert [(e["code"], e["currentVersion"]) for p in payloads for e in p["userErrors"]] == [("CONFLICT", 2)] * 4
    stored = await office.admin.ask("customer", "name version phoneNumbers { raw }", id=made["id"])
    assert (stored["name"], stored["version"], len(stored["phoneNumbers"])) == (done[0]["name"], 2, 1)


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_a_party_does_not_belong_to_itself(office: Office, length):
    line = [await office.admin.do("customerCreate", "customer { id }", input={"name": "p0"})]
    for n in range(1, length):
        line.append(
            await office.admin.do("customerCreate", "customer { id }", input={"name": f"p{n}", "parentId": line[-1]["id"]})
        )
    async with office.unchanged():
        refused = await office.admin.refusals("customerUpdate", id=line[0]["id"], version=1, input={"parentId": line[-1]["id"]})
    assert refused == [("INVALID", ["input", "parentId"])]


async def test_two_parents_given_at_once_make_no_circle(office: Office):
    for _ in range(5):
        a, b = [await office.admin.do("customerCreate", "customer { id }", input={"name": name}) for name in "ab"]
        payloads = await asyncio.gather(
            office.admin.tried("customerUpdate", "customer { id }", id=a["id"], version=1, input={"parentId": b["id"]}),
            office.admin.tried("customerUpdate", "customer { id }", id=b["id"], version=1, input={"parentId": a["id"]}),
        )
        assert [payload["customer"] for payload in payloads].count(None) == 1


async def test_an_owner_must_be_within_the_creators_scope(office: Office):
    agent = await office.hire("agent", {"customer.*": "OWN"})
    async with office.unchanged():
        refused = await agent.refusals("customerCreate", input={"name": "x", "ownerId": office.admin.id})
    assert refused == [("FORBIDDEN", ["input", "ownerId"])]
    made = await agent.do("customerCreate", "customer { owner { username } }", input={"name": "x"})
    assert made == {"owner": {"username": "agent"}}


async def test_a_party_that_is_seen_but_not_ones_own_to_change_is_forbidden(office: Office):
    agent = await office.hire("agent", {"customer.READ": "ALL", "customer.UPDATE": "OWN", "customer.DELETE": "OWN"})
    made = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    async with office.unchanged():
        assert await agent.refusals("customerUpdate", id=made["id"], version=1, input={"name": "x"}) == [("FORBIDDEN", ["id"])]
        assert await agent.refusals("customerDelete", id=made["id"]) == [("FORBIDDEN", ["id"])]


async def test_a_frozen_field_is_seen_and_not_changed(office: Office):
    agent = await office.hire(
        "agent", {"customer.*": "ALL"}, frozen=["customer.creditLimit", "customer.phoneNumbers", "customer.level"]
    )
    made = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为", "creditLimit": "5"})
    level = await item(office, "customer_level", "a")
    async with office.unchanged():
        for given in ({"creditLimit": "6"}, {"phoneNumbers": []}, {"levelId": level}, {"name": "x", "creditLimit": None}):
            field = next(name for name in given if name != "name").removesuffix("Id")
            refused = await agent.refusals("customerUpdate", id=made["id"], version=1, input=given)
            assert [(code, path[1].removesuffix("Id")) for code, path in refused] == [("FORBIDDEN", field)]
    assert (await agent.ask("customer", "creditLimit", id=made["id"])) == {"creditLimit": "5.0000"}


@pytest.mark.parametrize("odd", ["", "x", "\x00", "' OR 1=1 --", unknown(Kind.CONTACT), unknown(Kind.PARTY)])
async def test_an_odd_id_is_not_found(office: Office, odd):
    async with office.unchanged():
        assert await office.admin.refusals("customerUpdate", id=odd, version=1, input={"name": "x"}) == [("NOT_FOUND", ["id"])]
        assert await office.admin.refusals("customerDelete", id=odd) == [("NOT_FOUND", ["id"])]
        assert await office.admin.refusals("customerRestore", id=odd) == [("NOT_FOUND", ["id"])]
    for name in ("customer", "node"):
        answer = await office.admin.asked(name, "id", id=odd)
        assert (answer.codes, answer.data, answer.errors[0]["path"]) == (["NOT_FOUND"], {name: None}, [name])
