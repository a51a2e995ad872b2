"""Every list of the schema keeps the promises of lists: order, pages both ways, counts, and arguments that are checked."""

from __future__ import annotations

import base64
import json

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type
from tests.factories.api import PAGE, Office, kept

from crm.resolvers.root import build_schema

LISTS = [
    "customers",
    "channels",
    "suppliers",
    "contacts",
    "activities",
    "users",
    "departments",
    "roles",
    "dictionaries",
    "dictionaryItems",
    "tags",
    "changes",
]


@pytest.fixture(scope="module")
async def office(databases):
    """Thirteen rows or more of everything, with names and instants that tie, and instants that are missing."""
    async for made in kept(databases):
        await furnish(made)
        yield made


async def furnish(office: Office) -> None:
    admin = office.admin
    for n in range(13):
        await office.department(f"部{n % 4}")
        await office.hire(f"p{n}", {"customer.READ": "OWN"}, display_name=f"人{n % 5}")
        await admin.do("tagCreate", "tag { id }", input={"name": f"标{n:02d}"})
        for entity in ("customer", "channel", "supplier"):
            when = {"nextContactAt": f"2030-01-0{n % 3 + 1}T00:00:00.00000{n % 2}Z"} if n % 4 else {}
            party = await admin.do(f"{entity}Create", f"{entity} {{ id }}", input={"name": f"公司{n % 5}", **when})
        await admin.do("contactCreate", "contact { id }", input={"name": f"王{n % 6}", "partyId": party["id"]})
        given = {"kind": "CALL", "subject": f"s{n}", "partyId": party["id"]}
        done = {"doneAt": f"2026-01-0{n % 3 + 1}T00:00:00Z"} if n % 2 else {"plannedAt": "2030-01-01T00:00:00Z"} if n % 3 else {}
        await admin.do("activityCreate", "activity { id }", input=given | done)
    for table in ("party", "contact", "activity", "tag", "department"):
        await office.rows(
            f"UPDATE {table} SET updated_at = date_trunc('second', updated_at), created_at = date_trunc('minute', created_at)"
        )


def order_fields(name: str) -> list[str]:
    """What a list can be ordered by."""
    root = build_schema()._schema.query_type
    assert isinstance(root, GraphQLObjectType)
    order = get_named_type(root.fields[name].args["orderBy"].type)
    assert isinstance(order, GraphQLInputObjectType)
    field = get_named_type(order.fields["field"].type)
    assert isinstance(field, GraphQLEnumType)
    return list(field.values)


ORDERS = [(name, field) for name in LISTS for field in order_fields(name)]


async def walked(office: Office, name: str, size: int, *, backwards: bool, order: list[dict[str, str]]) -> list[str]:
    pages = [page async for page in office.admin.pages(name, size, backwards=backwards, orderBy=order)]
    return [key for page in (pages[::-1] if backwards else pages) for key in page]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(("name", "field"), ORDERS)
async def test_pages_put_together_are_the_whole_list(office: Office, name, field, direction):
    order = [{"field": field, "direction": direction}]
    whole = [node["id"] for node in (await office.admin.ask(name, "nodes { id }", first=100, orderBy=order))["nodes"]]
    assert len(whole) == len(set(whole)) >= 7
    for size in (3, 5) if len(whole) < 40 else (27, 45):
        if len(whole) < 100:
            assert await walked(office, name, size, backwards=False, order=order) == whole
            assert await walked(office, name, size, backwards=True, order=order) == whole


@pytest.mark.parametrize(("name", "field"), ORDERS)
async def test_the_other_direction_is_the_same_list_turned_round(office: Office, name, field):
    up = await office.admin.ask(name, "nodes { id } totalCount", first=100, orderBy=[{"field": field, "direction": "ASC"}])
    down = await office.admin.ask(name, "nodes { id }", last=100, orderBy=[{"field": field, "direction": "DESC"}])
    assert [node["id"] for node in down["nodes"]] == [node["id"] for node in up["nodes"]][::-1] or up["totalCount"] > 100


async def test_three_terms_with_ties_page_like_one(office: Office):
    for order in (
        [{"field": "NEXT_CONTACT_AT", "direction": "DESC"}, {"field": "NAME", "direction": "ASC"}],
        [
            {"field": "NEXT_CONTACT_AT", "direction": "ASC"},
            {"field": "LAST_CONTACT_AT", "direction": "DESC"},
            {"field": "NAME", "direction": "ASC"},
        ],
    ):
        whole = [node["id"] for node in (await office.admin.ask("customers", "nodes { id }", first=100, orderBy=order))["nodes"]]
        for backwards in (False, True):
            assert await walked(office, "customers", 2, backwards=backwards, order=order) == whole


async def test_rows_without_a_value_come_last_and_first_when_descending(office: Office):
    for direction, place in (("ASC", -1), ("DESC", 0)):
        order = [{"field": "NEXT_CONTACT_AT", "direction": direction}]
        found = await office.admin.ask("customers", "nodes { nextContactAt }", orderBy=order)
        assert found["nodes"][place] == {"nextContactAt": None}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_counts_all_its_rows_whatever_the_page(office: Office, name):
    page = await office.admin.ask(name, "nodes { id } totalCount", first=1)
    assert len(page["nodes"]) == 1
    walk = [key async for page in office.admin.pages(name, 100) for key in page]
    assert page["totalCount"] == len(walk) == len(set(walk))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "given",
    [
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"last": 0},
        {"last": 101},
        {"first": 1, "last": 1},
        {"after": ""},
        {"after": "x"},
        {"before": "AAAA"},
        {"after": "华"},
        {"after": "\x00"},
        {"after": "W10"},
        {"after": "bnVsbA"},
        {"after": "x" * 10_000},
    ],
    ids=repr,
)
async def test_a_wrong_page_is_a_wrong_argument(office: Office, name, given):
    answer = await office.admin.asked(name, "nodes { id }", **given)
    assert (answer.codes, answer.data, answer.errors[0]["path"]) == (["BAD_USER_INPUT"], {name: None}, [name])


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_of_another_list_or_order_is_refused(office: Office, name):
    other = "tags" if name != "tags" else "customers"
    foreign = (await office.admin.ask(other, PAGE))["pageInfo"]["endCursor"]
    assert (await office.admin.asked(name, "nodes { id }", after=foreign)).codes == ["BAD_USER_INPUT"]
    own = (await office.admin.ask(name, PAGE))["pageInfo"]["endCursor"]
    for field in order_fields(name):
        for direction in ("ASC", "DESC"):
            order = [
                {"field": field, "direction": direction},
                *([{"field": order_fields(name)[0]}] if field != order_fields(name)[0] else []),
            ]
            answer = await office.admin.asked(name, "nodes { id }", after=own, orderBy=order)
            assert set(answer.codes) <= {"BAD_USER_INPUT"}


FORGED = [
    None,
    0,
    -1,
    2**31,
    2**40,
    2**63,
    2**70,
    1.5,
    True,
    "",
    "x",
    "\ud7ff",
    "a\x00b",
    "⟦0⟧",
    "x" * 5000,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "2030-01-01T00:00:00",
    "infinity",
    "NaN",
    [],
    {},
    [[]],
]


@pytest.mark.parametrize("name", LISTS)
async def test_a_forged_cursor_is_refused_or_is_a_place_in_the_list(office: Office, name):
    for field in order_fields(name):
        order = [{"field": field}]
        own = (await office.admin.ask(name, PAGE, orderBy=order))["pageInfo"]["endCursor"]
        signature, value, key = json.loads(base64.urlsafe_b64decode(own + "=="))
        for forged in FORGED:
            for values in (
                [signature, forged, key],
                [signature, value, forged],
                [signature, forged],
                [signature, value, key, forged],
            ):
                cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
                answer = await office.admin.asked(name, "nodes { id }", after=cursor, orderBy=order)
                assert set(answer.codes) <= {"BAD_USER_INPUT"}, (values, answer.body)


@pytest.mark.parametrize("name", LISTS)
async def test_an_order_names_a_field_once_and_three_at_most(office: Office, name):
    field = order_fields(name)[0]
    assert (await office.admin.asked(name, "nodes { id }", orderBy=[{"field": field}] * 2)).codes == ["BAD_USER_INPUT"]
    assert (await office.admin.asked(name, "nodes { id }", orderBy=[{"field": field}] * 4)).codes == ["BAD_USER_INPUT"]
    assert (await office.admin.asked(name, "nodes { id }", orderBy=[])).errors == []


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_points_at_its_row(office: Office, name):
    edges = (await office.admin.ask(name, "edges { cursor node { id } }", first=3))["edges"]
    after = await office.admin.ask(name, PAGE, first=1, after=edges[0]["cursor"])
    assert [node["id"] for node in after["nodes"]] == [edges[1]["node"]["id"]]
    assert after["pageInfo"]["hasPreviousPage"]
    before = await office.admin.ask(name, PAGE, last=5, before=edges[2]["cursor"])
    assert [node["id"] for node in before["nodes"]] == [edge["node"]["id"] for edge in edges[:2]]
    between = await office.admin.ask(name, PAGE, first=5, after=edges[0]["cursor"], before=edges[2]["cursor"])
    assert [node["id"] for node in between["nodes"]] == [edges[1]["node"]["id"]]


SEARCHABLE = ["customers", "channels", "suppliers", "contacts", "users", "departments"]


@pytest.mark.parametrize("name", SEARCHABLE)
@pytest.mark.parametrize(
    "text",
    [
        "公司1",
        "王1",
        "人1",
        "部1",
        "gong",
        "wang",
        "ren",
        "bu",
        "GongSi1",
        "%",
        "_",
        "\\",
        "\x00",
        "x" * 101,
        " ",
        "",
        "公%",
        "⟦0⟧",
        "￿",
    ],
)
async def test_a_search_answers_or_is_refused(office: Office, name, text):
    answer = await office.admin.asked(name, "nodes { id } totalCount", search=text)
    assert set(answer.codes) <= {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("name", "label", "chinese", "pinyin"),
    [
        ("customers", "name", "公司1", "gongsi1"),
        ("channels", "name", "公司1", "gong si 1"),
        ("suppliers", "name", "公司1", "GONGSI1"),
        ("contacts", "name", "王1", "wang1"),
        ("users", "displayName", "人1", "ren1"),
        ("departments", "name", "部1", "bu1"),
    ],
)
async def test_names_are_found_by_their_beginning_in_chinese_and_pinyin(office: Office, name, label, chinese, pinyin):
    for text in (chinese, pinyin):
        found = await office.admin.ask(name, f"nodes {{ {label} }} totalCount", search=text)
        assert {node[label] for node in found["nodes"]} == {chinese}
        assert found["totalCount"] == len(found["nodes"]) > 1
