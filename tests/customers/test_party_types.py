"""What one type of party has and the others have not; suppliers seen for buying; no circle among territories and channels."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)


async def item(office: Office, dictionary: str, code: str) -> str:
    sql = "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE d.code = $1 AND i.code = $2"
    return str(await office.value(sql, dictionary, code))


async def made(office: Office, entity: str, **given: object) -> str:
    return str((await office.admin.do(f"{entity}Create", f"{entity} {{ id }}", input={"name": f"a {entity}", **given}))["id"])


async def test_each_type_has_a_dictionary_of_types_of_its_own(office: Office):
    right = {"customer": "enterprise", "channel": "integrator", "supplier": "manufacturer"}
    options = {entity: await item(office, f"{entity}_type", code) for entity, code in right.items()}
    for entity, option in options.items():
        key = await made(office, entity, categoryId=option)
        assert await office.admin.ask(entity, "category { code }", id=key) == {"category": {"code": right[entity]}}
        async with office.unchanged():
            for other in set(options.values()) - {option}:
                refused = await office.admin.refusals(f"{entity}Update", id=key, version=1, input={"categoryId": other})
                assert refused == [("INVALID", ["input", "categoryId"])]
        # What stands there from before is not judged anew.
        old = next(other for other in options.values() if other != option)
        await office.rows("UPDATE party SET category_id = $1 WHERE id = $2", old, key)
        whole = {"categoryId": old, "note": "edited"}
        assert await office.admin.do(f"{entity}Update", f"{entity} {{ note }}", id=key, version=1, input=whole) == {
            "note": "edited"
        }


async def test_groups_territories_and_channels_belong_to_their_type(office: Office):
    group = await made(office, "channelGroup")
    territory = await made(office, "territory")
    channel = await made(office, "channel", channelGroupId=group, territoryId=territory)
    customer = await made(office, "customer", channelId=channel)
    seen = "channelGroup { name } territory { name } customers { nodes { id channel { id } } }"
    assert await office.admin.ask("channel", seen, id=channel) == {
        "channelGroup": {"name": "a channelGroup"},
        "territory": {"name": "a territory"},
        "customers": {"nodes": [{"id": customer, "channel": {"id": channel}}]},
    }
    assert (await office.admin.ask("channelGroup", "channels { totalCount }", id=group))["channels"]["totalCount"] == 1
    # As the interface shows them, in one list.
    page = "nodes { name subsidiaries { nodes { ... on Channel { channelGroup { name } } ... on Customer { channel { id } } } } }"
    above = await made(office, "channel", name="above")
    await office.admin.do("channelUpdate", "channel { id }", id=channel, version=1, input={"parentId": above})
    found = {each["name"]: each["subsidiaries"]["nodes"] for each in (await office.admin.ask("channels", page))["nodes"]}
    assert found["above"] == [{"channelGroup": {"name": "a channelGroup"}}]
    async with office.unchanged():
        for entity, field, value in (
            ("customer", "channelGroupId", group), ("customer", "territoryId", territory), ("supplier", "channelGroupId", group),
            ("supplier", "channelId", channel), ("channel", "channelId", channel), ("customer", "channelId", customer),
            ("channel", "parentId", customer),
        ):  # fmt: skip
            refused = await office.admin.refusals(f"{entity}Create", input={"name": "x", field: value})
            assert refused == [("INVALID", ["input", field])], (entity, field)
        for name in ("channelGroup", "territory"):
            refused = await office.admin.refusals(f"{name}Create", input={"name": f"A {name}".upper()})
            assert refused == [("DUPLICATE", ["input", "name"])]


async def test_no_territory_and_no_channel_lies_in_itself(office: Office):
    for entity in ("territory", "channel"):
        keys = [await made(office, entity, name=f"{entity} {number}") for number in range(3)]
        for below, above in ((keys[1], keys[0]), (keys[2], keys[1])):
            await office.admin.do(f"{entity}Update", f"{entity} {{ id }}", id=below, version=1, input={"parentId": above})
        async with office.unchanged():
            for above in keys:
                refused = await office.admin.refusals(f"{entity}Update", id=keys[0], version=1, input={"parentId": above})
                assert refused == [("INVALID", ["input", "parentId"])]
    # Two moves that are each fine would close a circle together.
    one, other = [await made(office, "territory", name=name) for name in ("one", "other")]
    moves = [("one", one, other), ("other", other, one)]
    payloads = await asyncio.gather(
        *(office.admin.tried("territoryUpdate", id=low, version=1, input={"parentId": top}) for _, low, top in moves)
    )
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["INVALID"]


async def test_territories_cover_regions_and_come_back_from_the_bin(office: Office):
    jiangsu, it = await item(office, "region", "jiangsu"), await item(office, "industry", "it")
    key = await made(office, "territory", regionIds=[jiangsu, jiangsu])
    assert await office.admin.ask("territory", "regions { code }", id=key) == {"regions": [{"code": "jiangsu"}]}
    async with office.unchanged():
        for wrong, code in ((it, "INVALID"), (unknown(Kind.DICTIONARY_ITEM), "NOT_FOUND"), ("x", "NOT_FOUND")):
            refused = await office.admin.refusals("territoryUpdate", id=key, version=1, input={"regionIds": [jiangsu, wrong]})
            assert refused == [(code, ["input", "regionIds", "1"])]
        same = await office.admin.do(
            "territoryUpdate", "territory { version }", id=key, version=1, input={"regionIds": [jiangsu]}
        )
        assert same == {"version": 1}
    await office.admin.do("territoryUpdate", "territory { id }", id=key, version=1, input={"regionIds": []})
    await office.admin.do("territoryDelete", "territory { id }", id=key)
    assert (await office.admin.ask("territories", "totalCount"))["totalCount"] == 0
    back = await office.admin.do("territoryRestore", "territory { name regions { code } }", id=key)
    assert back == {"name": "a territory", "regions": []}


SUPPLIER_VIEW = """name category { labelZh } contacts { nodes { name } } activities { nodes { subject status } }
    contracts { nodes { title kind } } deliveries { totalCount } shares { totalCount } trail(first: 3) { nodes { verb } }"""


async def test_a_supplier_is_seen_whole_in_one_query(office: Office):
    key = await made(office, "supplier", categoryId=await item(office, "supplier_type", "trader"))
    await office.admin.do("contactCreate", "contact { id }", input={"name": "王采", "partyId": key})
    visit = {"kind": "VISIT", "subject": "验厂", "partyId": key, "plannedAt": "2030-01-01T00:00:00Z"}
    await office.admin.do("activityCreate", "activity { id }", input=visit)
    paper = {"title": "年度框架", "kind": "PURCHASE", "partyId": key}
    await office.admin.do("contractCreate", "contract { id }", input=paper)
    async with office.counted() as count:
        seen = await office.admin.ask("supplier", SUPPLIER_VIEW, id=key)
    assert len(count.queries) == 1
    assert seen["category"] == {"labelZh": "贸易商"}
    assert seen["contacts"]["nodes"] == [{"name": "王采"}]
    assert seen["activities"]["nodes"] == [{"subject": "验厂", "status": "PLANNED"}]
    assert seen["contracts"]["nodes"] == [{"title": "年度框架", "kind": "PURCHASE"}]
    assert [each["verb"] for each in seen["trail"]["nodes"]] == ["contract.create", "activity.create", "contact.create"]
