"""What a call tells of customers one may not see: written down, limited by the hour, and above that nothing at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, FIELDS, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened

from crm.rules.customers import disclosures

office = pytest.fixture(opened)
LOG = "nodes { withheld user { username } call { id } party { name } owner { username } }"
LIMIT = 3


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


def number(place: int) -> str:
    return f"1391234{place:04d}"


async def customers(owner: Api, count: int, start: int = 0) -> None:
    for place in range(start, start + count):
        given = {"name": f"客户{place}", "phoneNumbers": [{"raw": number(place)}]}
        await owner.do("customerCreate", "customer { id }", input=given)


async def seen(hotline: Hotline, who: Api, place: int) -> dict[str, Any]:
    """The call from a number, as somebody reads it, without what is different about every call."""
    found = await who.ask("call", FIELDS, id=await hotline.call_id(f"c{place}"))
    return {name: value for name, value in found.items() if name not in ("id", "number", "ringingAt", "answeredAt", "endedAt")}


async def log(hotline: Hotline, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await hotline.office.admin.ask("callDisclosures", LOG, first=100, **asked))["nodes"]
    return found


async def test_it_is_written_down_who_was_told_of_whom_and_by_which_call(hotline: Hotline):
    first, second = hotline.agents
    await customers(first, 1)
    await hotline.pbx.tell("ringing", "c0", caller=number(0))
    assert (await seen(hotline, second, 0))["matches"][0]["restricted"] is True
    assert await log(hotline) == [
        {
            "withheld": False, "user": {"username": "agent2"}, "call": {"id": await hotline.call_id("c0")},
            "party": {"name": "客户0"}, "owner": {"username": "agent1"},
        }
    ]  # fmt: skip


async def test_nothing_is_written_of_those_who_see_the_customer_or_no_calls_at_all(hotline: Hotline):
    first, second = hotline.agents
    await customers(first, 1)
    blind = await hotline.office.hire("blind", {"customer.READ": "OWN"}, extension="1003")
    hiding = await hotline.office.hire("hiding", AGENT, hidden=["call.matches"], extension="1004")
    chief = await hotline.office.hire("chief", AGENT | {"customer.READ": "ALL"}, extension="1005")
    extensions = ["1001", "1003", "1004", "1005"]
    await hotline.pbx.tell("ringing", "c0", caller=number(0), extensions=extensions)
    assert await log(hotline) == []
    assert (await seen(hotline, chief, 0))["matches"][0]["party"] == {"name": "客户0"}
    assert (await hiding.asked("call", "matches { score }", id=await hotline.call_id("c0"))).codes == ["FORBIDDEN"]
    assert (await blind.asked("calls", "nodes { id }")).codes == ["FORBIDDEN"]
    assert await hotline.office.value("SELECT count(*) FROM call_candidate") == len(extensions)
    assert second.id not in {str(row["user_id"]) for row in await hotline.office.rows("SELECT user_id FROM call_candidate")}


async def test_who_sees_a_call_that_does_not_ring_them_is_told_nothing(hotline: Hotline):
    await customers(hotline.agents[0], 1)
    await hotline.pbx.tell("ringing", "c0", caller=number(0))
    watcher = await hotline.office.hire("watcher", AGENT | {"call.READ": "ALL"})
    assert (await seen(hotline, watcher, 0))["matches"] == []
    assert {each["user"]["username"] for each in await log(hotline)} == {"agent2"}


async def test_above_the_limit_a_call_looks_like_one_of_an_unknown_number(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", LIMIT)
    first, second = hotline.agents
    await customers(first, LIMIT + 1)
    for place in range(LIMIT + 2):  # the last is a number that nobody has
        await hotline.pbx.tell("ringing", f"c{place}", caller=number(place))
    told = [(await seen(hotline, second, place))["matches"] for place in range(LIMIT)]
    assert [each["restricted"] for matches in told for each in matches] == [True] * LIMIT
    assert await seen(hotline, second, LIMIT) == await seen(hotline, second, LIMIT + 1)
    mine = await seen(hotline, first, LIMIT)
    assert [each["party"] for each in mine["matches"]] == [{"name": f"客户{LIMIT}"}], "whose customer it is sees it as ever"
    refused = await log(hotline, filter={"withheld": {"eq": True}})
    assert [(each["user"]["username"], each["party"]["name"]) for each in refused] == [("agent2", f"客户{LIMIT}")]
    assert len(await log(hotline)) == LIMIT + 1


WAYS = """{ calls { totalCount nodes { line state version updatedBy { id } actions party { id } contact { id }
  changes { nodes { verb actor { id } fields { field } } }
  callBack { kind subject status owner { username } party { id } changes { nodes { verb fields { field } } } } } } }"""


async def test_no_way_around_tells_known_from_unknown_above_the_limit(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 0)
    first, second = hotline.agents
    await customers(first, 1)
    answers: list[Any] = []
    for place, name in enumerate(("known", "unknown")):
        for state in ("ringing", "missed"):
            await hotline.pbx.tell(state, name, caller=number(place), extensions=["1002"])
        answers.append([await second.read(WAYS)])
        given = {"id": await hotline.call_id(name), "input": {"name": "谁"}}
        answers[-1].append(await second.tried("callCustomerCreate", "call { party { name } }", **given))
        await hotline.office.rows("UPDATE call SET deleted_at = now() RETURNING 1")
    assert answers[0] == answers[1]
    assert [each["withheld"] for each in await log(hotline)] == [True]


async def test_who_is_named_later_in_the_same_list_learns_no_more(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 0)
    await customers(hotline.agents[0], 1)
    events = [hotline.pbx.event("ringing", "c0", caller=number(0), extensions=[extension]) for extension in ("9999", "1002")]
    assert (await hotline.pbx.post(events)).status_code == 200
    assert (await seen(hotline, hotline.agents[1], 0))["matches"] == []
    assert await hotline.office.value("SELECT party_id FROM call") is None


async def test_the_same_customer_again_costs_nothing(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 1)
    await customers(hotline.agents[0], 2)
    for name, place in (("c0", 0), ("c1", 0), ("c2", 1)):
        await hotline.pbx.tell("ringing", name, caller=number(place))
    assert [len((await seen(hotline, hotline.agents[1], place))["matches"]) for place in range(3)] == [1, 1, 0]


async def test_an_hour_later_more_may_be_told(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 1)
    await customers(hotline.agents[0], 2)
    await hotline.pbx.tell("ringing", "c0", caller=number(0))
    await hotline.office.rows("UPDATE call_disclosure SET at = at - interval '61 minutes' RETURNING 1")
    await hotline.pbx.tell("ringing", "c1", caller=number(1))
    assert len((await seen(hotline, hotline.agents[1], 1))["matches"]) == 1


async def test_calls_at_the_same_instant_count_each_other(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", LIMIT)
    await customers(hotline.agents[0], 4 * LIMIT)
    events = [hotline.pbx.event("ringing", f"c{place}", caller=number(place)) for place in range(4 * LIMIT)]
    answers = await asyncio.gather(*(hotline.pbx.post(event) for event in events[: 2 * LIMIT]))
    answers.append(await hotline.pbx.post(events[2 * LIMIT :]))  # and many in one list
    assert [answer.status_code for answer in answers] == [200] * (2 * LIMIT + 1)
    shown = [(await seen(hotline, hotline.agents[1], place))["matches"] for place in range(4 * LIMIT)]
    assert sum(map(len, shown)) == LIMIT
    assert sum(each["withheld"] for each in await log(hotline)) == 3 * LIMIT


async def test_whoever_is_given_the_call_later_is_told_then(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 1)
    first, second = hotline.agents
    await customers(first, 2)
    for place in (0, 1):
        await hotline.pbx.tell("ringing", f"c{place}", caller=number(place), extensions=["1001"])
        key = await hotline.call_id(f"c{place}")
        await first.do("callClaim", "call { id }", id=key)
        await first.do("callTransfer", "call { id }", id=key, toId=second.id)
    assert [len((await seen(hotline, second, place))["matches"]) for place in (0, 1)] == [1, 0]
    assert [each["withheld"] for each in await log(hotline, orderBy=[{"field": "AT", "direction": "ASC"}])] == [False, True]


async def test_the_log_is_for_those_whose_role_says_so(hotline: Hotline):
    await customers(hotline.agents[0], 1)
    await hotline.pbx.tell("ringing", "c0", caller=number(0))
    row = await hotline.office.value("SELECT id FROM call_disclosure")
    for person in hotline.agents:
        assert (await person.asked("callDisclosures", "nodes { id }")).codes == ["FORBIDDEN"]
        assert (await person.asked("node", "id", id=str(row))).codes in (["FORBIDDEN"], ["NOT_FOUND"])
    auditor = await hotline.office.hire("auditor", {"call_disclosure.READ": "ALL"})
    (found,) = (await auditor.ask("callDisclosures", LOG.replace("call { id }", "call { id }")))["nodes"]
    assert found["user"] == {"username": "agent2"}
    assert (found["call"], found["party"]) == (None, None), "what it is about is shown under its own rights"


async def test_the_log_outlives_what_it_tells_of(hotline: Hotline):
    await customers(hotline.agents[0], 1)
    await hotline.pbx.tell("ringing", "c0", caller=number(0))
    await hotline.pbx.tell("missed", "c0", caller=number(0))
    admin, key = hotline.office.admin, await hotline.call_id("c0")
    await admin.do("callDelete", "call { id }", id=key)
    await admin.do("recordPurge", "", id=key)
    (found,) = await log(hotline)
    assert (found["call"], found["party"]) == (None, {"name": "客户0"})
