"""Click to call: the number is dialled once or not at all, and what nobody knows of is said to be so."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.conftest import make_settings
from tests.customers.calling import Hotline
from tests.factories.api import Office, opened, staffed
from tests.factories.switchboards import FakeAsterisk, FakeSwitchboard, on_the_line, until
from tests.notify.test_gateways import KINDS, heard, listening

from crm.app import create_app
from crm.notify.gateways import placing, supervised
from crm.notify.gateways.placing import Placing
from crm.services.customers import call_orders

office = pytest.fixture(opened)
FIELDS = "call { id state direction number { raw e164 } line cause candidates { username } party { name } contact { name } }"


@pytest.fixture(params=["ami", "esl"])
def kind(request) -> str:
    return str(request.param)


@pytest.fixture
def settings(database, tmp_path, request):
    kind = request.getfixturevalue("kind") if "kind" in request.fixturenames else "ami"
    return make_settings(database, tmp_path, **{f"{kind}_url": f"{kind}://crm:secret@127.0.0.1:1"})


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(supervised, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervised, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(placing, "LOOK_SECONDS", 0.02)


async def dial(hotline: Hotline, number: str = "0571-8765 4321", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = await hotline.agents[0].do("callDial", FIELDS, input={"number": number, **more})
    return found


async def name_of(hotline: Hotline, call: dict[str, Any]) -> str:
    return str(await hotline.office.value("SELECT external_id FROM call WHERE id = $1::uuid", call["id"]))


async def state(hotline: Hotline, call: dict[str, Any]) -> tuple[str, str | None]:
    found = await hotline.office.admin.ask("call", "state cause", id=call["id"])
    return found["state"], found["cause"]


def asked_for(board: FakeSwitchboard) -> list[str]:
    return [each.get("ActionID") or each["Job-UUID"] for each in board.asked]


async def test_a_number_is_dialled_once_and_the_call_is_followed(hotline: Hotline, kind: str):
    customer = (await hotline.agents[0].do("customerCreate", "customer { id }", input={"name": "宏图科技"}))["id"]
    async with on_the_line(KINDS[kind][0]()) as board, listening(hotline, kind, board):
        await until(lambda: heard(kind))
        call = await dial(hotline, partyId=customer)
        assert call == {
            "id": call["id"], "state": "RINGING", "direction": "OUTBOUND", "line": "1001", "cause": None,
            "number": {"raw": "0571-8765 4321", "e164": "+8657187654321"}, "candidates": [{"username": "agent1"}],
            "party": {"name": "宏图科技"}, "contact": None,
        }  # fmt: skip
        await until(lambda: board.asked)
        name = await name_of(hotline, call)
        if kind == "ami":
            (asked,) = board.asked
            assert (asked["ChannelId"], asked["Channel"], asked["Exten"]) == (name, "PJSIP/1001", "057187654321")
            assert (asked["Async"], asked["Context"], asked["Priority"]) == ("true", "from-internal", "1")
        else:
            (asked,) = board.asked
            assert asked["command"] == (
                f"bgapi originate {{origination_uuid={name},origination_caller_id_number=057187654321,ignore_early_media=true,"
                "originate_timeout=30}user/1001 057187654321 XML default"
            )
        answered(board, name)
        await until(lambda: _is(hotline, call, "ANSWERED"))
        found = await hotline.office.admin.ask("call", "claimedBy { username } number { raw }", id=call["id"])
        assert found == {"claimedBy": {"username": "agent1"}, "number": {"raw": "0571-8765 4321"}}
        await asyncio.sleep(0.1)
        assert asked_for(board) == [name]
        assert await hotline.office.value("SELECT count(*) FROM call") == 1


def answered(board: FakeSwitchboard, name: str) -> None:
    """The telephone was taken up, and so was the one outside."""
    out = f"{name}-b"
    if isinstance(board, FakeAsterisk):
        mine = {"Channel": "PJSIP/1001-0000000a", "Uniqueid": name, "Linkedid": name, "CallerIDNum": "057187654321", "Exten": "s"}
        dest = {"DestChannel": "PJSIP/trunk-0000000b", "DestUniqueid": out, "DestLinkedid": name}
        board.channels[name] = {**mine, "ChannelState": "6", "BridgeId": "b"}
        board.channels[out] = {
            "Channel": "PJSIP/trunk-0b",
            "Uniqueid": out,
            "Linkedid": name,
            "ChannelState": "6",
            "BridgeId": "b",
        }
        board.event("Newchannel", **mine)
        board.event("DialBegin", **mine, **dest)
        board.event("DialEnd", DialStatus="ANSWER", **mine, **dest)
        return
    both = {"variable_call_uuid": name, "Call-Direction": "outbound"}
    mine, line = {"Unique-ID": name, "variable_dialed_user": "1001"}, {"Unique-ID": out, "Caller-Destination-Number": "0571"}
    for each, channel in ((name, "sofia/internal/1001@h"), (out, "sofia/gateway/line/0571")):
        board.channels[each] = {"uuid": each, "call_uuid": name, "direction": "outbound", "callstate": "ACTIVE", "name": channel}
    for event in ("CHANNEL_CREATE", "CHANNEL_ANSWER"):
        board.event(event, **both, **mine)
        board.event(event, **both, **line)


async def _is(hotline: Hotline, call: dict[str, Any], wanted: str) -> bool:
    return (await state(hotline, call))[0] == wanted


async def test_a_refusal_of_the_switchboard_ends_the_call(hotline: Hotline, kind: str):
    async with on_the_line(KINDS[kind][0]()) as board, listening(hotline, kind, board):
        await until(lambda: heard(kind))
        board.refuses_dialling = True
        call = await dial(hotline)
        await until(lambda: _is(hotline, call, "FAILED" if kind == "ami" else "MISSED"))
        assert (await state(hotline, call))[1] == ("failed" if kind == "ami" else "USER_NOT_REGISTERED")
        assert len(board.asked) == 1


async def test_what_may_have_been_dialled_is_not_dialled_again(hotline: Hotline, kind: str):
    """The line breaks between the order and its answer: what the switchboard has then decides."""
    async with on_the_line(KINDS[kind][0]()) as board, listening(hotline, kind, board):
        await until(lambda: heard(kind))
        board.drops_at_dialling = True
        vanished = await dial(hotline)
        await until(lambda: _is(hotline, vanished, "LOST"))
        assert await state(hotline, vanished) == ("LOST", "unconfirmed")
        board.at_dialling = lambda name: answered(board, name)
        placed = await dial(hotline, "13912345678")
        await until(lambda: _is(hotline, placed, "ANSWERED"))
        await asyncio.sleep(0.1)
        assert len(board.asked) == len(set(asked_for(board))) == 2


async def test_two_gateways_send_each_order_once(hotline: Hotline):
    """As when one leads no longer and has not noticed: what is written before it is sent decides."""
    async with on_the_line(FakeAsterisk()) as board, listening(hotline, "ami", board), listening(hotline, "ami", board):
        await until(lambda: board.logins == 2)
        await until(lambda: heard("ami"))
        for number in range(8):
            await dial(hotline, f"1391234567{number}")
        await until(lambda: len(board.asked) == 8)
        await asyncio.sleep(0.1)
        assert len(set(asked_for(board))) == len(board.asked) == 8


async def test_late_orders_are_not_sent(hotline: Hotline, monkeypatch):
    async with on_the_line(FakeAsterisk()) as board:
        board.deaf = True
        async with listening(hotline, "ami", board):
            call = await dial(hotline)
            await asyncio.sleep(0.1)
            assert await state(hotline, call) == ("RINGING", None)
            monkeypatch.setattr(placing, "LATEST", placing.timedelta(seconds=0))
            await until(lambda: _is(hotline, call, "FAILED"))
            board.deaf = False
            await until(lambda: heard("ami"))
            await asyncio.sleep(0.1)
            assert board.asked == []


async def test_a_killed_gateway_sends_nothing_again(hotline: Hotline, monkeypatch):
    """Killed between writing that it sends and sending: the next one looks, and says that nobody knows."""
    async with on_the_line(FakeAsterisk()) as board:

        async def killed(self: Placing, order: call_orders.Order) -> None:
            begun = order.report(call_orders.SENT, call_orders.Signal.RINGING, order.at)
            await placing.take_in(self.database, [begun], self.plan, "gateway")

        with monkeypatch.context() as patch:
            patch.setattr(Placing, "_send", killed)
            async with listening(hotline, "ami", board):
                await until(lambda: heard("ami"))
                call = await dial(hotline)
                await until(lambda: _sent(hotline))
        async with listening(hotline, "ami", board):
            await until(lambda: _is(hotline, call, "LOST"))
            assert (await state(hotline, call), board.asked) == (("LOST", "unconfirmed"), [])


async def _sent(hotline: Hotline) -> int:
    return int(await hotline.office.value("SELECT count(*) FROM call_event WHERE key LIKE '%:sent'"))


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, list[str] | None]]] = {
    "no number": ({"number": "  "}, ("REQUIRED", ["input", "number"])),
    "a word": ({"number": "agent1"}, ("INVALID", ["input", "number"])),
    "a line break": ({"number": "139\r\nAction: Originate"}, ("INVALID", ["input", "number"])),
    "a dialling plan's command": ({"number": "139,1&Local/9"}, ("INVALID", ["input", "number"])),
    "too long": ({"number": "1" * 65}, ("INVALID", ["input", "number"])),
    "oneself": ({"number": "1001"}, ("INVALID", ["input", "number"])),
    "blocked": ({"number": "95588123"}, ("INVALID", ["input", "number"])),
    "a party that is not seen": ({"number": "13912345678", "partyId": "theirs"}, ("NOT_FOUND", ["input", "partyId"])),
}


async def test_refusals_change_nothing(hotline: Hotline):
    theirs = (await hotline.office.admin.do("customerCreate", "customer { id }", input={"name": "别人的"}))["id"]
    await hotline.office.admin.do("blockedNumberCreate", "blockedNumber { id }", input={"match": "NUMBER", "number": "95588123"})
    agent = hotline.agents[0]
    reader = await hotline.office.hire("reader", {"call.READ": "ALL"}, extension="1009")
    nobody = await hotline.office.hire("nobody", {"call.READ": "ALL", "call.UPDATE": "ALL"})
    async with hotline.office.unchanged():
        for given, expected in REFUSED.values():
            sent = given | ({"partyId": theirs} if "partyId" in given else {})
            assert await agent.refusals("callDial", input=sent) == [expected], given
        assert await nobody.refusals("callDial", input={"number": "13912345678"}) == [("INVALID", None)]
        answer = await reader.run(
            "mutation ($n: String!) { callDial(input: {number: $n}) { userErrors { code } } }", n="13912345678"
        )
        assert answer.codes == ["FORBIDDEN"]


async def test_without_a_switchboard_nothing_is_dialled(database, tmp_path):
    app = create_app(make_settings(database, tmp_path), database, background=False)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
        hotline = await Hotline(await staffed(client, database)).staffed(1)
        async with hotline.office.unchanged():
            given = {"number": "13912345678"}
            assert await hotline.agents[0].refusals("callDial", input=given) == [("INVALID", None)]
