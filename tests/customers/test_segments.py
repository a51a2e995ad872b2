"""Segments: static and dynamic, in filters everywhere, with the rights of whoever reads; the same by a plan and without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened, unknown
from tests.factories.both_ways import BothWays, both_ways

from crm.core.kinds import Kind

office = pytest.fixture(opened)
SEGMENT = "segment { id version kind holds filter memberCount }"
IDS, FILTER = ["input", "recordIds"], ["input", "filter"]
READER = {"customer.READ": "OWN", "segment.READ": "OWN", "contact.READ": "OWN"}


@pytest.fixture
async def both(office: Office, tmp_path: Path) -> AsyncIterator[BothWays]:
    async with both_ways(office, tmp_path) as found:
        yield found


async def customers(office: Office, *names: str, who: Api | None = None, **values: Any) -> dict[str, str]:
    made = {}
    for name in names:
        given = {"name": name, **values}
        made[name] = (await (who or office.admin).do("customerCreate", "customer { id }", input=given))["id"]
    return made


async def dynamic(who: Api, label: str, kind: str = "customers", /, **asked: Any) -> dict[str, Any]:
    return await who.do("segmentCreate", SEGMENT, input={"name": label, "filter": {kind: asked}})


async def members(both: BothWays, who: Api, segment: str, noun: str = "customers", /, **more: Any) -> list[str]:
    """Who is in it: the list and its count, by variable and written into the document."""
    found = await both.ask(
        who, noun, "nodes { name } totalCount", filter={"inSegment": segment, **more}, orderBy=[{"field": "NAME"}]
    )
    names = [node["name"] for node in found["nodes"]]
    assert found["totalCount"] == len(names)
    written = await both.run(who, f'{{ {noun}(filter: {{inSegment: "{segment}"}}) {{ totalCount }} }}')
    assert more or written.data == {noun: {"totalCount": len(names)}}
    return names


async def test_a_dynamic_segment_is_asked_again_each_time_it_is_read(office: Office, both: BothWays):
    await customers(office, "a1", "a2", "b1", lifecycle="ACTIVE", creditLimit="1000")
    made = await dynamic(
        office.admin, "A 类", name={"startsWith": "a"}, creditLimit={"gte": "999.5"}, lifecycle={"in": ["ACTIVE", "LOST"]}
    )
    assert made == {
        "id": made["id"], "version": 1, "kind": "DYNAMIC", "holds": "CUSTOMER", "memberCount": 2,
        "filter": '{"name":{"startsWith":"a"},"creditLimit":{"gte":"999.5"},"lifecycle":{"in":["ACTIVE","LOST"]}}',
    }  # fmt: skip
    assert await members(both, office.admin, made["id"]) == ["a1", "a2"]
    await customers(office, "a3", lifecycle="ACTIVE", creditLimit="2000")
    assert await members(both, office.admin, made["id"]) == ["a1", "a2", "a3"]
    new = {"filter": {"customers": {"name": {"startsWith": "b"}}}}
    await office.admin.do("segmentUpdate", id=made["id"], version=1, input=new)
    assert await members(both, office.admin, made["id"]) == ["b1"], "a plan has kept what the segment held before"
    assert await members(both, office.admin, made["id"], name={"eq": "a1"}) == []
    several = {"or": [{"inSegment": made["id"]}, {"not": {"not": {"name": {"eq": "a2"}}}}]}
    found = await both.ask(office.admin, "customers", "nodes { name }", filter=several, orderBy=[{"field": "NAME"}])
    assert [node["name"] for node in found["nodes"]] == ["a2", "b1"]


async def test_a_static_segment_holds_whom_it_was_given(office: Office, both: BothWays):
    ids = await customers(office, "a", "b", "c")
    admin = office.admin
    made = await admin.do("segmentCreate", SEGMENT, input={"name": "老客户", "holds": "CUSTOMER"})
    assert (made["kind"], made["filter"], made["memberCount"]) == ("STATIC", None, 0)
    joined = await admin.do("segmentAdd", SEGMENT, id=made["id"], input={"recordIds": [ids["a"], ids["b"], ids["a"]]})
    assert (joined["memberCount"], joined["version"]) == (2, 2)
    again = await admin.do("segmentAdd", SEGMENT, id=made["id"], input={"recordIds": [ids["b"]]})
    assert again["version"] == 2
    left = "segment { memberCount changes(first: 1) { nodes { verb fields { field old new } } } }"
    gone = await admin.do("segmentRemove", left, id=made["id"], input={"recordIds": [ids["b"], ids["c"]]})
    entry = {"verb": "segment.remove", "fields": [{"field": "members", "old": [ids["b"]], "new": None}]}
    assert gone == {"memberCount": 1, "changes": {"nodes": [entry]}}
    assert await members(both, admin, made["id"]) == ["a"]
    supplier = await admin.do("supplierCreate", "supplier { id }", input={"name": "s"})
    async with office.unchanged():
        for wrong in (supplier["id"], unknown(Kind.PARTY), made["id"], "x"):
            given = {"recordIds": [ids["c"], wrong]}
            assert await admin.refusals("segmentAdd", id=made["id"], input=given) == [("NOT_FOUND", [*IDS, "1"])]
        for few in ([], [ids["c"]] * 501):
            assert await admin.refusals("segmentAdd", id=made["id"], input={"recordIds": few}) == [
                ("INVALID", ["input", "recordIds"])
            ]
        filtered = {"filter": {"customers": {"name": {"eq": "a"}}}}
        assert await admin.refusals("segmentUpdate", id=made["id"], version=3, input=filtered) == [
            ("INVALID", ["input", "filter"])
        ]
        assert await admin.refusals("segmentFreeze", id=made["id"], version=3) == [("INVALID", ["id"])]
        assert await admin.refusals("segmentCreate", input={"name": "x"}) == [("REQUIRED", ["input", "holds"])]


async def test_everybody_sees_of_a_shared_segment_only_whom_they_see(office: Office, both: BothWays):
    await customers(office, "a1", "a2")
    seller = await office.hire("seller", {**READER, "customer.CREATE": "OWN"})
    await customers(office, "a3", who=seller)
    made = await dynamic(office.admin, "A", name={"startsWith": "a"})
    frozen = await dynamic(office.admin, "冻", name={"startsWith": "a"})
    await office.admin.do("segmentFreeze", SEGMENT, id=frozen["id"], version=1)
    for segment in (made, frozen):
        assert await members(both, seller, segment["id"]) == [], "it is not shared yet"
        answer = await both.asked(seller, "segment", "name", id=segment["id"])
        assert answer.codes == ["NOT_FOUND"]
        share = {"ids": [segment["id"]], "principalIds": [seller.id], "access": "READ"}
        await office.admin.do("recordsShare", input=share)
        assert await members(both, seller, segment["id"]) == ["a3"]
        assert (await both.ask(seller, "segment", "memberCount", id=segment["id"])) == {"memberCount": 1}
        assert len(await members(both, office.admin, segment["id"])) == 3
    async with office.unchanged():
        answer = await seller.run(f'mutation {{ segmentDelete(id: "{made["id"]}") {{ userErrors {{ code }} }} }}')
        assert answer.codes == ["FORBIDDEN"]
    nobody = await office.hire("nobody", {"customer.READ": "ALL"})
    assert (await both.ask(nobody, "customers", "totalCount", filter={"inSegment": made["id"]})) == {"totalCount": 0}
    assert (await both.ask(nobody, "customers", "totalCount", filter={"not": {"inSegment": made["id"]}})) == {"totalCount": 3}


async def test_segments_are_conditions_anywhere(office: Office, both: BothWays):
    """On a contact's party, in lists under records, of contacts, of channels and suppliers."""
    ids = await customers(office, "a", "b")
    admin = office.admin
    for name, party in (("王", "a"), ("李", "b")):
        await admin.do("contactCreate", input={"name": name, "partyId": ids[party]})
    of_a = await dynamic(admin, "A", name={"eq": "a"})
    wang = await dynamic(admin, "王", "contacts", name={"startsWith": "王"})
    found = await both.ask(admin, "contacts", "nodes { name }", filter={"party": {"inSegment": of_a["id"]}})
    assert [node["name"] for node in found["nodes"]] == ["王"]
    found = await both.ask(admin, "customers", "nodes { name }", filter={"contacts": {"some": {"inSegment": wang["id"]}}})
    assert [node["name"] for node in found["nodes"]] == ["a"]
    text = (
        "query ($s: ID!) { customers(orderBy: [{field: NAME}]) { nodes { contacts(filter: {inSegment: $s}) { totalCount } } } }"
    )
    answer = await both.run(admin, text, s=wang["id"])
    assert [node["contacts"]["totalCount"] for node in answer.data["customers"]["nodes"]] == [1, 0]
    shown = f'customer {{ contacts(filter: {{inSegment: "{wang["id"]}"}}) {{ nodes {{ name }} }} }}'
    after = await admin.do("customerUpdate", shown, id=ids["a"], version=1, input={"note": "x"})
    assert after == {"contacts": {"nodes": [{"name": "王"}]}}
    for noun in ("channel", "supplier"):
        await admin.do(f"{noun}Create", input={"name": "x"})
        made = await dynamic(admin, noun, f"{noun}s", name={"eq": "x"})
        assert made["memberCount"] == 1
        assert await members(both, admin, made["id"], f"{noun}s") == ["x"]
    answer = await both.asked(admin, "customers", "totalCount", filter={"inSegment": wang["id"]})
    assert answer.codes == ["BAD_USER_INPUT"]
    for nothing in ("x", unknown(Kind.SEGMENT), ids["a"]):
        assert (await both.ask(admin, "customers", "totalCount", filter={"inSegment": nothing})) == {"totalCount": 0}


async def test_a_segment_that_asks_for_what_is_hidden_or_gone_answers_an_error(office: Office, both: BothWays):
    admin = office.admin
    given = {"entity": "customer", "key": "size", "labelZh": "规模", "labelEn": "Size", "type": "NUMBER"}
    field = await admin.do("customFieldCreate", "customField { id }", input=given)
    await customers(office, "a", "b")
    asks = {"customFields": [{"key": "size", "number": {"gte": "1"}}]}
    made, credit = await dynamic(admin, "大", **asks), await dynamic(admin, "信用", creditLimit={"gte": "1"})
    inner = await dynamic(admin, "内", name={"eq": "a"})
    outer = await dynamic(admin, "外", **{"not": {"inSegment": inner["id"]}})
    assert await members(both, admin, outer["id"]) == ["b"]
    clerk = await office.hire(
        "clerk", {"customer.READ": "ALL", "segment.READ": "ALL"}, hidden=["customer.creditLimit", "customer.custom.size"]
    )
    for segment, key in ((made, "customer.custom.size"), (credit, "customer.creditLimit")):
        answer = await both.asked(clerk, "customers", "nodes { name } totalCount", filter={"inSegment": segment["id"]})
        assert answer.data == {"customers": None}
        assert [error["extensions"] for error in answer.errors] == [{"code": "FORBIDDEN", "permission": key}]
        counted = await both.asked(clerk, "segments", "nodes { memberCount }", filter={"id": {"eq": segment["id"]}})
        assert counted.data == {"segments": {"nodes": [{"memberCount": None}]}}
        assert counted.codes == ["FORBIDDEN"]
    await admin.do("customFieldDelete", id=field["id"])
    await admin.do("segmentDelete", id=inner["id"])
    for segment in (made, outer):
        answer = await both.asked(admin, "customers", "nodes { name }", filter={"inSegment": segment["id"]})
        assert (answer.codes, answer.data) == (["BAD_USER_INPUT"], {"customers": None})
        async with office.unchanged():
            assert await admin.refusals("segmentFreeze", id=segment["id"], version=1) == [("INVALID", ["id"])]
    await admin.do("segmentRestore", id=inner["id"])
    assert await members(both, admin, outer["id"]) == ["b"]
    await office.rows('UPDATE segment SET asked = \'{"nothing": {"eq": 1}}\' WHERE id = $1', made["id"])
    await office.rows('UPDATE segment SET asked = \'{"createdAt": {"eq": "1"}}\' WHERE id = $1', credit["id"])
    for segment in (made, credit):
        assert (await both.asked(admin, "customers", "totalCount", filter={"inSegment": segment["id"]})).codes == [
            "BAD_USER_INPUT"
        ]


async def test_a_wrong_segment_is_refused_when_it_is_saved(office: Office):
    clerk = await office.hire(
        "clerk", {"customer.READ": "ALL", "segment.*": "OWN"}, hidden=["customer.creditLimit"], frozen=["segment.description"]
    )
    private = await dynamic(office.admin, "私", name={"eq": "a"})
    deep: dict[str, Any] = {"name": {"eq": "a"}}
    for _ in range(7):
        deep = {"not": deep}
    wrong = [
        ({"customers": {"creditLimit": {"gte": "1"}}}, "FORBIDDEN"),
        ({"customers": {"customFields": [{"key": "nothing", "isNull": True}]}}, "INVALID"),
        ({"customers": {"inSegment": private["id"]}}, "NOT_FOUND"),
        ({"customers": {"inSegment": unknown(Kind.SEGMENT)}}, "NOT_FOUND"),
        ({"customers": deep}, "INVALID"),
        ({"customers": {"or": [{"and": [{"name": {"eq": str(n)}} for n in range(100)]} for n in range(6)]}}, "INVALID"),
        ({"customers": {"name": {"in": ["x" * 900] * 30}}}, "INVALID"),
        ({"contacts": {"name": {"eq": "a"}}}, "FORBIDDEN"),
    ]
    async with office.unchanged():
        for given, code in wrong:
            found = await clerk.refusals("segmentCreate", input={"name": "x", "filter": given})
            assert found == [(code, FILTER)], given
        assert await clerk.refusals("segmentCreate", input={"name": " ", "holds": "CUSTOMER"}) == [
            ("REQUIRED", ["input", "name"])
        ]
        described = {"name": "x", "holds": "CUSTOMER", "description": "x"}
        assert await clerk.refusals("segmentCreate", input=described) == [("FORBIDDEN", ["input", "description"])]
        assert await clerk.refusals("segmentUpdate", id=private["id"], version=1, input={}) == [("NOT_FOUND", ["id"])]
        both_at_once = {"name": "x", "filter": {"customers": {}, "contacts": {}}}
        assert (await clerk.run(CREATE, input=both_at_once)).codes == ["BAD_USER_INPUT"]
        assert await office.admin.refusals("segmentUpdate", id=private["id"], version=9, input={}) == [("CONFLICT", ["version"])]
        other = {"filter": {"contacts": {"name": {"eq": "a"}}}}
        assert await office.admin.refusals("segmentUpdate", id=private["id"], version=1, input=other) == [
            ("INVALID", ["input", "filter"])
        ]
        members = {"recordIds": [unknown(Kind.PARTY)]}
        assert await office.admin.refusals("segmentAdd", id=private["id"], input=members) == [("INVALID", ["id"])]


CREATE = "mutation ($input: SegmentCreateInput!) { segmentCreate(input: $input) { userErrors { code } } }"


async def test_segments_made_of_segments_neither_circle_nor_pile_up(office: Office, both: BothWays):
    admin = office.admin
    await customers(office, "a")
    chain = [await dynamic(admin, "0", name={"eq": "a"})]
    for level in range(1, 5):
        chain.append(await dynamic(admin, str(level), inSegment=chain[-1]["id"]))
    assert await members(both, admin, chain[-1]["id"]) == ["a"]
    async with office.unchanged():
        one_more = {"name": "x", "filter": {"customers": {"inSegment": chain[-1]["id"]}}}
        assert await admin.refusals("segmentCreate", input=one_more) == [("INVALID", FILTER)]
        for last in (chain[0], chain[2], chain[4]):
            circle = {"filter": {"customers": {"or": [{"inSegment": last["id"]}]}}}
            assert await admin.refusals("segmentUpdate", id=chain[0]["id"], version=1, input=circle) == [
                ("INVALID", ["input", "filter"])
            ]
    one, two = await dynamic(admin, "one", name={"eq": "a"}), await dynamic(admin, "two", name={"eq": "a"})
    crossing = [
        admin.tried("segmentUpdate", id=here["id"], version=1, input={"filter": {"customers": {"inSegment": there["id"]}}})
        for here, there in ((one, two), (two, one))
    ]
    outcomes = await asyncio.gather(*crossing)
    assert sorted(len(each["userErrors"]) for each in outcomes) == [0, 1], "two changes closed a circle together"
    wide = await dynamic(admin, "wide", **{"or": [{"name": {"eq": str(n)}} for n in range(90)]})
    async with office.unchanged():
        bomb = {"name": "bomb", "filter": {"customers": {"or": [{"inSegment": wide["id"]}] * 90}}}
        assert await admin.refusals("segmentCreate", input=bomb) == [("INVALID", FILTER)]
    several = {"or": [{"inSegment": wide["id"]}] * 90}
    assert (await both.asked(admin, "customers", "totalCount", filter=several)).codes == ["BAD_USER_INPUT"]


async def test_segments_are_counted_by_one_statement_however_many(office: Office):
    await customers(office, "a", "b")
    for number in range(2):
        await dynamic(office.admin, f"{number}", name={"eq": "a"})
    async with office.counted() as few:
        await office.admin.ask("segments", "nodes { memberCount }")
    for number in range(5):
        await dynamic(office.admin, f"more {number}", name={"eq": "a"})
    async with office.counted() as many:
        found = await office.admin.ask("segments", "nodes { memberCount }")
    assert [node["memberCount"] for node in found["nodes"]] == [1] * 7
    assert len(many.queries) == len(few.queries)


async def test_figures_are_made_of_segments_and_custom_fields_too(office: Office, both: BothWays):
    """The contact plan, the board, figures of calls and the pool take the filters of the lists that they are made of."""
    admin = office.admin
    given = {"entity": "customer", "key": "size", "type": "NUMBER", "labelZh": "规模", "labelEn": "Size"}
    await admin.do("customFieldCreate", "customField { id }", input=given)
    sized = {"customFields": [{"key": "size", "number": "7"}], "nextContactAt": "2020-01-01T00:00:00Z"}
    due = {"nextContactAt": "2020-01-01T00:00:00Z"}
    ids = await customers(office, "a1", "a2", **sized) | await customers(office, "b", "c", **due)
    large = (await dynamic(admin, "大", customFields=[{"key": "size", "number": {"gte": "5"}}]))["id"]
    for asked in ({"inSegment": large}, {"customFields": [{"key": "size", "number": {"eq": "7"}}]}):
        plan = await admin.ask("contactPlan", "overdue", groupBy="ALL", filter=asked)
        assert plan == [{"overdue": 2}]
        between = {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z", "by": "ALL"}
        assert await admin.ask("callFigures", "offered", filter={"party": asked}, **between) == []
    deal = {"title": "t", "partyId": ids["a2"], "amount": "5"}
    await admin.do("opportunityCreate", "opportunity { id }", input=deal)
    await admin.do("opportunityCreate", "opportunity { id }", input={**deal, "partyId": ids["b"]})
    pipeline = (await admin.ask("pipelines", "nodes { id }"))["nodes"][0]["id"]
    board = await admin.ask("opportunityBoard", "count", pipelineId=pipeline, filter={"party": {"inSegment": large}})
    assert sum(column["count"] for column in board) == 1
    for name in ("a1", "c"):
        await admin.do("customerRelease", "customer { id }", id=ids[name], reason="不再跟进")
    taker = await office.hire("taker", READER | {"pool.READ": "ALL"})
    await admin.do("recordsShare", "results { id }", input={"ids": [large], "principalIds": [taker.id], "access": "READ"})
    found = await both.ask(taker, "poolCustomers", "nodes { name customFields { number } }", filter={"inSegment": large})
    assert found["nodes"] == [{"name": "a1", "customFields": [{"number": "7.0000"}]}]
