"""Definitions of custom fields and what may stand in them: wrong ones are refused and change nothing, also by two at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened, unknown
from tests.system.test_custom_fields import customer, define, define_all, dictionary

from crm.core.kinds import Kind

office = pytest.fixture(opened)
GIVEN = {"entity": "customer", "key": "size", "labelZh": "规模", "labelEn": "Size", "type": "NUMBER"}
FIELD = "customField { id version type active required unique defaultValue filterable sortable indexed position entity key }"


async def update(who: Api, made: dict[str, Any], **values: Any) -> dict[str, Any]:
    return await who.do("customFieldUpdate", "customField { id version }", id=made["id"], version=made["version"], input=values)


async def refused(who: Api, made: dict[str, Any], **values: Any) -> list[tuple[str, list[str] | None]]:
    return await who.refusals("customFieldUpdate", id=made["id"], version=made["version"], input=values)


async def test_a_field_is_defined_changed_retired_removed_and_brought_back(office: Office):
    admin = office.admin
    made = await admin.do("customFieldCreate", FIELD, input={**GIVEN, "position": 3, "sortable": True})
    assert made == {
        "id": made["id"], "version": 1, "type": "NUMBER", "active": True, "required": False, "unique": False,
        "defaultValue": None, "filterable": True, "sortable": True, "indexed": True, "position": 3, "entity": "customer",
        "key": "size",
    }  # fmt: skip
    listed = await admin.ask("customFields", "nodes { key labelZh }", filter={"entity": {"eq": "customer"}})
    assert listed["nodes"] == [{"key": "size", "labelZh": "规模"}]
    one = await customer(admin, "甲", size={"number": "1"})
    made = await update(admin, made, active=False, labelZh="面积")
    async with office.unchanged():
        given = {"customFields": [{"key": "size", "number": "2"}]}
        where = ["input", "customFields", "0", "key"]
        assert await admin.refusals("customerUpdate", id=one["id"], version=1, input=given) == [("INVALID", where)]
        assert await admin.refusals("customFieldDelete", id=made["id"]) == [("INVALID", ["id"])]
    shown = await admin.ask("customer", "customFields { number field { labelZh active } }", id=one["id"])
    assert shown["customFields"] == [{"number": "1.0000", "field": {"labelZh": "面积", "active": False}}]
    bare = await define(admin, "bare", type="TEXT")
    await admin.do("customFieldDelete", "customField { id }", id=bare["id"])
    assert (await admin.asked("customers", "totalCount", filter={"customFields": [{"key": "bare", "isNull": True}]})).codes == [
        "BAD_USER_INPUT"
    ]
    again = await define(admin, "bare", type="NUMBER")
    async with office.unchanged():
        assert await admin.refusals("customFieldRestore", id=bare["id"]) == [("DUPLICATE", ["id"])]
    await admin.do("customFieldDelete", "customField { id }", id=again["id"])
    assert (await admin.do("customFieldRestore", "customField { type }", id=bare["id"])) == {"type": "TEXT"}
    verbs = await admin.ask("changes", "nodes { verb }", filter={"verb": {"startsWith": "customField."}})
    assert {entry["verb"] for entry in verbs["nodes"]} == {
        f"customField.{verb}" for verb in ("create", "update", "delete", "restore")
    }


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"entity": "user"}, "INVALID", "entity"),
        ({"entity": "nothing"}, "INVALID", "entity"),
        ({"key": "Size"}, "INVALID", "key"),
        ({"key": "1st"}, "INVALID", "key"),
        ({"key": "x" * 41}, "INVALID", "key"),
        ({"key": ""}, "REQUIRED", "key"),
        ({"labelZh": " "}, "REQUIRED", "labelZh"),
        ({"type": "OPTION"}, "REQUIRED", "dictionaryId"),
        ({"type": "OPTION", "dictionaryId": unknown(Kind.DICTIONARY)}, "NOT_FOUND", "dictionaryId"),
        ({"type": "RECORD"}, "REQUIRED", "target"),
        ({"type": "RECORD", "target": "user"}, "INVALID", "target"),
        ({"target": "customer"}, "INVALID", "target"),
        ({"type": "USER", "sortable": True}, "INVALID", "sortable"),
        ({"type": "YES_NO", "unique": True}, "INVALID", "unique"),
        ({"defaultValue": "many"}, "INVALID", "defaultValue"),
        ({"defaultValue": "NaN"}, "INVALID", "defaultValue"),
        ({"defaultValue": "1.23456"}, "INVALID", "defaultValue"),
        ({"defaultValue": "1", "unique": True}, "INVALID", "defaultValue"),
        ({"type": "DATE", "defaultValue": "2026-02-30"}, "INVALID", "defaultValue"),
        ({"type": "YES_NO", "defaultValue": "yes"}, "INVALID", "defaultValue"),
        ({"type": "USER", "defaultValue": "admin"}, "INVALID", "defaultValue"),
    ],
)
async def test_a_wrong_definition_is_refused(office: Office, given: dict[str, Any], code: str, field: str):
    async with office.unchanged():
        assert await office.admin.refusals("customFieldCreate", input={**GIVEN, **given}) == [(code, ["input", field])]


async def test_definitions_are_for_administrators(office: Office):
    made = await define(office.admin, "size", type="NUMBER")
    clerk = await office.hire("clerk", {"customer.*": "ALL", "custom_field.READ": "ALL"})
    async with office.unchanged():
        one = {"id": made["id"]}
        verbs = {"customFieldCreate": {"input": GIVEN}, "customFieldUpdate": {**one, "version": 1, "input": {}}}
        verbs |= {"customFieldDelete": one, "customFieldRestore": one}
        for verb, arguments in verbs.items():
            answer = await clerk.run(*_document(verb, arguments))
            assert answer.codes == ["FORBIDDEN"], verb
        assert await refused(office.admin, {**made, "version": 7}, position=1) == [("CONFLICT", ["version"])]
        assert await office.admin.refusals("customFieldCreate", input=GIVEN) == [("DUPLICATE", ["input", "key"])]
    assert (await clerk.ask("customFields", "nodes { key }"))["nodes"] == [{"key": "size"}]


def _document(verb: str, arguments: dict[str, Any]) -> tuple[str]:
    def written(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + " ".join(f"{name}: {written(each)}" for name, each in value.items()) + "}"
        return value if value == "NUMBER" else str(value) if isinstance(value, int) else f'"{value}"'

    given = ", ".join(f"{name}: {written(value)}" for name, value in arguments.items())
    return (f"mutation {{ {verb}({given}) {{ userErrors {{ code }} }} }}",)


async def test_values_that_do_not_fit_are_refused_together(office: Office):
    options = await define_all(office.admin)
    other = await dictionary(office.admin, "others", "z")
    contact_of = await customer(office.admin, "甲")
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": contact_of["id"]})
    await office.admin.do("dictionaryItemUpdate", id=options["c"], version=1, input={"active": False})
    wrong: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"key": "nothing", "text": "x"}, "INVALID", ["key"]),
        ({"key": "size", "text": "1"}, "INVALID", ["text"]),
        ({"key": "value", "number": "1.23456"}, "INVALID", ["number"]),
        ({"key": "code", "text": "x" * 501}, "INVALID", ["text"]),
        ({"key": "grade", "optionId": other["z"]}, "INVALID", ["optionId"]),
        ({"key": "uses", "optionIds": [options["a"], options["a"]]}, "INVALID", ["optionIds"]),
        ({"key": "engineer", "userId": unknown(Kind.USER)}, "NOT_FOUND", ["userId"]),
        ({"key": "referrer", "recordId": contact["id"]}, "NOT_FOUND", ["recordId"]),
        ({"key": "since", "number": "1"}, "INVALID", ["number"]),
    ]
    async with office.unchanged():
        given = {"name": "乙", "customFields": [each for each, _, _ in wrong]}
        found = await office.admin.refusals("customerCreate", input=given)
        assert found == [(code, ["input", "customFields", str(n), *path]) for n, (_, code, path) in enumerate(wrong)]
        for values, path in (
            ([{"key": "grade", "optionId": options["c"]}], ["0", "optionId"]),
            ([{"key": "uses", "optionIds": [options["a"], "x"]}], ["0", "optionIds", "1"]),
            ([{"key": "size", "number": "1"}] * 2, []),
            ([{"key": "code", "text": "a\0b"}], ["0", "text"]),
        ):
            refusal = await office.admin.refusals("customerCreate", input={"name": "乙", "customFields": values})
            assert refusal == [("INVALID", ["input", "customFields", *path])]
        none = {"name": "乙", "partyId": contact_of["id"], "customFields": [{"key": "size", "number": "1"}]}
        assert await office.admin.refusals("contactCreate", input=none) == [("INVALID", ["input", "customFields", "0", "key"])]
    used = await office.admin.tried("dictionaryItemDelete", id=options["a"])
    assert used["userErrors"] == []


async def test_a_required_field_is_asked_of_new_records_and_not_of_old_ones(office: Office):
    old = await customer(office.admin, "旧")
    made = await define(office.admin, "size", type="NUMBER", required=True)
    grade = await dictionary(office.admin, "letters", "a")
    await define(office.admin, "grade", type="OPTION", dictionaryId=grade["letters"], defaultValue="a", required=True)
    await define(office.admin, "since", type="DATE", defaultValue="2026-01-31")
    await office.admin.do("customerUpdate", id=old["id"], version=1, input={"note": "x"})
    async with office.unchanged():
        assert await office.admin.refusals("customerCreate", input={"name": "新"}) == [("REQUIRED", ["input", "customFields"])]
        clearing = {"customFields": [{"key": "size", "number": None}]}
        where = ["input", "customFields", "0"]
        assert await office.admin.refusals("customerUpdate", id=old["id"], version=2, input=clearing) == [("REQUIRED", where)]
    new = await customer(office.admin, "新", size={"number": "1"})
    shown = await office.admin.ask("customer", "customFields { number day option { code } }", id=new["id"])
    assert sorted(map(str, shown["customFields"])) == sorted(
        map(str, [{"number": "1.0000", "day": None, "option": None}, {"number": None, "day": "2026-01-31", "option": None},
                  {"number": None, "day": None, "option": {"code": "a"}}])
    )  # fmt: skip
    await update(office.admin, made, active=False)
    await customer(office.admin, "更新")


async def test_unique_values_are_taken_by_one_record_at_a_time(office: Office):
    admin = office.admin
    made = await define(admin, "serial", type="TEXT", unique=True)
    first = await customer(admin, "甲", serial={"text": "SN-1"})
    async with office.unchanged():
        given = {"name": "乙", "customFields": [{"key": "serial", "text": "sn-1"}]}
        assert await admin.refusals("customerCreate", input=given) == [("DUPLICATE", ["input", "customFields", "0"])]
    await admin.do(
        "customerUpdate", id=first["id"], version=1, input={"customFields": [{"key": "serial", "text": "SN-1"}], "note": "x"}
    )
    await admin.do("customerDelete", id=first["id"])
    second = await customer(admin, "丙", serial={"text": "SN-1"})
    async with office.unchanged():
        assert await admin.refusals("customerRestore", id=first["id"]) == [("DUPLICATE", ["id"])]
    await admin.do("customerUpdate", id=second["id"], version=1, input={"customFields": [{"key": "serial"}]})
    await admin.do("customerRestore", id=first["id"])
    given = [{"name": f"同时 {n}", "customFields": [{"key": "serial", "text": "SN-2"}]} for n in range(6)]
    outcomes = await asyncio.gather(*(admin.tried("customerCreate", "customer { id }", input=each) for each in given))
    assert sorted(len(each["userErrors"]) for each in outcomes) == [0, 1, 1, 1, 1, 1]
    codes = {error["code"] for each in outcomes for error in each["userErrors"]}
    assert codes == {"DUPLICATE"}
    assert await office.value("SELECT count(*) FROM custom_value WHERE lower(text) = 'sn-2'") == 1
    made = await update(admin, made, unique=False)
    await customer(admin, "戊", serial={"text": "SN-2"})
    async with office.unchanged():
        answer = await admin.tried("customFieldUpdate", id=made["id"], version=made["version"], input={"unique": True})
        assert [(each["code"], each["field"]) for each in answer["userErrors"]] == [("INVALID", ["input", "unique"])]
        assert answer["userErrors"][0]["message"].startswith("2 values stand in the way")


async def test_types_change_where_every_value_can_be_turned(office: Office):
    admin = office.admin
    options = await dictionary(admin, "letters", "a", "b")
    text = await define(admin, "mark", type="TEXT", sortable=True)
    several = await define(admin, "uses", type="MULTI_OPTION", dictionaryId=options["letters"])
    user = await define(admin, "engineer", type="USER")
    one = await customer(
        admin, "甲", mark={"text": "12.50"}, uses={"optionIds": [options["a"], options["b"]]}, engineer={"userId": admin.id}
    )
    two = await customer(admin, "乙", mark={"text": "2026-02-28"}, uses={"optionIds": [options["b"]]})
    async with office.unchanged():
        for field, kind, count in (
            (text, "NUMBER", 1),
            (text, "DATE", 1),
            (text, "YES_NO", 2),
            (several, "OPTION", 2),
            (user, "TEXT", 1),
        ):
            answer = await admin.tried("customFieldUpdate", id=field["id"], version=1, input={"type": kind, "sortable": False})
            (error,) = answer["userErrors"]
            assert (error["code"], error["field"]) == ("INVALID", ["input", "type"])
            assert error["message"].startswith(f"{count} values stand in the way"), (kind, error)
    await admin.do("customerUpdate", id=two["id"], version=1, input={"customFields": [{"key": "mark", "text": "-3"}]})
    await admin.do(
        "customerUpdate", id=one["id"], version=1, input={"customFields": [{"key": "uses", "optionIds": [options["a"]]}]}
    )
    text, several = await update(admin, text, type="NUMBER"), await update(admin, several, type="OPTION")
    shown = "nodes { name customFields { number text option { code } } }"
    asked = {"customFields": [{"key": "mark", "number": {"lt": "13"}}]}
    found = await admin.ask("customers", shown, filter=asked, orderBy=[{"customField": "mark"}])
    assert [node["name"] for node in found["nodes"]] == ["乙", "甲"]
    numbers = [value["number"] for node in found["nodes"] for value in node["customFields"] if value["number"]]
    assert numbers == ["-3.0000", "12.5000"]
    text = await update(admin, text, type="MONEY")
    text = await update(admin, text, type="TEXT")
    found = await admin.ask(
        "customers", "nodes { customFields { text } }", filter={"customFields": [{"key": "mark", "text": {"eq": "12.5"}}]}
    )
    assert [value["text"] for value in found["nodes"][0]["customFields"] if value["text"]] == ["12.5"]
    grade = await update(admin, several, type="MULTI_OPTION")
    assert grade["version"] == 3


async def test_whoever_writes_while_the_type_changes_writes_the_one_type_or_the_other(office: Office):
    """The definition is held while a value is written: none is left over in the column of another type."""
    admin = office.admin
    made = await define(admin, "mark", type="NUMBER")
    given = [{"name": f"同时 {n}", "customFields": [{"key": "mark", "number": str(n)}]} for n in range(8)]
    writing = [admin.tried("customerCreate", "customer { id }", input=each) for each in given]
    changing = admin.tried("customFieldUpdate", "customField { id }", id=made["id"], version=1, input={"type": "TEXT"})
    *outcomes, changed = await asyncio.gather(*writing[:4], changing, *writing[4:])
    assert all("userErrors" in each for each in (*outcomes, changed))
    assert await office.value("SELECT count(*) FROM custom_value WHERE number IS NOT NULL") == 0
    refused_ = [error for each in (*outcomes, changed) for error in each["userErrors"]]
    assert {error["code"] for error in refused_} <= {"INVALID"}


async def test_every_owned_record_has_them(office: Office):
    """The inputs of all of them take values through one tool, and a purged record leaves none behind."""
    admin = office.admin
    party = (await customer(admin, "甲"))["id"]
    item = {"name": "x"}
    made = {
        "customer": item, "channel": item, "supplier": item, "contact": {"name": "x", "partyId": party},
        "activity": {"subject": "x", "kind": "VISIT"}, "opportunity": {"title": "x", "partyId": party},
        "contract": {"title": "x", "kind": "SALES", "partyId": party}, "announcement": {"title": "x", "body": "x"},
        "scheduleEvent": {"title": "x", "startsAt": "2026-05-01T09:00:00Z", "endsAt": "2026-05-01T10:00:00Z"},
        "segment": {"name": "x", "holds": "CUSTOMER"}, "delivery": {"partyId": party},
    }  # fmt: skip
    for noun, given in made.items():
        entity = "schedule_event" if noun == "scheduleEvent" else noun
        await define(admin, "size", entity=entity, type="NUMBER")
        values = {"customFields": [{"key": "size", "number": "1"}]}
        kind = noun[0].upper() + noun[1:]
        record = await admin.do(f"{noun}Create", f"{noun} {{ id version customFields {{ number }} }}", input={**given, **values})
        assert record["customFields"] == [{"number": "1.0000"}], noun
        more = {"customFields": [{"key": "size", "number": "2"}]}
        selection = f"{noun} {{ customFields {{ number }} changes(first: 1) {{ nodes {{ fields {{ field old new }} }} }} }}"
        after = await admin.do(f"{noun}Update", selection, id=record["id"], version=record["version"], input=more)
        assert after["customFields"] == [{"number": "2.0000"}], kind
        assert after["changes"]["nodes"][0]["fields"] == [{"field": "custom.size", "old": "1.0000", "new": "2.0000"}], kind
    await admin.do("segmentDelete", id=(await admin.ask("segments", "nodes { id }"))["nodes"][0]["id"])
    gone = (await admin.ask("deletedRecords", "nodes { id }", entity="segment"))["nodes"][0]["id"]
    await admin.do("recordPurge", id=gone)
    assert await office.value("SELECT count(*) FROM custom_value WHERE record_id = $1", gone) == 0
