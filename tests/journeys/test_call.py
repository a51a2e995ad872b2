"""The main job, from the switchboard to the customer's history: through the webhook, HTTP and sockets alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.customers import calling
from tests.customers.calling import Hotline
from tests.factories.sockets import CALLS, ConnectedOffice, connected

from crm.core.clock import now, print_instant

office = pytest.fixture(connected)
CUSTOMER_360 = """query ($id: ID!) { customer(id: $id) { id name owner { displayName }
  contacts { nodes { name phoneNumbers { display } } } activities { nodes { kind status subject } }
  opportunities { nodes { title weightedAmount stage { name } } } contracts { nodes { number status } }
  deliveries { nodes { number status } } shares { nodes { access } } calls { nodes { state disposition { code } } }
  changes { nodes { verb } } } }"""
SALES = ("opportunity.READ", "contract.READ", "delivery.READ")


@pytest.fixture
async def hotline(office: ConnectedOffice, monkeypatch) -> Hotline:
    monkeypatch.setattr(calling, "AGENT", calling.AGENT | dict.fromkeys(SALES, "OWN"))
    hotline = Hotline(office)
    hotline.pbx.begin = now() - timedelta(seconds=5)
    return await hotline.staffed(3)


async def customer_of(hotline: Hotline, owner: Any, number: str, name: str) -> str:
    admin = hotline.office.admin
    made = await admin.do("customerCreate", "customer { id }", input={"name": name, "ownerId": owner.id})
    contact = {"partyId": made["id"], "name": "王小明", "phoneNumbers": [{"raw": number}], "ownerId": owner.id}
    await admin.do("contactCreate", "contact { id }", input=contact)
    return str(made["id"])


async def test_from_ring_to_history(office: ConnectedOffice, hotline: Hotline):
    first, second, _ = hotline.agents
    customer = await customer_of(hotline, first, "13812345678", "宏图科技有限公司")
    async with (
        office.listens(first, CALLS) as mine,
        office.listens(second, CALLS) as theirs,
        office.listens(office.admin, CALLS) as nobodys,
    ):
        await hotline.pbx.tell("ringing", "c1", caller="0086 138-1234-5678")

        popup = (await mine.next())["call"]
        assert popup["state"] == "RINGING"
        assert popup["number"] == {"e164": "+8613812345678", "raw": "0086 138-1234-5678", "display": "138 1234 5678"}
        assert [each["username"] for each in popup["candidates"]] == ["agent1", "agent2", "agent3"]
        (match,) = popup["matches"]
        assert (match["restricted"], match["party"], match["contact"]) == (
            False, {"id": customer, "name": "宏图科技有限公司"}, {"id": match["contact"]["id"], "name": "王小明"},
        )  # fmt: skip

        masked = (await theirs.next())["call"]["matches"]
        assert [(each["restricted"], each["party"], each["contact"], each["owner"]["displayName"]) for each in masked] == [
            (True, None, None, "Agent 1")
        ]

        claimed = await first.do("callClaim", "call { id state claimedBy { username } }", id=popup["id"])
        assert (claimed["state"], claimed["claimedBy"]) == ("ANSWERED", {"username": "agent1"})
        turned = (await theirs.next())["call"]
        assert (turned["state"], turned["claimedBy"]["username"]) == ("ANSWERED", "agent1")
        assert (await mine.next())["call"]["state"] == "ANSWERED"

        view = (await first.read(CUSTOMER_360, id=customer))["customer"]
        assert view["contacts"]["nodes"][0]["name"] == "王小明"
        assert [each["state"] for each in view["calls"]["nodes"]] == ["ANSWERED"]

        follow_up = print_instant(now() + timedelta(days=3))
        option = await office.value(
            "SELECT i.code FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
            " WHERE d.code = 'call_disposition' ORDER BY i.position LIMIT 1"
        )
        ended = await first.do(
            "callEnd",
            "call { state activity { kind status } }",
            id=popup["id"],
            input={"disposition": option, "note": "要一份报价", "followUpAt": follow_up},
        )
        assert ended == {"state": "ENDED", "activity": {"kind": "CALL", "status": "DONE"}}
        assert (await theirs.next())["call"]["state"] == "ENDED"
        await hotline.pbx.tell("ended", "c1", cause="normal_clearing")

        view = (await first.read(CUSTOMER_360, id=customer))["customer"]
        assert sorted((each["kind"], each["status"]) for each in view["activities"]["nodes"]) == [
            ("CALL", "DONE"), ("CALL", "PLANNED"),
        ]  # fmt: skip
        assert view["calls"]["nodes"] == [{"state": "ENDED", "disposition": {"code": option}}]

        refused = await second.refusals("callClaim", id=popup["id"])
        assert [code for code, _ in refused] == ["ILLEGAL_TRANSITION"]
        assert await nobodys.silent()


async def test_two_claim_at_once_and_one_wins(office: ConnectedOffice, hotline: Hotline):
    first, second, _ = hotline.agents
    async with office.listens(first, CALLS) as mine:
        await hotline.pbx.tell("ringing", "c1")
        call = (await mine.next())["call"]["id"]
        payloads = await asyncio.gather(*(each.tried("callClaim", "call { id }", id=call) for each in (first, second)))
        assert sorted(bool(payload["call"]) for payload in payloads) == [False, True]
        codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
        assert codes == ["CONFLICT"]
        assert (await mine.next())["call"]["claimedBy"]["username"] in ("agent1", "agent2")
        assert await mine.silent()


async def test_whoever_was_away_gets_what_they_missed_once(office: ConnectedOffice, hotline: Hotline):
    first, *_ = hotline.agents
    async with office.listens(first, CALLS) as before:
        await hotline.pbx.tell("ringing", "c1")
        await before.next()
        before.line.cut()
    for name in ("c2", "c3"):
        await hotline.pbx.tell("ringing", name, caller="")
        await hotline.pbx.tell("missed", name, caller="")
    async with office.listens(first, CALLS, before.cursor) as after:
        await hotline.pbx.tell("ringing", "c4")
        states = [event["call"]["state"] for event in await after.drain()]
    # Events carry ids: a replayed one shows its call as it is by then.
    assert states == ["MISSED", "MISSED", "MISSED", "MISSED", "RINGING"]


async def test_rights_taken_away_midstream_stop_the_push(office: ConnectedOffice, hotline: Hotline):
    first, second, _ = hotline.agents
    async with office.listens(first, CALLS) as mine, office.listens(second, CALLS) as theirs:
        await hotline.pbx.tell("ringing", "c1")
        await mine.next()
        await theirs.next()
        role = await office.value("SELECT role_id FROM role_member WHERE user_id = $1::text::uuid", first.id)
        await office.rows("DELETE FROM role_grant WHERE role_id = $1 AND entity = 'call' AND action = 'READ'", role)
        await office.rows("UPDATE rights_epoch SET epoch = epoch + 1")
        await hotline.pbx.tell("missed", "c1")
        assert (await theirs.next())["call"]["state"] == "MISSED"
        assert await mine.silent()


async def test_a_ringing_call_is_not_deleted_from_under_whom_it_rings(office: ConnectedOffice, hotline: Hotline):
    first, second, _ = hotline.agents
    async with office.listens(first, CALLS) as mine, office.listens(second, CALLS) as theirs:
        await hotline.pbx.tell("ringing", "c1")
        key = (await mine.next())["call"]["id"]
        await theirs.next()
        assert await office.admin.refusals("callDelete", id=key) == [("ILLEGAL_TRANSITION", None)]
        assert await mine.silent()
        await hotline.pbx.tell("missed", "c1")
        for feed in (mine, theirs):
            assert (await feed.next())["call"]["state"] == "MISSED"
        assert await office.admin.do("callDelete", "call { id }", id=key) is None
