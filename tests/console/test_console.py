"""The console in a browser over the whole application: what an agent does all day."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.console.browser import Tab
from tests.factories.api import PASSWORD, Api
from tests.factories.sockets import HOOKS, ConnectedOffice, connected

pytestmark = pytest.mark.slow

office = pytest.fixture(connected)


GRANTS = {f"{entity}.*": "ALL" for entity in ("customer", "contact", "activity", "call", "opportunity", "delivery")}
NUMBER = "+8613800138000"
numbers = itertools.count(1)


@pytest.fixture
async def agents(office: ConnectedOffice) -> list[Api]:
    """Two agents with an extension each, in one ring group with the number 4000."""
    hired = [await office.hire(f"agent{n}", GRANTS, display_name=f"Agent {n}", extension=f"100{n}") for n in (1, 2)]
    group = {"name": "hotline", "numbers": ["4000"], "memberIds": [one.id for one in hired]}
    await office.admin.do("ringGroupCreate", "ringGroup { id }", input=group)
    return hired


@pytest.fixture
async def customer(office: ConnectedOffice, agents: list[Api]) -> dict[str, Any]:
    """西湖电子 of the first agent, with a contact whose number calls."""
    party = await agents[0].do("customerCreate", "customer { id name }", input={"name": "西湖电子"})
    contact = {"name": "王建国", "partyId": party["id"], "phoneNumbers": [{"raw": NUMBER}]}
    await agents[0].do("contactCreate", "contact { id }", input=contact)
    return party


async def reported(office: ConnectedOffice, call_id: str, state: str, caller: str = NUMBER, **more: Any) -> None:
    """The switchboard says so."""
    event = {"event_id": f"e{next(numbers)}", "call_id": call_id, "state": state, "direction": "inbound"}
    event |= {"from": caller, "to": "4000"}
    body = json.dumps(event | {"at": datetime.now(UTC).isoformat()} | more).encode()
    stamp = str(int(time.time()))
    proof = hmac.new(HOOKS["pbx"].encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Crm-Timestamp": stamp, "X-Crm-Signature": f"v1={proof}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=office.address) as switchboard:
        answer = await switchboard.post("/hooks/calls/pbx", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def at_the_desk(tab: Tab, office: ConnectedOffice, username: str, language: str = "en") -> Tab:
    """Signs in through the form, and waits for the line."""
    await tab.goto(f"{office.address}/")
    await tab.wait_for("document.body.dataset.ready")
    await tab.click(f"#sign-in [data-language={language}]")
    await tab.type("#username", username)
    await tab.type("#password", PASSWORD)
    await tab.press("Enter")
    await tab.wait_for("document.querySelector('#connection').dataset.state === 'connected'")
    # The lists are asked for once more when the subscriptions stand.
    await asyncio.sleep(0.4)
    return tab


async def connection(tab: Tab, state: str) -> None:
    await tab.wait_for(f"document.querySelector('#connection').dataset.state === '{state}'", 30)


async def test_a_wrong_password_is_told_and_a_right_one_opens_the_desk(tabs, office):
    tab = await tabs()
    await tab.goto(f"{office.address}/")
    await tab.wait_for("document.body.dataset.ready")
    await tab.click("#sign-in [data-language=en]")
    await tab.type("#username", "admin")
    await tab.type("#password", "not this one")
    await tab.press("Enter")
    await tab.shows("#sign-in-error", "not right")
    assert await tab.evaluate("sessionStorage.length") == 0
    await tab.type("#password", PASSWORD)
    await tab.press("Enter")
    await connection(tab, "connected")
    assert await tab.text("#me") == "管理员"
    assert await tab.evaluate("Object.keys(sessionStorage)") == ["crm.token"]
    await tab.evaluate("location.reload()")
    await tab.wait_for("document.body?.dataset.ready")
    await connection(tab, "connected")
    assert tab.errors == []
    await tab.click("#sign-out")
    await tab.shows("#sign-in-form")
    assert await tab.evaluate("sessionStorage.length") == 0


async def test_a_revoked_session_leads_to_the_sign_in(tabs, office):
    tab = await at_the_desk(await tabs(), office, "admin")
    await office.rows("UPDATE session SET revoked_at = now() WHERE user_agent LIKE '%Chrom%' RETURNING id")
    await tab.shows("#sign-in-error", "ended")
    assert await tab.evaluate("sessionStorage.length") == 0


async def test_an_announcement_is_counted_opened_and_confirmed(tabs, office):
    tab = await at_the_desk(await tabs(), office, "admin")
    hostile = "<img src=x onerror=\"document.title='broken'\">"
    given = {"title": hostile, "body": f"{hostile}\nLine 2", "mustConfirm": True, "audience": {"everyone": True}}
    made = await office.admin.do("announcementPublish", "announcement { id }", input=given)
    place = f'[data-announcement="{made["id"]}"]'
    await tab.shows("#unread-count", "1")
    await tab.shows(f"{place} .title", hostile)
    await tab.click(f"{place} .fold")
    await tab.shows(f"{place} .body", "Line 2")
    await tab.hides("#unread-count")
    await tab.click(f"{place} [data-act=confirm]")
    await tab.shows(f"{place} .good", "Confirmed")
    receipt = await office.admin.ask("announcement", "myReceipt { readAt confirmedAt }", id=made["id"])
    assert receipt["myReceipt"]["readAt"]
    assert receipt["myReceipt"]["confirmedAt"]
    assert await tab.evaluate("document.querySelectorAll('#console img[src=x]').length") == 0
    assert await tab.evaluate("document.title") == "Agent console"
    assert tab.errors == []


async def test_a_call_from_its_first_ring_to_its_activity(tabs, office, agents, customer):
    first, second = [await at_the_desk(await tabs(), office, f"agent{n}") for n in (1, 2)]
    await reported(office, "c1", "ringing")
    for tab in (first, second):
        await tab.shows(".ringing-card .big-number")
        await tab.shows(".ringing-card .match[data-restricted=false]", "西湖电子")
    await first.press("Enter")
    await first.shows("#call-state", "Answered")
    await first.hides(".ringing-card")
    await first.shows("#customer-title", "西湖电子")
    await second.shows(".ringing-card[data-state=answered] .outcome", "Answered by Agent 1")
    await second.hides(".ringing-card", 10)
    await first.type("#note", "wants a quote")
    await first.choose("#disposition", await first.evaluate("document.querySelector('#disposition').options[1].value"))
    await first.click("#call-end")
    await first.shows(".notice.good")
    await first.shows("[data-section=history] td", "wants a quote")
    (call,) = (await agents[0].ask("calls", "nodes { state note filedAt activity { id } party { id } }", first=5))["nodes"]
    assert (call["state"], call["note"], call["party"]["id"]) == ("ENDED", "wants a quote", customer["id"])
    assert call["filedAt"]
    assert call["activity"]
    assert first.errors == second.errors == []


async def test_a_call_that_rings_out_stops_ringing(tabs, office, agents):
    tab = await at_the_desk(await tabs(), office, "agent1")
    await reported(office, "c1", "ringing")
    await tab.shows(".ringing-card[data-state=ringing]")
    await reported(office, "c1", "missed")
    await tab.shows(".ringing-card[data-state=over] .outcome", "Missed")
    await tab.hides(".ringing-card", 10)
    await tab.shows("#recent-calls [data-state=MISSED]")


async def test_an_unknown_number_becomes_a_customer(tabs, office, agents):
    tab = await at_the_desk(await tabs(), office, "agent1")
    await reported(office, "c1", "ringing", caller="+862166554433")
    await tab.shows(".ringing-card .unknown")
    await tab.press("Enter")
    await tab.shows("#call-new form")
    await tab.type("#call-new [name=name]", "新客户")
    await tab.type("#call-new [name=contactName]", "李小姐")
    await tab.click("#call-new [type=submit]")
    await tab.shows("#customer-title", "新客户")
    await tab.shows("[data-section=contacts] td", "李小姐")
    assert tab.errors == []


async def test_a_match_one_may_not_see_tells_only_whose_it_is(tabs, office, agents, customer):
    grants = {"customer.READ": "OWN", "call.READ": "OWN", "call.UPDATE": "OWN"}
    await office.hire("outsider", grants, display_name="Outsider", extension="1009")
    tab = await at_the_desk(await tabs(), office, "outsider")
    await reported(office, "c1", "ringing", extensions=["1009"])
    await tab.shows(".ringing-card .match[data-restricted=true]", "owned by Agent 1")
    assert "西湖电子" not in await tab.evaluate("document.body.innerText")


async def test_what_happened_while_the_network_was_away_is_there_afterwards(tabs, office, agents):
    tab = await at_the_desk(await tabs(), office, "agent1")
    await reported(office, "c1", "ringing")
    await tab.shows(".ringing-card")
    await reported(office, "c1", "missed")
    await tab.hides(".ringing-card", 10)
    await tab.set_offline(True)
    await connection(tab, "offline")
    await reported(office, "c2", "ringing", caller="+862166554433")
    await reported(office, "c3", "ringing", caller="+862166554434")
    await reported(office, "c3", "missed", caller="+862166554434")
    await tab.set_offline(False)
    await connection(tab, "connected")
    await tab.shows(".ringing-card[data-state=ringing] .big-number")
    await tab.wait_for("document.querySelectorAll('#recent-calls li').length === 3")
    # What was over by then does not ring.
    assert await tab.evaluate("document.querySelectorAll('.ringing-card').length") == 1
    assert tab.errors == []


async def test_a_call_is_held_taken_up_and_handed_on_and_nothing_typed_is_lost(tabs, office, agents):
    first, second = [await at_the_desk(await tabs(), office, f"agent{n}") for n in (1, 2)]
    await reported(office, "c1", "ringing")
    await first.shows(".ringing-card")
    await first.press("Enter")
    await first.shows("#call-state", "Answered")
    await first.type("#note", "half a sentence")
    await reported(office, "c2", "ringing", caller="+862166554433")
    await first.shows(".ringing-card .unknown")
    # A card that comes takes the focus from nobody who is writing.
    assert await first.evaluate("[document.activeElement.id, document.activeElement.value]") == ["note", "half a sentence"]
    await first.click("#call-hold")
    await first.shows("#call-state", "On hold")
    await first.evaluate("document.querySelector('.top [data-language=zh]').click()")
    await first.shows("#call-state", "保持中")
    assert await first.evaluate("document.querySelector('#note').value") == "half a sentence"
    await first.click("#call-resume")
    await first.shows("#call-state", "通话中")
    await first.evaluate("delete document.body.dataset.ready; location.reload()")
    await first.wait_for("document.body?.dataset.ready")
    await first.shows("#call-state", "通话中")
    await first.click("#call-transfer")
    await first.choose("#transfer-to", agents[1].id)
    await first.click("#transfer-go")
    await second.shows("#call-state", "Transferred")
    await first.shows("#call-facts", "Agent 2")
    assert first.errors == second.errors == []


async def test_being_away_is_told_to_the_others(tabs, office, agents):
    tab = await at_the_desk(await tabs(), office, "agent1")
    await tab.wait_for("document.querySelector('#presence-box').dataset.state === 'AVAILABLE'")
    await tab.choose("#presence", "AWAY")
    await tab.wait_for("document.querySelector('#presence-box').dataset.state === 'AWAY'")
    states = {agent["user"]["username"]: agent["state"] for agent in await agents[1].ask("agents", "user { username } state")}
    assert states["agent1"] == "AWAY"
