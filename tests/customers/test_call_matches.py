"""Who a caller may be: ranked, linked only where it is certain, and of what one may not see only the owner."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import FIELDS, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened

office = pytest.fixture(opened)
MATCHES = "party { name } contact { name } matches { score reason restricted owner { username } party { name } contact { name } }"
NUMBER = "0571-87654321"


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


def phones(*numbers: str) -> dict[str, Any]:
    return {"phoneNumbers": [{"raw": number} for number in numbers]}


async def party(who: Api, name: str, *numbers: str, kind: str = "customer") -> str:
    return (await who.do(f"{kind}Create", f"{kind} {{ id }}", input={"name": name, **phones(*numbers)}))["id"]


async def contact(who: Api, name: str, party_id: str, *numbers: str) -> str:
    given = {"name": name, "partyId": party_id, **phones(*numbers)}
    return (await who.do("contactCreate", "contact { id }", input=given))["id"]


async def matched(hotline: Hotline, caller: str = NUMBER, name: str = "c1") -> list[tuple[Any, ...]]:
    """(score, reason, party, contact) of the matches of a call, as the administrator sees them."""
    await hotline.pbx.tell("ringing", name, caller=caller)
    found = await hotline.read(name, MATCHES)
    return [
        (m["score"], m["reason"], m["party"] and m["party"]["name"], m["contact"] and m["contact"]["name"])
        for m in found["matches"]
    ]


async def linked(hotline: Hotline, name: str = "c1") -> tuple[str | None, str | None]:
    found = await hotline.read(name, MATCHES)
    return found["party"] and found["party"]["name"], found["contact"] and found["contact"]["name"]


async def test_the_most_exact_comes_first(hotline: Hotline):
    admin = hotline.office.admin
    supplier = await party(admin, "供应商", NUMBER, kind="supplier")
    await party(admin, "渠道", NUMBER, kind="channel")
    await party(admin, "客户", NUMBER, f"{NUMBER}-802")
    await contact(admin, "分机", supplier, f"{NUMBER}-802")
    await contact(admin, "总机", supplier, NUMBER)
    await contact(admin, "上海", supplier, "021-87654321")
    assert await matched(hotline, f"{NUMBER}-802") == [
        (100, "EXACT_EXTENSION", "供应商", "分机"),
        (95, "EXACT_NUMBER", "供应商", "总机"),
        (92, "EXACT_EXTENSION", "客户", None),
        (85, "EXACT_NUMBER", "渠道", None),
        (80, "EXACT_NUMBER", "供应商", None),
    ]
    assert await linked(hotline) == (None, None), "several parties have this number"


async def test_the_one_party_with_the_number_is_linked_and_its_one_contact(hotline: Hotline):
    admin = hotline.office.admin
    customer = await party(admin, "华为", NUMBER)
    assert await matched(hotline) == [(90, "EXACT_NUMBER", "华为", None)]
    assert await linked(hotline) == ("华为", None)
    await contact(admin, "王", customer, NUMBER)
    await matched(hotline, name="c2")
    assert await linked(hotline, "c2") == ("华为", "王")
    await contact(admin, "李", customer, NUMBER)
    await matched(hotline, name="c3")
    assert await linked(hotline, "c3") == ("华为", None)


async def test_a_number_that_is_only_alike_is_never_linked(hotline: Hotline):
    customer = await party(hotline.office.admin, "上海", "021-87654321")
    await contact(hotline.office.admin, "王", customer, "010-87654321")
    assert await matched(hotline) == [(60, "SAME_TAIL", "上海", "王"), (55, "SAME_TAIL", "上海", None)]
    assert await linked(hotline) == (None, None)


async def test_a_number_without_its_area_code_matches_by_its_end(hotline: Hotline):
    await party(hotline.office.admin, "杭州", NUMBER)
    await party(hotline.office.admin, "本地", "87654321")
    assert sorted(await matched(hotline, "87654321")) == [
        (55, "SAME_TAIL", "本地", None),
        (55, "SAME_TAIL", "杭州", None),
    ]


async def test_who_called_before_is_remembered_for_half_a_year(hotline: Hotline):
    admin = hotline.office.admin
    customer = await party(admin, "常客")
    await hotline.pbx.tell("ringing", "before")
    agent = hotline.agents[0]
    await agent.do("callClaim", "call { id }", id=await hotline.call_id("before"))
    await admin.do("recordsShare", "results { userErrors { code } }",
                   input={"ids": [customer], "principalIds": [agent.id], "access": "READ"})  # fmt: skip
    await agent.do("callLink", "call { id }", id=await hotline.call_id("before"), input={"partyId": customer})
    assert await matched(hotline, "13800000000") == [(50, "RECENT_CALLER", "常客", None)]
    assert await linked(hotline) == (None, None), "that they called before makes nothing certain"
    await party(admin, "另一家", "13800000000")
    await contact(admin, "王", customer, "13800000000")
    assert await matched(hotline, "13800000000", "c2") == [
        (100, "EXACT_NUMBER", "常客", "王"),
        (90, "EXACT_NUMBER", "另一家", None),
    ]
    async with hotline.office.database.connection() as connection:
        await connection.execute("UPDATE call SET ringing_at = ringing_at - interval '200 days'")
    assert [row[1] for row in await matched(hotline, "13800000000", "c3")] == ["EXACT_NUMBER", "EXACT_NUMBER"]


async def test_what_is_deleted_matches_nobody(hotline: Hotline):
    admin = hotline.office.admin
    gone, customer = await party(admin, "旧", NUMBER), await party(admin, "新", NUMBER)
    left = await contact(admin, "王", customer, NUMBER)
    await contact(admin, "李", gone, NUMBER)
    await admin.do("customerDelete", "customer { id }", id=gone)
    await admin.do("contactDelete", "contact { id }", id=left)
    assert await matched(hotline) == [(90, "EXACT_NUMBER", "新", None)]


async def test_at_most_twenty_are_listed(hotline: Hotline):
    customer = await party(hotline.office.admin, "大公司")
    for number in range(23):
        await contact(hotline.office.admin, f"员工{number}", customer, NUMBER)
    assert len(await matched(hotline)) == 20


async def test_of_what_one_may_not_see_one_is_told_only_the_owner(hotline: Hotline):
    first, second = hotline.agents
    own = await party(first, "甲方", NUMBER)
    await contact(first, "王", own, NUMBER)
    await hotline.pbx.tell("ringing", caller=NUMBER)
    found = await first.ask("call", FIELDS, id=await hotline.call_id())
    assert (found["party"], found["contact"]) == ({"name": "甲方"}, {"name": "王"})
    assert [(m["restricted"], m["party"], m["contact"]) for m in found["matches"]] == [
        (False, {"name": "甲方"}, {"name": "王"}),
        (False, {"name": "甲方"}, None),
    ]
    answer = await second.asked("call", FIELDS, id=await hotline.call_id())
    assert answer.errors == []
    hidden = answer.data["call"]
    assert (hidden["party"], hidden["contact"]) == (None, None)
    assert [(m["restricted"], m["owner"], m["party"], m["contact"]) for m in hidden["matches"]] == [
        (True, {"username": "agent1"}, None, None),
        (True, {"username": "agent1"}, None, None),
    ]
    assert "甲方" not in str(answer.body)


async def test_more_matches_take_no_more_statements(hotline: Hotline):
    admin = hotline.office.admin
    customer = await party(admin, "大公司", NUMBER)
    await hotline.pbx.tell("ringing", "few", caller=NUMBER)
    for number in range(9):
        await contact(admin, f"员工{number}", customer, NUMBER)
        await party(admin, f"同号{number}", NUMBER)
    await hotline.pbx.tell("ringing", "many", caller=NUMBER)
    counts = {}
    await hotline.agents[0].ask("me", "id")  # signed in, which takes some statements
    for name in ("few", "many"):
        key = await hotline.call_id(name)
        async with hotline.office.counted() as count:
            assert len((await hotline.agents[0].ask("call", FIELDS, id=key))["matches"]) == (1 if name == "few" else 19)
        counts[name] = len(count.queries)
    assert counts == {"few": 1, "many": 1}


async def test_the_lookup_uses_its_indexes(hotline: Hotline):
    from crm.services.customers.call_matches import _FIND

    async with hotline.office.database.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("PREPARE find (text, text, bigint, timestamptz, uuid) AS " + _FIND)
        rows = await connection.fetch(
            "EXPLAIN EXECUTE find ('+8657187654321', NULL, 87654321, now(), '00000000-0000-0000-0000-000000000000')"
        )
    plan = "\n".join(row[0] for row in rows)
    for index in ("phone_number_by_e164", "phone_number_by_tail", "call_by_number"):
        assert index in plan, plan
