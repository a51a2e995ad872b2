"""What the search centre finds in the public pool: names, and never a number that is masked there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.customers.test_pool import MASKED, SALES, made, pooled
from tests.factories.api import Api, Office, opened

from crm.access import search, search_reach
from crm.graph import search_wishes

office = pytest.fixture(opened)
SEARCH = """query ($q: String!) { search(query: $q) { totalCount partial facets { entities { entity count } }
    nodes { title score matches { field text }
        record { ... on Customer { phoneNumbers { raw e164 extension display label } } } } } }"""
NAME = "杭州西湖茶叶有限公司"
CARD = {
    "note": "老板手机 13812345678", "website": "https://tea.example.com",
    "shortName": "茶叶138", "creditCode": "91350100M000100Y43",
}  # fmt: skip
NUMBERS = (
    "1234", "12345", "13812345678", "87654321", "4321", "wang", "example", "文三路", "老板", "手机 13812345678", "tea.example",
)  # fmt: skip
"""What stands behind the window: in numbers and addresses, and in the note, which tells the number once more."""
NOTHING = {"totalCount": 0, "partial": False, "facets": {"entities": []}, "nodes": []}


async def found(who: Api, query: str) -> dict[str, Any]:
    answer = await who.run(SEARCH, q=query)
    assert answer.errors == [], answer.body
    return dict(answer.data["search"])


async def titles(who: Api, query: str) -> list[str]:
    return [hit["title"] for hit in (await found(who, query))["nodes"]]


@pytest.mark.parametrize("few", [False, True], ids=["rows", "ids"])
async def test_the_pool_is_found_by_names_and_not_by_what_is_masked(office: Office, monkeypatch: pytest.MonkeyPatch, few: bool):
    if few:  # what people get who see few records, where a word is in more entries than are looked at
        monkeypatch.setattr(search_wishes, "MOST_AMONG", -1)
        monkeypatch.setattr("crm.access.loading.NARROW_SHARE", 2)
    boss = await office.hire(
        "boss", {"customer.*": "ALL", **{f"pool.{each}": "ALL" for each in ("READ", "UPDATE", "TRANSFER", "ADMINISTER")}}
    )
    customer = await pooled(office.admin, NAME, **CARD)
    await office.rows("ANALYZE")
    seller, stranger = await office.hire("seller", SALES), await office.hire("stranger", {"customer.READ": "OWN"})
    for query in ("西湖", "xihu", "xhcy", "茶叶138", "9135", "西湖 茶叶138"):
        assert await titles(seller, query) == await titles(boss, query) == [NAME], query
        assert await titles(stranger, query) == [], query
    for query in NUMBERS:
        assert await titles(boss, query) == await titles(office.admin, query) == [NAME], query
        for words in (query, f"西湖 {query}"):
            assert await found(seller, words) == NOTHING, words
    (hit,) = (await found(seller, "西湖 138"))["nodes"]
    assert hit == {
        "title": NAME, "score": 20, "record": {"phoneNumbers": MASKED},
        "matches": [{"field": "name", "text": NAME}, {"field": "shortName", "text": "茶叶138"}],
    }  # fmt: skip
    # By a share the seller sees it otherwise, and so all of it.
    shared = {"ids": [customer], "principalIds": [seller.id], "access": "READ"}
    await office.admin.do("recordsShare", "results { id }", input=shared)
    assert await titles(seller, "西湖 12345") == await titles(seller, "西湖 手机") == [NAME]
    (hit,) = (await found(seller, "138"))["nodes"]
    assert {match["field"] for match in hit["matches"]} == {"shortName", "phoneNumbers", "note"}


async def test_a_name_that_is_a_number_is_found_by_nobody_who_sees_it_masked(office: Office):
    """People who were never asked for their names are called by their numbers."""
    seller = await office.hire("seller", SALES)
    await pooled(office.admin, "来电 13812345678")
    mine = await made(seller, "来电 13812349999", phoneNumbers=[])
    assert await titles(seller, "13812345678") == []
    assert await titles(seller, "13812349999") == ["来电 13812349999"]
    assert sorted(await titles(seller, "来电")) == ["来电 13812345678", "来电 13812349999"]
    await seller.do("customerRelease", "customer { id }", id=mine, reason="没有需求")
    assert await titles(seller, "13812349999") == []


async def test_of_a_large_pool_the_latest_are_looked_at_and_the_answer_says_so(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search_reach, "MOST_OF_OTHERS", 3)
    for module in (search_reach, search_wishes):
        monkeypatch.setattr(module, "MOST_AMONG", 3)
    monkeypatch.setattr("crm.access.loading.NARROW_SHARE", 2)
    search_reach.most_of.cache_clear()
    search._made.cache_clear()
    for number in range(5):
        await pooled(office.admin, f"公海公司 {number}")
    await office.rows("ANALYZE")
    seller = await office.hire("seller", SALES)
    mine = [await made(seller, f"自有公司 {number}") for number in range(2)]
    answer = await found(seller, "公司")
    assert answer["partial"]
    assert {"自有公司 0", "自有公司 1", "公海公司 4"} <= {hit["title"] for hit in answer["nodes"]}
    assert len(answer["nodes"]) == answer["totalCount"] == len(mine) + 4
    search_reach.most_of.cache_clear()
    search._made.cache_clear()
