"""The block list: whose calls ring nobody, and what cannot be blocked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import SETTINGS, Hotline
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
ENTRY = "blockedNumber { id version match number pattern direction reason until }"


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def block(hotline: Hotline, **given: Any) -> Any:
    return await hotline.office.admin.do("blockedNumberCreate", ENTRY, input={"match": "NUMBER", **given})


async def rang(hotline: Hotline, name: str, **given: Any) -> tuple[bool, int]:
    """Whether a call was stored as blocked, and how many it rang."""
    told = await hotline.told()
    await hotline.pbx.tell("ringing", name, **given)
    await hotline.pbx.tell("ended", name, cause="caller_hangup", **given)
    found = await hotline.read(name, "blocked state candidates { username } callBack { id } callBackEntry { id }")
    if found["blocked"]:
        assert await hotline.told() == told, "nobody is told of it"
        assert (found["state"], found["callBack"], found["callBackEntry"]) == ("ABANDONED", None, None)
    return found["blocked"], len(found["candidates"])


async def test_a_blocked_caller_rings_nobody_and_is_kept(hotline: Hotline):
    entry = await block(hotline, number="0086 138-0000-0000", reason="骚扰")
    assert entry | {"id": "", "until": None} == {
        "id": "", "version": 1, "match": "NUMBER", "number": "0086 138-0000-0000", "pattern": "+8613800000000",
        "direction": None, "reason": "骚扰", "until": None,
    }  # fmt: skip
    assert await rang(hotline, "c1") == (True, 0)
    assert await rang(hotline, "c2", caller="13800000001") == (False, 2)
    agent = hotline.agents[0]
    assert [node["id"] for node in (await agent.ask("calls", "nodes { id }"))["nodes"]] == [await hotline.call_id("c2")]
    await hotline.office.admin.do("blockedNumberUpdate", ENTRY, id=entry["id"], version=1, input={"direction": "OUTBOUND"})
    assert await rang(hotline, "c3") == (False, 2)
    out = {"direction": "outbound", "caller": "1001", "called": "13800000000", "agent": "1001"}
    await hotline.pbx.tell("ringing", "o1", **out)
    called = await hotline.read("o1", "blocked candidates { username }")
    assert called == {"blocked": True, "candidates": [{"username": "agent1"}]}, "who calls them has them on the line"
    await hotline.office.admin.do("blockedNumberDelete", ENTRY, id=entry["id"])
    assert await rang(hotline, "c4") == (False, 2)
    await hotline.office.admin.do("blockedNumberRestore", ENTRY, id=entry["id"])


async def test_prefixes_withheld_numbers_and_ends(hotline: Hotline):
    await block(hotline, match="PREFIX", number="1390")
    await block(hotline, match="WITHHELD")
    ending = await block(hotline, number="13700000000", until="2126-01-01T00:00:00Z")
    assert await rang(hotline, "c1", caller="13900000000") == (True, 0)
    assert await rang(hotline, "c2", caller="13910000000") == (False, 2)
    assert await rang(hotline, "c3", caller="anonymous") == (True, 0)
    assert await rang(hotline, "c4", caller="13700000000") == (True, 0)
    await hotline.office.rows("UPDATE blocked_number SET until = now() - interval '1 day' WHERE id = $1", ending["id"])
    assert await rang(hotline, "c5", caller="13700000000") == (False, 2)
    # The end that is there already may be sent back, by a form that sends everything.
    await hotline.pbx.tell("ringing", "c6", caller="13900000000", extensions=["1001"])
    await hotline.pbx.tell("ringing", "c6", caller="13900000000", extensions=["1002"])
    assert (await hotline.read("c6", "candidates { id }"))["candidates"] == []
    await hotline.pbx.tell("answered", "c6", caller="13900000000", agent="1002")
    assert (await hotline.read("c6", "candidates { username }"))["candidates"] == [{"username": "agent2"}], "who has it, sees it"


BAD = {
    "no number": ({}, "REQUIRED"),
    "words": ({"number": "nobody"}, "INVALID"),
    "everybody": ({"match": "PREFIX", "number": "1"}, "INVALID"),
    "the country": ({"match": "PREFIX", "number": "+86"}, "INVALID"),
    "our hotline": ({"number": "4000"}, "INVALID"),
    "an extension of ours": ({"number": "1001"}, "INVALID"),
    "a prefix of ours": ({"match": "PREFIX", "number": "0571 8888"}, "INVALID"),
    "a withheld number": ({"match": "WITHHELD", "number": "13800000000"}, "INVALID"),
    "over": ({"number": "13800000000", "until": "2020-01-01T00:00:00Z"}, "INVALID"),
    "among us": ({"number": "13800000000", "direction": "INTERNAL"}, "INVALID"),
    "twice": ({"number": "139 9999 9999"}, "DUPLICATE"),
}


async def test_what_cannot_be_blocked(hotline: Hotline):
    admin = hotline.office.admin
    group = {"name": "杭州", "numbers": ["0571-88888888"]}
    await admin.do("ringGroupCreate", "ringGroup { id }", input=group)
    entry = await block(hotline, number="13999999999")
    supervisor = await hotline.office.hire("supervisor", {"blocked_number.READ": "ALL"})
    async with hotline.office.unchanged():
        for case, (given, code) in BAD.items():
            refused = await admin.refusals("blockedNumberCreate", input={"match": "NUMBER", **given})
            assert [each[0] for each in refused] == [code], case
        assert (await hotline.agents[0].asked("blockedNumbers", "nodes { id }")).codes == ["FORBIDDEN"]
        assert (
            await supervisor.run(f'mutation {{ blockedNumberDelete(id: "{entry["id"]}") {{ userErrors {{ code }} }} }}')
        ).codes == ["FORBIDDEN"]
    assert [node["id"] for node in (await supervisor.ask("blockedNumbers", "nodes { id }"))["nodes"]] == [entry["id"]]
    made = [admin.tried("blockedNumberCreate", ENTRY, input={"match": "WITHHELD"}) for _ in range(3)]
    codes = [error["code"] for payload in await asyncio.gather(*made) for error in payload["userErrors"]]
    assert codes == ["DUPLICATE"] * 2
