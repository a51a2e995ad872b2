"""Lists of customers: every operator, combinations, conditions on related records, search, and reading both ways."""

from __future__ import annotations

import pytest
from tests.factories.api import Office, kept

ROWS = [
    # name, level, lifecycle, credit limit, terms, next contact, contacts, website
    ("甲 100%", "a", "LEAD", "100", 30, "2030-01-01T00:00:00Z", ["王一", "李二"], "a_b"),
    ("乙公司", "b", "ACTIVE", "200.5", None, "2030-02-01T00:00:00Z", ["王三"], "axb"),
    ("丙公司", None, "ACTIVE", None, 60, None, [], None),
    ("Acme Co., Ltd.", "a", "LOST", "0", 0, "2030-03-01T00:00:00Z", ["Ann"], "A%B"),
    ("重庆火锅", None, "LEAD", None, None, None, [], "back\\slash"),
]
ALL = {"甲", "乙", "丙", "A", "重"}


@pytest.fixture(scope="module")
async def office(databases):
    async for made in kept(databases):
        await furnish(made)
        yield made


async def furnish(office: Office) -> None:
    admin = office.admin
    for name, level, lifecycle, limit, terms, due, contacts, website in ROWS:
        given = {
            "name": name,
            "lifecycle": lifecycle,
            "creditLimit": limit,
            "paymentTermsDays": terms,
            "nextContactAt": due,
            "website": website,
        }
        given["levelId"] = await level_id(office, level) if level else None
        made = await admin.do("customerCreate", "customer { id }", input=given)
        for contact in contacts:
            person = await admin.do(
                "contactCreate", "contact { id }", input={"name": contact, "partyId": made["id"], "birthdayOn": "1990-01-31"}
            )
            await admin.do(
                "activityCreate",
                "activity { id }",
                input={"kind": "CALL", "subject": f"致电{contact}", "contactId": person["id"]},
            )
    await admin.do("channelCreate", "channel { id }", input={"name": "甲渠道"})
    tag = await admin.do("tagCreate", "tag { id }", input={"name": "重点"})
    first = (await admin.ask("customers", "nodes { id }", search="甲"))["nodes"][0]["id"]
    await admin.do("recordsTag", "results { userErrors { code } }", input={"ids": [first], "addIds": [tag["id"]]})


async def level_id(office: Office, code: str) -> str:
    query = (
        "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
        " WHERE d.code = 'customer_level' AND i.code = $1"
    )
    return str(await office.value(query, code))


async def found(office: Office, **arguments: object) -> set[str]:
    """The first characters of the names in a list, whose count must agree."""
    page = await office.admin.ask("customers", "nodes { name } totalCount", **arguments)
    assert page["totalCount"] == len(page["nodes"])
    return {node["name"][0] for node in page["nodes"]}


FILTERS = [
    ({}, ALL),
    ({"name": {"eq": "乙公司"}}, {"乙"}),
    ({"name": {"ne": "乙公司"}}, ALL - {"乙"}),
    ({"name": {"in": ["乙公司", "丙公司", "无"]}}, {"乙", "丙"}),
    ({"name": {"in": []}}, set()),
    ({"name": {"startsWith": "甲"}}, {"甲"}),
    ({"name": {"startsWith": "acme"}}, set()),
    ({"name": {"contains": "ACME"}}, {"A"}),
    ({"name": {"contains": "公司"}}, {"乙", "丙"}),
    ({"name": {"contains": "0%"}}, {"甲"}),
    ({"name": {"contains": "%"}}, {"甲"}),
    ({"name": {"contains": "_"}}, set()),
    ({"website": {"contains": "a_b"}}, {"甲"}),
    ({"website": {"contains": "a%b"}}, {"A"}),
    ({"website": {"startsWith": "a_"}}, {"甲"}),
    ({"website": {"contains": "\\"}}, {"重"}),
    ({"website": {"startsWith": "back\\"}}, {"重"}),
    ({"website": {"contains": ""}}, ALL - {"丙"}),
    ({"website": {"isNull": True}}, {"丙"}),
    ({"website": {"isNull": False}}, ALL - {"丙"}),
    ({"website": {"ne": "a_b"}}, ALL - {"甲"}),
    ({"lifecycle": {"eq": "ACTIVE"}}, {"乙", "丙"}),
    ({"lifecycle": {"ne": "ACTIVE"}}, ALL - {"乙", "丙"}),
    ({"lifecycle": {"in": ["LEAD", "LOST"]}}, {"甲", "A", "重"}),
    ({"type": {"eq": "CUSTOMER"}}, ALL),
    ({"type": {"eq": "CHANNEL"}}, set()),
    ({"creditLimit": {"eq": "200.50"}}, {"乙"}),
    ({"creditLimit": {"gt": "100"}}, {"乙"}),
    ({"creditLimit": {"gte": "100", "lt": "200.5"}}, {"甲"}),
    ({"creditLimit": {"lte": "0"}}, {"A"}),
    ({"creditLimit": {"ne": "0"}}, ALL - {"A"}),
    ({"creditLimit": {"in": ["0", "100.0"]}}, {"A", "甲"}),
    ({"creditLimit": {"isNull": True}}, {"丙", "重"}),
    ({"paymentTermsDays": {"lt": 31}}, {"甲", "A"}),
    ({"paymentTermsDays": {"in": [60, 0]}}, {"丙", "A"}),
    ({"nextContactAt": {"gt": "2030-02-01T08:00:00+08:00"}}, {"A"}),
    ({"nextContactAt": {"lte": "2030-02-01T08:00:00+08:00"}}, {"甲", "乙"}),
    ({"nextContactAt": {"eq": "2030-01-01T00:00:00Z"}}, {"甲"}),
    ({"and": [{"lifecycle": {"eq": "ACTIVE"}}, {"website": {"isNull": True}}]}, {"丙"}),
    ({"or": [{"lifecycle": {"eq": "LOST"}}, {"name": {"startsWith": "重"}}]}, {"A", "重"}),
    ({"and": []}, ALL),
    ({"or": []}, set()),
    ({"not": {}}, set()),
    ({"not": {"creditLimit": {"gt": "50"}}}, {"丙", "A", "重"}),
    ({"not": {"not": {"creditLimit": {"gt": "50"}}}}, {"甲", "乙"}),
    ({"or": [{"not": {"lifecycle": {"eq": "LEAD"}}}, {"and": [{"name": {"contains": "锅"}}, {}]}]}, ALL - {"甲"}),
    ({"lifecycle": {"eq": "LEAD"}, "website": {"startsWith": "a"}}, {"甲"}),
    ({"contacts": {"some": {}}}, {"甲", "乙", "A"}),
    ({"contacts": {"none": {}}}, {"丙", "重"}),
    ({"contacts": {"some": {"name": {"startsWith": "王"}}}}, {"甲", "乙"}),
    ({"contacts": {"none": {"name": {"startsWith": "王"}}}}, {"丙", "A", "重"}),
    ({"contacts": {"some": {"name": {"startsWith": "王"}}, "none": {"name": {"startsWith": "李"}}}}, {"乙"}),
    ({"contacts": {}}, ALL),
    ({"contacts": {"some": {"birthdayOn": {"lt": "1990-02-01"}}}}, {"甲", "乙", "A"}),
    ({"contacts": {"some": {"activities": {"some": {"subject": {"contains": "ann"}}}}}}, {"A"}),
    ({"activities": {"some": {"kind": {"eq": "VISIT"}}}}, set()),
    ({"activities": {"none": {"contact": {"name": {"eq": "王三"}}}}}, ALL - {"乙"}),
    ({"level": {"code": {"eq": "a"}}}, {"甲", "A"}),
    ({"not": {"level": {"code": {"eq": "a"}}}}, ALL - {"甲", "A"}),
    ({"levelId": {"isNull": True}}, {"丙", "重"}),
    ({"levelId": {"eq": "nonsense"}}, set()),
    ({"levelId": {"ne": "nonsense"}}, ALL),
    ({"levelId": {"in": ["nonsense", "' OR 1=1"]}}, set()),
    ({"owner": {"username": {"eq": "admin"}}}, ALL),
    ({"createdBy": {"username": {"ne": "admin"}}}, set()),
    ({"parent": {}}, set()),
    ({"not": {"parent": {}}}, ALL),
    ({"tags": []}, set()),
    ({"tags": ["nonsense"]}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "expected"), FILTERS, ids=[str(wanted)[:90] for wanted, _ in FILTERS])
async def test_a_filter_finds_what_it_says(office: Office, wanted, expected):
    assert await found(office, filter=wanted) == expected


async def test_ids_tags_and_parties_can_be_asked_for(office: Office):
    tag = (await office.admin.ask("tags", "nodes { id }"))["nodes"][0]["id"]
    assert await found(office, filter={"tags": [tag, "nonsense"]}) == {"甲"}
    assert await found(office, filter={"not": {"tags": [tag]}}) == ALL - {"甲"}
    key = (await office.admin.ask("customers", "nodes { id }", search="重"))["nodes"][0]["id"]
    assert await found(office, filter={"id": {"in": [key, "nonsense"]}}) == {"重"}
    assert await found(office, filter={"id": {"ne": key}}) == ALL - {"重"}


def deep(levels: int) -> dict[str, object]:
    return {"not": deep(levels - 1)} if levels else {"name": {"eq": "x"}}


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": None},
        {"name": {"eq": None}},
        {"name": {"in": None}},
        {"name": {"in": ["x", None]}},
        {"name": {"in": ["x"] * 101}},
        {"and": None},
        {"or": [{"name": {"eq": "x"}}] * 101},
        {"contacts": None},
        {"contacts": {"some": None}},
        {"name": {"eq": "a\x00"}},
        {"name": {"eq": "x" * 1001}},
        {"tags": None},
        {"tags": ["x"] * 101},
        deep(6),
        {"shoeSize": {"eq": 1}},
        {"lifecycle": {"eq": "ASLEEP"}},
        {"creditLimit": {"gt": 1.5}},
        {"nextContactAt": {"gt": "soon"}},
        {"note": {"eq": "x"}},
        {"version": {"eq": 1}},
        {"phoneNumbers": {"some": {}}},
        "x",
        [],
        5,
    ],
)
async def test_a_filter_that_cannot_be_asked_is_a_wrong_argument(office: Office, wanted):
    answer = await office.admin.asked("customers", "nodes { id }", filter=wanted)
    assert set(answer.codes) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("重庆", {"重"}),
        ("chongqing", {"重"}),
        ("CHONG QING", {"重"}),
        ("chongqinghuog", {"重"}),
        ("acme", {"A"}),
        ("ACME-Co", {"A"}),
        ("甲 1", {"甲"}),
        ("甲 100%", {"甲"}),
        ("甲%", set()),
        ("甲_", set()),
        ("庆", set()),
        ("cme", set()),
        ("", ALL),
        ("  ", ALL),
        (" 乙公司 ", {"乙"}),
        ("yi", {"乙"}),
    ],
)
async def test_a_search_finds_names_by_their_beginning(office: Office, text, expected):
    assert await found(office, search=text) == expected


@pytest.mark.parametrize("text", ["%", "_", "\\", "-", "\x00", "x" * 101])
async def test_a_search_without_a_letter_is_a_wrong_argument(office: Office, text):
    assert (await office.admin.asked("customers", "nodes { id }", search=text)).codes == ["BAD_USER_INPUT"]


async def test_search_and_filter_and_order_go_together(office: Office):
    page = await office.admin.ask(
        "customers",
        "nodes { name }",
        search="a",
        filter={"lifecycle": {"eq": "LOST"}},
        orderBy=[{"field": "NAME", "direction": "DESC"}],
    )
    assert page["nodes"] == [{"name": "Acme Co., Ltd."}]


async def test_names_sort_by_pinyin(office: Office):
    page = await office.admin.ask("customers", "nodes { name }", orderBy=[{"field": "NAME"}])
    assert [node["name"][0] for node in page["nodes"]] == ["A", "丙", "重", "甲", "乙"]


async def test_lists_are_read_in_both_directions(office: Office):
    selection = """nodes { name contacts(orderBy: [{field: NAME}]) { totalCount nodes { name party { name }
        activities { totalCount nodes { subject contact { name } party { name } } } } } }"""
    page = await office.admin.ask("customers", selection, search="甲", first=1)
    assert page["nodes"] == [{
        "name": "甲 100%",
        "contacts": {"totalCount": 2, "nodes": [
            {"name": name, "party": {"name": "甲 100%"}, "activities": {"totalCount": 1, "nodes": [
                {"subject": f"致电{name}", "contact": {"name": name}, "party": {"name": "甲 100%"}}]}}
            for name in ("李二", "王一")
        ]},
    }]  # fmt: skip


async def test_a_nested_list_takes_the_arguments_of_a_list(office: Office):
    selection = """nodes { name contacts(
        first: 1, filter: {name: {startsWith: "王"}}, search: "wang", orderBy: [{field: NAME, direction: DESC}])
        { totalCount nodes { name } pageInfo { hasNextPage endCursor } } }"""
    page = await office.admin.ask("customers", selection)
    names = {
        node["name"][0]: ([each["name"] for each in node["contacts"]["nodes"]], node["contacts"]["totalCount"])
        for node in page["nodes"]
    }
    assert names == {"甲": (["王一"], 1), "乙": (["王三"], 1), "丙": ([], 0), "A": ([], 0), "重": ([], 0)}


async def test_nested_pages_put_together_are_the_whole_list(office: Office):
    key = (await office.admin.ask("customers", "nodes { id }", search="甲"))["nodes"][0]["id"]
    seen, cursor = [], None
    for _ in range(2):
        query = """query ($id: ID!, $after: String) {
            customer(id: $id) { contacts(first: 1, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } } }"""
        page = (await office.admin.read(query, id=key, after=cursor))["customer"]["contacts"]
        seen += [node["name"] for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
    assert (seen, page["pageInfo"]["hasNextPage"]) == (["李二", "王一"], False)


@pytest.mark.parametrize("arguments", ["first: 0", "first: 101", "last: -1", 'after: "x"', "first: 1, last: 1"])
async def test_a_wrong_argument_of_a_nested_list_is_told_at_its_path(office: Office, arguments):
    answer = await office.admin.run(f'{{ customers(search: "甲") {{ nodes {{ contacts({arguments}) {{ nodes {{ id }} }} }} }} }}')
    assert (answer.codes, answer.errors[0]["path"]) == (["BAD_USER_INPUT"], ["customers", "nodes", 0, "contacts"])


async def test_a_hidden_field_is_null_once_told_and_asked_by_nobody(office: Office):
    agent = await office.hire(
        "agent",
        {"customer.READ": "ALL", "contact.READ": "ALL", "activity.READ": "ALL", "tag.READ": "ALL"},
        hidden=["customer.creditLimit", "customer.tags", "customer.level", "customer.nextContactAt", "customer.contacts"],
    )
    answer = await agent.asked("customers", "nodes { name creditLimit tags { name } level { code } }")
    assert {tuple(node[key] for key in ("creditLimit", "tags", "level")) for node in answer.data["customers"]["nodes"]} == {
        (None, None, None)
    }
    assert sorted(error["path"][-1] for error in answer.errors) == ["creditLimit", "level", "tags"]
    assert set(answer.codes) == {"FORBIDDEN"}
    tag = (await office.admin.ask("tags", "nodes { id }"))["nodes"][0]["id"]
    for wanted in (
        {"creditLimit": {"gt": "0"}},
        {"not": {"creditLimit": {"isNull": True}}},
        {"level": {"code": {"eq": "a"}}},
        {"levelId": {"isNull": True}},
        {"contacts": {"some": {}}},
        {"tags": [tag]},
        {"or": [{"not": {"tags": [tag]}}]},
        {"subsidiaries": {"some": {"creditLimit": {"gt": "0"}}}},
        {"parent": {"creditLimit": {"gt": "0"}}},
        {"activities": {"some": {"party": {"creditLimit": {"gt": "0"}}}}},
    ):
        assert (await agent.asked("customers", "nodes { id }", filter=wanted)).codes == ["FORBIDDEN"], wanted
    for name, wanted in {"contacts": {"party": {"creditLimit": {"gt": "0"}}}, "activities": {"party": {"tags": [tag]}}}.items():
        assert (await agent.asked(name, "nodes { id }", filter=wanted)).codes == ["FORBIDDEN"], wanted
    assert (await agent.asked("customers", "nodes { id }", orderBy=[{"field": "NEXT_CONTACT_AT"}])).codes == ["FORBIDDEN"]
