"""The search centre: what is found, in what order, with what around it, and what happens while records are written."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import Answer, Api, Office, opened
from tests.factories.entries import check_entries

from crm.access import commonness, search_reach
from crm.cli.search import rebuild_entries
from crm.core.kinds import Kind
from crm.core.search_queries import read_query
from crm.graph import search_wishes
from crm.services.search_entries import any_waiting
from crm.services.system.accounts import SYSTEM, system_deed

office = pytest.fixture(opened)
HITS = "nodes { entity title score matches { field text ranges { start length } } }"


async def search(who: Api, query: str, selection: str = HITS, **more: Any) -> Answer:
    kinds = {"entities": "[String!]", "ownerIds": "[ID!]", "states": "[String!]", "updatedSince": "DateTime", "first": "Int"}
    kinds["after"] = "String"
    declared = "".join(f", ${name}: {kinds[name]}" for name in more)
    given = "".join(f", {name}: ${name}" for name in more)
    body = {"query": f"query ($q: String!{declared}) {{ search(query: $q{given}) {{ {selection} }} }}"}
    return await who.post(body | {"variables": {"q": query, **more}})


async def titles(who: Api, query: str, **more: Any) -> list[str]:
    answer = await search(who, query, **more)
    assert answer.errors == [], answer.body
    return [hit["title"] for hit in answer.data["search"]["nodes"]]


async def customer(who: Api, name: str, **values: Any) -> str:
    return str((await who.do("customerCreate", "customer { id }", input={"name": name, **values}))["id"])


async def contact(who: Api, name: str, party: str, **values: Any) -> str:
    return str((await who.do("contactCreate", "contact { id }", input={"name": name, "partyId": party, **values}))["id"])


async def test_records_of_all_kinds_are_found_ranked_and_marked(office: Office):
    admin = office.admin
    whole = await customer(admin, "华为", note="原名不详")
    await customer(admin, "新华为家电有限公司")
    begins = await customer(admin, "华为技术有限公司", shortName="HW", phoneNumbers=[{"raw": "0571-87654321"}])
    await contact(admin, "张伟", begins, emailAddresses=[{"address": "wei.zhang@huawei.test"}], note="认识华为的人")
    await admin.do("supplierCreate", "supplier { id }", input={"name": "深圳华为配件厂"})
    await admin.do("activityCreate", "activity { id }", input={"kind": "VISIT", "subject": "拜访华为", "partyId": whole})
    answer = await search(admin, "华为", f"totalCount partial {HITS} facets {{ entities {{ entity count }} }}")
    found = answer.data["search"]
    assert [(hit["title"], hit["score"]) for hit in found["nodes"]] == [
        ("华为", 100), ("华为技术有限公司", 80), ("拜访华为", 40), ("深圳华为配件厂", 40), ("新华为家电有限公司", 40),
        ("张伟", 10),
    ]  # fmt: skip
    assert found["nodes"][1]["matches"] == [{"field": "name", "text": "华为技术有限公司", "ranges": [{"start": 0, "length": 2}]}]
    assert found["nodes"][5]["matches"] == [{"field": "note", "text": "认识华为的人", "ranges": [{"start": 2, "length": 2}]}]
    assert (found["totalCount"], found["partial"]) == (6, False)
    assert found["facets"]["entities"] == [
        {"entity": "customer", "count": 3}, {"entity": "activity", "count": 1}, {"entity": "contact", "count": 1},
        {"entity": "supplier", "count": 1},
    ]  # fmt: skip
    for query in ("zhangwei", "zw", "張偉", "wei.zhang@huawei", "张伟 华为", "华为技术 张", "ZHANG huawei.test"):
        assert "张伟" in await titles(admin, query), query
    assert await titles(admin, "4321") == await titles(admin, "0571 8765") == ["华为技术有限公司"]
    assert await titles(admin, "hw") == ["华为技术有限公司", "华为", "拜访华为", "深圳华为配件厂", "新华为家电有限公司"]
    hits = (await search(admin, "4321")).data["search"]["nodes"]
    assert [match["text"] for match in hits[0]["matches"]] == ["0571 8765 4321"]


async def test_pages_follow_each_other_and_belong_to_their_search(office: Office):
    for number in range(5):
        await customer(office.admin, f"西湖茶叶 {number}")
    selection = f"{HITS} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage endCursor }}"
    first = (await search(office.admin, "西湖", selection, first=3)).data["search"]
    end = first["pageInfo"]["endCursor"]
    rest = (await search(office.admin, "西湖", selection, first=3, after=end)).data["search"]
    assert [hit["title"] for page in (first, rest) for hit in page["nodes"]] == [
        f"西湖茶叶 {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, rest)] == [True, False]
    assert rest["pageInfo"]["hasPreviousPage"]
    for other, cursor in (("茶叶", end), ("西湖", "nonsense"), ("西湖", "é")):
        assert (await search(office.admin, other, first=3, after=cursor)).codes == ["BAD_USER_INPUT"]
    assert (await search(office.admin, "西湖", first=0)).codes == ["BAD_USER_INPUT"]


async def test_an_entry_follows_its_record_in_the_same_transaction(office: Office):
    admin = office.admin
    key = await customer(admin, "龙井茶庄", phoneNumbers=[{"raw": "13800138000"}])
    person = await contact(admin, "曾勇", key)
    assert await titles(admin, "longjing") == ["龙井茶庄"]
    await admin.do("customerUpdate", "customer { id }", id=key, version=1, input={"name": "碧螺春茶庄"})
    assert [await titles(admin, query) for query in ("龙井", "茶庄", "碧螺春 曾")] == [[], ["碧螺春茶庄"], ["曾勇"]]
    async with office.unchanged():  # a refusal leaves the entry as it is
        await admin.refusals("customerUpdate", id=key, version=1, input={"name": "普洱"})
    await admin.do("customerUpdate", "customer { id }", id=key, version=2, input={"phoneNumbers": [{"raw": "13911112222"}]})
    assert (await titles(admin, "138001"), await titles(admin, "1112222")) == ([], ["碧螺春茶庄"])
    await admin.do("contactDelete", "contact { id }", id=person)
    assert await titles(admin, "曾勇") == []
    await admin.do("contactRestore", "contact { id }", id=person)
    assert await titles(admin, "cengyong") == ["曾勇"]
    await admin.do("contactDelete", "contact { id }", id=person)
    assert (await admin.tried("recordPurge", id=person))["userErrors"] == []
    assert await office.value("SELECT count(*) FROM search_entry WHERE record_id = $1", UUID(person)) == 0
    assert await check_entries(office.database) == 1


async def test_two_who_write_at_once_leave_the_entry_of_what_stands_there(office: Office):
    key = await customer(office.admin, "甲乙")
    texts = [f"客户{number} 备注{number}" for number in range(6)]
    outcomes = await asyncio.gather(
        *(office.admin.tried("customerUpdate", id=key, version=1, input={"name": text}) for text in texts),
        rebuild_entries(office.database, lambda *_: None, everything=True, batch=1),
    )
    assert sum(1 for each in outcomes if isinstance(each, dict) and not each["userErrors"]) == 1
    await check_entries(office.database)


async def test_nobody_finds_by_what_they_may_not_read(office: Office):
    admin = office.admin
    key = await customer(admin, "机密客户", note="暗号芝麻", phoneNumbers=[{"raw": "13800138000"}], shortName="代号青龙")
    await contact(admin, "张三", key)
    hidden = ["customer.note", "customer.phoneNumbers", "customer.shortName"]
    blind = await office.hire("blind", {"customer.READ": "ALL", "contact.READ": "ALL"}, hidden=hidden)
    assert await titles(blind, "机密") == ["机密客户"]
    for query in ("芝麻", "138001", "青龙", "qinglong", "机密 芝麻"):
        assert await titles(admin, query) == ["机密客户"], query
        assert await titles(blind, query) == [], query
    # Whoever sees the contact and not its party does not find it by the party's name.
    clerk = await office.hire("clerk", {"contact.READ": "ALL"})
    assert await titles(blind, "机密 张") == await titles(clerk, "张三") == ["张三"]
    assert await titles(clerk, "机密 张") == []
    seller = await office.hire("seller", {"customer.*": "OWN", "contact.*": "OWN"})
    assert await titles(seller, "机密") == []
    await admin.do("recordsTransfer", input={"ids": [key], "toId": seller.id, "withChildren": False})
    assert sorted(await titles(seller, "机密")) == ["机密客户"]
    assert await titles(seller, "机密 张") == ["张三"]
    nobody = await office.hire("nobody")
    assert await titles(nobody, "机密") == []
    assert (await search(office.anonymous, "机密")).codes == ["UNAUTHENTICATED"]


async def test_hits_are_narrowed_and_counted_by_facets(office: Office):
    admin = office.admin
    seller = await office.hire("seller", {"customer.*": "ALL", "opportunity.*": "ALL"})
    key = await customer(seller, "蓝天航空", lifecycle="ACTIVE")
    await customer(admin, "蓝天物流")
    await seller.do("opportunityCreate", "opportunity { id }", input={"title": "蓝天一号", "partyId": key})
    facets = "totalCount facets { entities { entity count } states { entity state count } owners { owner { username } count } }"
    found = (await search(admin, "蓝天", facets)).data["search"]
    assert found["totalCount"] == 3
    assert {(each["entity"], each["state"]): each["count"] for each in found["facets"]["states"]} == {
        ("customer", "ACTIVE"): 1, ("customer", "LEAD"): 1, ("opportunity", "OPEN"): 1,
    }  # fmt: skip
    assert [(each["owner"]["username"], each["count"]) for each in found["facets"]["owners"]] == [("seller", 2), ("admin", 1)]
    assert await titles(admin, "蓝天", states=["ACTIVE", "OPEN"]) == ["蓝天一号", "蓝天航空"]
    assert await titles(admin, "蓝天", ownerIds=[admin.id]) == ["蓝天物流"]
    assert await titles(admin, "蓝天", ownerIds=["nonsense"]) == []
    assert await titles(admin, "蓝天", entities=["opportunity"]) == ["蓝天一号"]
    assert await titles(admin, "蓝天", updatedSince="2099-01-01T00:00:00Z") == []
    for wrong in ({"entities": ["tag"]}, {"entities": ["customer"] * 51}, {"states": ["a\0"]}):
        assert (await search(admin, "蓝天", **wrong)).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "query", ["", "%", "_", "x" * 10_000, "a b c d e f g h i", "😀", "a\0b", "&|!:*()<->'", "。、", "\u202e"]
)
async def test_what_cannot_be_looked_for_is_refused(office: Office, query: str):
    assert (await search(office.admin, query)).codes == ["BAD_USER_INPUT"]


async def test_odd_words_find_nothing_and_break_nothing(office: Office):
    await customer(office.admin, "O'Reilly & Söhne 100% _x_ שלום")
    for query in (
        "'",
        "o'reilly",
        "söhne",
        "SOHNE",
        "100%",
        "_x_",
        "שלום",
        "o'r | x",
        "oreilly",
        "x:*",
        "!x",
        "<->",
        "\\",
        "華",
        "🐉 söhne",
    ):
        answer = await search(office.admin, query)
        assert answer.codes in ([], ["BAD_USER_INPUT"]), query
    assert await titles(office.admin, "o'reilly sohne 100") == ["O'Reilly & Söhne 100% _x_ שלום"]


async def test_of_common_words_the_best_are_found_and_the_count_says_that_there_are_more(office: Office, monkeypatch):
    monkeypatch.setattr(search_reach, "MOST", 3)
    search_reach.most_of.cache_clear()
    for number in range(8):
        await customer(office.admin, f"东方公司 {number}")
    await customer(office.admin, "公司之家")
    found = (await search(office.admin, "公司", "totalCount partial nodes { title score }")).data["search"]
    assert found["partial"]
    assert found["totalCount"] >= 4
    assert found["nodes"][0] == {"title": "公司之家", "score": 80}
    # Somebody who sees little finds all of that, whatever others have.
    seller = await office.hire("seller", {"customer.*": "OWN"})
    mine = {await customer(seller, f"西方公司 {number}") for number in range(5)}
    monkeypatch.setattr(search_reach, "MOST_OF_OTHERS", 3)
    search_reach.most_of.cache_clear()
    await office.rows("ANALYZE")
    seller = await office.signed_in("seller")
    monkeypatch.setattr("crm.access.loading.NARROW_SHARE", 2)
    seller = await office.signed_in("seller")
    found = (await search(seller, "公司", "totalCount partial nodes { id }")).data["search"]
    assert (found["totalCount"], found["partial"], {hit["id"] for hit in found["nodes"]}) == (5, False, mine)
    search_reach.most_of.cache_clear()


async def test_a_word_of_all_parties_is_not_sought_in_the_newest_contacts(office: Office, monkeypatch):
    """How common it is counts in each kind by itself; else three million contacts would be read for what none of them has."""
    monkeypatch.setattr(commonness, "MANY", 3)
    monkeypatch.setattr(search_wishes, "MANY", 3)
    monkeypatch.setattr(search_reach, "MOST", 3)
    search_reach.most_of.cache_clear()
    for number in range(8):
        await contact(office.admin, f"王 {number}", await customer(office.admin, f"东方公司 {number}"))
    await office.rows("ANALYZE search_entry")
    known, query = commonness.Commonness(), read_query("公司")
    async with office.database.connection() as connection:
        await known.refresh(connection)
    wish = query.anywhere(frozenset())
    assert (round(known.of(wish)), round(known.of(wish, Kind.PARTY)), known.of(wish, Kind.CONTACT)) == (8, 8, 0)
    looked = search_wishes.wishes(query, ("customer", "contact"), SYSTEM.rights, known)
    assert [(each.searched.kind, each.reach) for each in looked] == [
        (Kind.PARTY, search_reach.Reach.NEWEST), (Kind.CONTACT, search_reach.Reach.BEGINNINGS),
    ]  # fmt: skip
    assert len(await titles(office.admin, "公司")) == 4
    # Where enough begin with the word, nothing else is looked for, and there are more.
    found = (await search(office.admin, "东方", "totalCount partial")).data["search"]
    assert found == {"totalCount": 4, "partial": True}
    search_reach.most_of.cache_clear()


async def test_what_is_missing_is_made_anew_and_no_more(office: Office):
    keys = [await customer(office.admin, f"重建 {number}") for number in range(7)]
    await office.rows("DELETE FROM search_entry WHERE record_id = ANY($1::uuid[])", [UUID(key) for key in keys[:4]])
    await office.rows("UPDATE search_entry SET format = 0 WHERE record_id = $1", UUID(keys[5]))
    await office.rows(
        "UPDATE search_entry SET record_id = $1 WHERE record_id = $2", UUID(int=UUID(keys[6]).int + 1), UUID(keys[6])
    )
    async with system_deed(office.database, "look") as deed:
        assert await any_waiting(deed)
    steps: list[tuple[str, int, int]] = []
    assert await rebuild_entries(office.database, lambda *step: steps.append(step), batch=2) == 6
    assert steps == [("party", 2, 6), ("party", 4, 6), ("party", 6, 6)]
    assert await check_entries(office.database) == 7
    async with system_deed(office.database, "look") as deed:
        assert not await any_waiting(deed)
    assert await rebuild_entries(office.database, lambda *_: None) == 0
    assert await rebuild_entries(office.database, lambda *_: None, everything=True) == 7


async def test_a_page_takes_as_many_statements_however_many_are_found(office: Office):
    selection = f"totalCount {HITS} nodes {{ record {{ id }} }} facets {{ owners {{ owner {{ username }} }} }}"
    await customer(office.admin, "计数 0")
    await search(office.admin, "计数", selection)
    async with office.counted() as few:
        await search(office.admin, "计数", selection)
    for number in range(12):
        await customer(office.admin, f"计数 {number}")
    async with office.counted() as many:
        await search(office.admin, "计数", selection)
    # Three, and three more around the first, which say how it is planned.
    assert few.total == many.total <= 6
