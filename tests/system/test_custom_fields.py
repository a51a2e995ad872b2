"""Custom fields: defined, written, read, filtered and ordered by, hidden, logged; the same by a plan and level by level."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened
from tests.factories.both_ways import BothWays, both_ways

office = pytest.fixture(opened)
VALUES = "customFields { field { key } text number day yesNo option { code } user { username } record { id } }"
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "TEXT", "sortable": True},
    "size": {"type": "NUMBER", "sortable": True},
    "value": {"type": "MONEY"},
    "since": {"type": "DATE", "sortable": True},
    "grade": {"type": "OPTION"},
    "uses": {"type": "MULTI_OPTION"},
    "engineer": {"type": "USER"},
    "referrer": {"type": "RECORD", "target": "customer"},
    "vip": {"type": "YES_NO", "sortable": True},
}


@pytest.fixture
async def both(office: Office, tmp_path: Path) -> AsyncIterator[BothWays]:
    async with both_ways(office, tmp_path) as found:
        yield found


async def dictionary(who: Api, code: str, *options: str) -> dict[str, str]:
    """A dictionary with options: code → id; the dictionary's own id under its code."""
    made = await who.do("dictionaryCreate", "dictionary { id }", input={"code": code, "nameZh": code, "nameEn": code})
    ids = {code: made["id"]}
    for option in options:
        given = {"dictionaryId": made["id"], "code": option, "labelZh": option, "labelEn": option}
        ids[option] = (await who.do("dictionaryItemCreate", "dictionaryItem { id }", input=given))["id"]
    return ids


async def define(who: Api, key: str, entity: str = "customer", **values: Any) -> dict[str, Any]:
    given = {"entity": entity, "key": key, "labelZh": f"字段 {key}", "labelEn": key, **values}
    return await who.do("customFieldCreate", "customField { id version }", input=given)


async def define_all(who: Api, *keys: str) -> dict[str, str]:
    """Some or all of the fields of customers; the options of those that have some."""
    options = await dictionary(who, "letters", "a", "b", "c")
    for key in keys or FIELDS:
        kind = FIELDS[key]["type"]
        given = {"dictionaryId": options["letters"]} if kind.endswith("OPTION") else {}
        await define(who, key, **FIELDS[key], **given)
    return options


async def customer(who: Api, name: str, **custom: Any) -> dict[str, Any]:
    """A new customer; `size={"number": "5"}`."""
    fields = [{"key": key, **value} for key, value in custom.items()]
    return await who.do("customerCreate", "customer { id version }", input={"name": name, "customFields": fields})


async def test_every_type_is_written_and_read_back(office: Office, both: BothWays):
    options = await define_all(office.admin)
    other = await customer(office.admin, "杭州西湖茶叶有限公司")
    made = await customer(
        office.admin,
        "宁波港务集团",
        code={"text": "  SN 007 "},
        size={"number": "12.5"},
        value={"number": "99999.99"},
        since={"day": "2026-02-28"},
        grade={"optionId": options["b"]},
        uses={"optionIds": [options["c"], options["a"]]},
        engineer={"userId": office.admin.id},
        referrer={"recordId": other["id"]},
        vip={"yesNo": False},
    )
    empty = dict.fromkeys(("text", "number", "day", "yesNo", "option", "user", "record"))
    read = await both.ask(office.admin, "customer", VALUES, id=made["id"])
    shown = sorted(read["customFields"], key=lambda each: (each["field"]["key"], str(each["option"])))
    assert shown == [
        {**empty, "field": {"key": key}, **value}
        for key, value in (
            ("code", {"text": "SN 007"}),
            ("engineer", {"user": {"username": "admin"}}),
            ("grade", {"option": {"code": "b"}}),
            ("referrer", {"record": {"id": other["id"]}}),
            ("since", {"day": "2026-02-28"}),
            ("size", {"number": "12.5000"}),
            ("uses", {"option": {"code": "a"}}),
            ("uses", {"option": {"code": "c"}}),
            ("value", {"number": "99999.9900"}),
            ("vip", {"yesNo": False}),
        )
    ]
    log = await both.ask(office.admin, "customer", "changes { nodes { fields { field old new } } }", id=made["id"])
    told = {each["field"]: each["new"] for each in log["changes"]["nodes"][0]["fields"]}
    assert told["custom.uses"] == [options["c"], options["a"]]
    assert {told["custom.size"], told["custom.code"], told["custom.since"]} == {"12.5000", "SN 007", "2026-02-28"}


async def test_values_are_changed_cleared_and_logged_field_by_field(office: Office, both: BothWays):
    await define_all(office.admin, "code", "size", "vip")
    made = await customer(office.admin, "宁波港务集团", code={"text": "A"}, size={"number": "1"})
    given = {"customFields": [{"key": "size", "number": "2"}, {"key": "code"}, {"key": "vip", "yesNo": True}]}
    log = "changes(first: 1) { nodes { verb fields { field old new } } }"
    shown = f"customer {{ version customFields {{ field {{ key }} number yesNo }} {log} }}"
    seen = await office.admin.do("customerUpdate", shown, id=made["id"], version=1, input=given)
    assert seen["version"] == 2
    assert sorted(each["field"]["key"] for each in seen["customFields"]) == ["size", "vip"]
    (entry,) = seen["changes"]["nodes"]
    assert sorted(entry["fields"], key=lambda each: each["field"]) == [
        {"field": "custom.code", "old": "A", "new": None},
        {"field": "custom.size", "old": "1.0000", "new": "2.0000"},
        {"field": "custom.vip", "old": None, "new": True},
    ]
    async with office.unchanged():
        same = {"customFields": [{"key": "size", "number": "2.00"}, {"key": "vip", "yesNo": True}]}
        assert (await office.admin.do("customerUpdate", "customer { version }", id=made["id"], version=2, input=same)) == {
            "version": 2
        }


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"key": "code", "text": {"eq": "B 2"}}, ["b"]),
    ({"key": "code", "text": {"startsWith": "A"}}, ["a", "aa"]),
    ({"key": "code", "text": {"contains": "2"}}, ["aa", "b"]),
    ({"key": "code", "text": {"ne": "A 1"}}, ["aa", "b", "none"]),
    ({"key": "size", "number": {"gte": "2", "lt": "10"}}, ["aa"]),
    ({"key": "size", "number": {"in": ["1", "10"]}}, ["a", "b"]),
    ({"key": "size", "number": {"isNull": True}}, ["none"]),
    ({"key": "size", "isNull": False}, ["a", "aa", "b"]),
    ({"key": "since", "day": {"gt": "2026-01-01"}}, ["aa", "b"]),
    ({"key": "vip", "yesNo": {"eq": False}}, ["aa"]),
    ({"key": "grade", "option": {"eq": "OPTION a"}}, ["a"]),
    ({"key": "uses", "option": {"in": ["OPTION b", "OPTION c"]}}, ["aa", "b"]),
    ({"key": "uses", "option": {"ne": "OPTION a"}}, ["b", "none"]),
    ({"key": "engineer", "user": {"eq": "ADMIN"}}, ["b"]),
    ({"key": "referrer", "record": {"isNull": False}}, ["b"]),
]


async def furnished(office: Office) -> dict[str, str]:
    """Four customers of the administrator's, one of them without any value."""
    options = await define_all(office.admin)
    who, a, b, c = office.admin, options["a"], options["b"], options["c"]
    first = await customer(
        who, "a", code={"text": "A 1"}, size={"number": "1"}, since={"day": "2026-01-01"}, vip={"yesNo": True},
        grade={"optionId": a}, uses={"optionIds": [a]},
    )  # fmt: skip
    await customer(
        who, "aa", code={"text": "A 2"}, size={"number": "2.5"}, since={"day": "2026-01-02"}, vip={"yesNo": False},
        grade={"optionId": b}, uses={"optionIds": [a, b]},
    )  # fmt: skip
    await customer(
        who, "b", code={"text": "B 2"}, size={"number": "10"}, since={"day": "2026-03-01"}, grade={"optionId": c},
        uses={"optionIds": [c]}, engineer={"userId": who.id}, referrer={"recordId": first["id"]},
    )  # fmt: skip
    await customer(who, "none")
    return {f"OPTION {code}": key for code, key in options.items()} | {"ADMIN": who.id}


def named(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: named(each, ids) for name, each in value.items()}
    return (
        [named(each, ids) for each in value]
        if isinstance(value, list)
        else ids.get(value, value)
        if isinstance(value, str)
        else value
    )


async def test_lists_are_filtered_and_ordered_by_them(office: Office, both: BothWays):
    ids = await furnished(office)
    for asked, names in FILTERS:
        found = await both.ask(
            office.admin,
            "customers",
            "totalCount nodes { name }",
            filter={"customFields": [named(asked, ids)]},
            orderBy=[{"field": "NAME"}],
        )
        assert ([node["name"] for node in found["nodes"]], found["totalCount"]) == (names, len(names)), asked
    together = {"not": {"customFields": [{"key": "size", "number": {"lt": "5"}}, {"key": "vip", "yesNo": {"eq": True}}]}}
    found = await both.ask(office.admin, "customers", "nodes { name }", filter=together, orderBy=[{"field": "NAME"}])
    assert [node["name"] for node in found["nodes"]] == ["aa", "b", "none"]
    for key, up in (("code", "a aa b none"), ("size", "a aa b none"), ("since", "a aa b none"), ("vip", "aa a b none")):
        for direction in ("ASC", "DESC"):
            order = [{"customField": key, "direction": direction}]
            there, back = await both.walked(office.admin, "customers", orderBy=order)
            assert there == back, (key, direction)
            bare = ["b", "none"] if key == "vip" else ["none"]
            valued = [name for name in up.split() if name not in bare]
            wanted = valued + bare if direction == "ASC" else valued[::-1] + bare[::-1]
            assert there == wanted, (key, direction)


async def test_of_an_interface_each_type_is_asked_about_its_own_field(office: Office, both: BothWays):
    """Of a contact's party by the key, whichever type that is; a list under a record goes in the order of a field as well."""
    await define(office.admin, "size", type="NUMBER")
    await define(office.admin, "size", entity="supplier", type="NUMBER")
    await define(office.admin, "rank", entity="contact", type="NUMBER", sortable=True)
    big = await customer(office.admin, "大公司", size={"number": "100"})
    given = {"name": "供应商", "customFields": [{"key": "size", "number": "200"}]}
    supplier = await office.admin.do("supplierCreate", "supplier { id }", input=given)
    for name, party, rank in (("甲", big, "2"), ("乙", big, "3"), ("丙", supplier, "1"), ("丁", big, None)):
        values = [{"key": "rank", "number": rank}] if rank else []
        await office.admin.do("contactCreate", input={"name": name, "partyId": party["id"], "customFields": values})
    asked = {"party": {"customFields": [{"key": "size", "number": {"gte": "150"}}]}}
    found = await both.ask(office.admin, "contacts", "nodes { name }", filter=asked)
    assert [node["name"] for node in found["nodes"]] == ["丙"]
    order = 'orderBy: [{customField: "rank", direction: DESC}]'
    nested = f"contacts(first: 2, {order}) {{ nodes {{ name }} edges {{ cursor }} pageInfo {{ endCursor }} }}"
    page = await both.ask(office.admin, "customer", nested, id=big["id"])
    assert [node["name"] for node in page["contacts"]["nodes"]] == ["乙", "甲"]
    more = nested.replace("first: 2", f'first: 2, after: "{page["contacts"]["pageInfo"]["endCursor"]}"')
    rest = await both.ask(office.admin, "customer", more, id=big["id"])
    assert [node["name"] for node in rest["contacts"]["nodes"]] == ["丁"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("filter", {"customFields": [{"key": "nothing", "isNull": True}]}),
        ("filter", {"customFields": [{"key": "size"}]}),
        ("filter", {"customFields": [{"key": "size", "text": {"eq": "1"}}]}),
        ("filter", {"customFields": [{"key": "shelved", "isNull": True}]}),
        ("filter", {"customFields": [{"key": "size", "isNull": None}]}),
        ("filter", {"customFields": [{"key": "size", "isNull": True}] * 21}),
        ("filter", {"customFields": [{"key": "x" * 5000, "isNull": True}]}),
        ("orderBy", [{"customField": "nothing"}]),
        ("orderBy", [{"customField": "shelved"}]),
        ("orderBy", [{"customField": "size"}, {"field": "NAME"}]),
        ("orderBy", [{"customField": "size", "field": "NAME"}]),
        ("orderBy", [{}]),
    ],
)
async def test_what_cannot_be_asked_is_refused(office: Office, both: BothWays, argument: str, value: Any):
    await define(office.admin, "size", type="NUMBER", sortable=True)
    await define(office.admin, "shelved", type="NUMBER", filterable=False)
    answer = await both.asked(office.admin, "customers", "nodes { id }", **{argument: value})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.data == {"customers": None}


async def test_what_a_role_hides_is_not_shown_asked_for_or_written(office: Office, both: BothWays):
    await furnished(office)
    grants = {"customer.*": "ALL", "custom_field.READ": "ALL"}
    clerk = await office.hire(
        "clerk", grants, hidden=["customer.custom.size", "customer.custom.uses"], frozen=["customer.custom.code"]
    )
    nodes = (
        await both.ask(clerk, "customers", f"nodes {{ id name version {VALUES} changes {{ nodes {{ fields {{ field }} }} }} }}")
    )["nodes"]
    keys = {value["field"]["key"] for node in nodes for value in node["customFields"]}
    assert keys == set(FIELDS) - {"size", "uses", "value"}
    told = {field["field"] for node in nodes for entry in node["changes"]["nodes"] for field in entry["fields"]}
    assert {"custom.code", "custom.grade"} <= told
    assert not {"custom.size", "custom.uses"} & told
    for argument in ({"filter": {"customFields": [{"key": "size", "isNull": True}]}}, {"orderBy": [{"customField": "size"}]}):
        answer = await both.asked(clerk, "customers", "nodes { id }", **argument)
        assert [error["extensions"] for error in answer.errors] == [{"code": "FORBIDDEN", "permission": "customer.custom.size"}]
    one = next(node for node in nodes if node["name"] == "a")
    async with office.unchanged():
        for key, value in (("size", {"number": "7"}), ("code", {"text": "X"})):
            given = {"customFields": [{"key": key, **value}]}
            refused = await clerk.refusals("customerUpdate", id=one["id"], version=one["version"], input=given)
            assert refused == [("FORBIDDEN", ["input", "customFields", "0"])]
    closed = await office.hire("closed", grants, hidden=["customer.customFields"])
    answer = await both.asked(
        closed, "customers", "nodes { customFields { text } changes { nodes { fields { field } } } }", first=1
    )
    assert answer.data["customers"]["nodes"][0]["customFields"] is None
    shown = [each["field"] for entry in answer.data["customers"]["nodes"][0]["changes"]["nodes"] for each in entry["fields"]]
    assert not any(field.startswith("custom") for field in shown)
    assert (await both.asked(closed, "customers", "totalCount", orderBy=[{"customField": "code"}])).codes == ["FORBIDDEN"]


async def test_a_role_hides_fields_that_there_are(office: Office):
    await define(office.admin, "size", type="NUMBER")
    grants = [{"entity": "customer", "action": "READ", "scope": "ALL"}]
    given = {
        "name": "甲",
        "grants": grants,
        "fieldGrants": [{"entity": "customer", "field": "custom.size", "restriction": "HIDDEN"}],
    }
    await office.admin.do("roleCreate", "role { id }", input=given)
    async with office.unchanged():
        wrong = [{"entity": "customer", "field": "custom.nothing", "restriction": "HIDDEN"}]
        refused = await office.admin.refusals("roleCreate", input={"name": "乙", "grants": grants, "fieldGrants": wrong})
        assert refused == [("INVALID", ["input", "fieldGrants", "0"])]
