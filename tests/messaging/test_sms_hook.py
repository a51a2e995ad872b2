"""The hook for short messages: receipts and replies, signed; forged, replayed, early, late and strange ones."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from tests.factories.api import Office, opened
from tests.factories.texting import SECRET, account, contact, gateway, sending, settings, until

from crm.core.signing import signature
from crm.endpoints.hooks.sms import routes
from crm.notify.messaging import sms
from crm.rules.messaging.sending import Outcome, Result
from crm.rules.messaging.sms_receipts import Reported
from crm.services.messaging import sms_dispatch, sms_reports
from crm.services.messaging.sms_dispatch import Letter
from crm.services.messaging.sms_reports import Receipt
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
SEND = "smsMessage { id state }"
AT = datetime.now(UTC).replace(microsecond=0).isoformat()


async def told(
    office: Office, *events: dict[str, Any], name: str = "peer", secret: str = SECRET, ago: int = 0, body: bytes | None = None
) -> tuple[int, dict[str, Any]]:
    body = orjson.dumps([{"at": AT, **each} for each in events]) if body is None else body
    stamp = str(int(time.time()) - ago)
    headers = {"X-Crm-Timestamp": stamp, "X-Crm-Signature": signature(secret, stamp, body)}
    answer = await office.client.post(f"/hooks/sms/{name}", content=body, headers=headers)
    return answer.status_code, answer.json()


async def test_a_name_that_no_account_can_have_is_refused_like_any_other(office: Office):
    for name in ("%00", "A", "x" * 41, "a%2Fb"):
        answer = await office.client.post(f"/hooks/sms/{name}", content=b"[]")
        assert answer.status_code in (401, 404), name


async def shown(office: Office, key: str) -> dict[str, Any]:
    found: dict[str, Any] = await office.admin.ask("smsMessage", "state reason detail deliveredAt", id=key)
    return found


async def sent(office: Office, text: str = "a", number: str = "13800138000") -> str:
    made = await office.admin.do("smsMessageSend", SEND, input={"number": number, "text": text})
    async with sending(office):
        await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
    return str(made["id"])


async def test_receipts_move_a_message_on_and_never_back(office: Office):
    async with gateway() as peer:
        await account(office, peer.url, signature=None)
        one, two = await sent(office), await sent(office, "中" * 71)
        delivered = {"event_id": "1", "id": "p1-0", "state": "delivered"}
        assert await told(office, delivered, delivered) == (200, {"received": 2, "new": 1})
        assert await shown(office, one) == {"state": "DELIVERED", "reason": None, "detail": None, "deliveredAt": AT}
        async with office.unchanged():
            assert await told(office, delivered) == (200, {"received": 1, "new": 0})
        await told(office, {"event_id": "2", "id": "p1-0", "state": "failed"})
        assert (await shown(office, one))["state"] == "DELIVERED"
        # Of two parts each has its own; the message waits for both, and one that fails is enough to fail it.
        await told(office, {"event_id": "3", "id": "p2-1", "state": "delivered"})
        assert (await shown(office, two))["state"] == "SUBMITTED"
        await told(office, {"event_id": "4", "id": "p2-0", "state": "expired", "detail": "24h"})
        assert await shown(office, two) == {"state": "EXPIRED", "reason": "NOT_DELIVERED", "detail": "24h", "deliveredAt": None}


async def test_receipts_for_what_nobody_knows_are_kept_until_somebody_does(office: Office):
    async with gateway() as peer:
        await account(office, peer.url)
        assert await told(office, {"event_id": "1", "id": "p1-0", "state": "delivered"}) == (200, {"received": 1, "new": 1})
        assert await told(office, {"event_id": "2", "id": "nobody's", "state": "failed"}) == (200, {"received": 1, "new": 1})
        key = await sent(office)
        assert (await shown(office, key))["state"] == "DELIVERED"
        assert await office.value("SELECT count(*) FROM sms_report WHERE NOT settled") == 1
        # By our own name for it, where the answer that would have told the provider's was lost; then it need not be repeated.
        lost = await office.admin.do("smsMessageSend", SEND, input={"number": "13800138001", "text": "a"})
        await told(office, {"event_id": "3", "reference": lost["id"], "state": "accepted"})
        assert (await shown(office, lost["id"]))["state"] == "SUBMITTED"
        assert await office.value("SELECT count(*) FROM outbound") == 0
        # An account speaks of its own messages only.
        await account(office, peer.url, code="other", primary=False)
        await told(office, {"event_id": "4", "reference": lost["id"], "state": "failed"}, name="other")
        assert (await shown(office, lost["id"]))["state"] == "SUBMITTED"


async def test_a_receipt_and_the_answer_it_is_about_may_be_written_at_the_same_time(office: Office):
    key = UUID(await account(office, "http://127.0.0.1:9/", perSecond=1000))
    waiting = (
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
        " WHERE l.locktype = 'advisory' AND NOT l.granted"
    )

    async def taken() -> tuple[str, Letter]:
        await office.rows("UPDATE sms_account SET next_at = NULL")
        made = await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "text": "a"})
        [letter] = await sms_dispatch.take(office.database, 5)
        return str(made["id"]), letter

    def receipt(name: str) -> Receipt:
        return Receipt(name, Reported.DELIVERED, datetime.now(UTC), provider_id=name)

    kept, over = asyncio.Event(), asyncio.Event()

    async def hook() -> None:
        async with system_deed(office.database, "hook") as deed:
            assert await sms_reports.receipts(deed, key, [receipt("a")]) == 1
            kept.set()
            await over.wait()

    one, letter = await taken()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hook())
        await kept.wait()
        tasks.create_task(sms_dispatch.settle(office.database, [(letter, accepted("a"))]))
        await until(office, waiting, lambda count: count == 1, 5)
        over.set()
    assert (await shown(office, one))["state"] == "DELIVERED"
    # The answer that comes too late, when its message is being tried again, tells whose the receipt was all the same.
    two, letter = await taken()
    async with system_deed(office.database, "hook") as deed:
        await sms_reports.receipts(deed, key, [receipt("b")])
    await office.rows("UPDATE outbound SET holder = gen_random_uuid()")
    await sms_dispatch.settle(office.database, [(letter, accepted("b"))])
    assert (await shown(office, two))["state"] == "DELIVERED"
    assert await office.value("SELECT count(*) FROM sms_report WHERE NOT settled") == 0


def accepted(name: str) -> Outcome:
    return Outcome(Result.ACCEPTED, (name,))


async def test_forged_old_and_malformed_reports_are_refused_whole(office: Office):
    await account(office, "http://127.0.0.1:9/")
    good = {"event_id": "1", "id": "x", "state": "delivered"}
    async with office.unchanged():
        for how in ({"secret": "another secret"}, {"ago": 301}, {"ago": -301}, {"name": "nobody"}, {"name": "default"}):
            status, answer = await told(office, good, **how)
            assert (status, set(answer)) == (401, {"error"}), how
        bad: list[tuple[dict[str, Any], str]] = [
            ({"state": "delivered"}, "1.event_id"), ({"event_id": "2", "state": "delivered"}, "1.id"),
            ({"event_id": "2", "id": "x", "state": "gone"}, "1.state"),
            ({"event_id": "x" * 65, "id": "x", "state": "failed"}, "1.event_id"),
            ({"event_id": "2", "id": "a\u0000", "state": "failed"}, "1.id"), ({"event_id": "2", "type": "other"}, "1.type"),
            ({"event_id": "2", "id": "x", "state": "failed", "at": "2126-01-01T00:00:00Z"}, "1.at"),
            ({"event_id": "2", "type": "message", "from": "13800138000"}, "1.text"),
            ({"event_id": "2", "type": "message", "from": "1" * 65, "text": "x"}, "1.from"),
        ]  # fmt: skip
        for event, field in bad:
            status, answer = await told(office, good, event)
            assert (status, answer.get("field")) == (400, field), event
        assert (await told(office, body=b"{"))[0] == 400
        assert (await told(office, body=orjson.dumps([good] * 101)))[0] == 413


async def test_a_reply_finds_its_party_its_reader_and_opts_out(office: Office):
    async with gateway() as peer:
        await account(office, peer.url)
        grants = {"contact.*": "OWN", "customer.*": "OWN", "activity.READ": "OWN"}
        texting = {f"sms_message.{action}": "OWN" for action in ("CREATE", "READ")}
        seller = await office.hire("seller", grants | texting)
        person = await contact(seller, "王芳", "13800138000")
        made = await seller.do("smsMessageSend", SEND, input={"contactId": person["id"], "text": "周二上门？"})
        async with sending(office):
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
        reply = {"event_id": "r1", "type": "message", "from": "+8613800138000", "text": "可以，下午三点"}
        assert await told(office, reply, reply) == (200, {"received": 2, "new": 1})
        chosen = "nodes { direction state text number party { id } contact { name } owner { username } replyTo { id } }"
        found = await seller.ask("smsMessages", chosen, filter={"direction": {"eq": "INBOUND"}})
        assert found["nodes"] == [{
            "direction": "INBOUND", "state": "RECEIVED", "text": "可以，下午三点", "number": "138 0013 8000",
            "party": {"id": person["party"]["id"]}, "contact": {"name": "王芳"}, "owner": {"username": "seller"},
            "replyTo": {"id": made["id"]},
        }]  # fmt: skip
        kinds = (await seller.ask("notifications", "nodes { kind record { id } }"))["nodes"]
        assert [each["kind"] for each in kinds] == ["SMS_RECEIVED"]
        await sms.file_all(office.database)
        history = await seller.ask("contact", "activities { nodes { kind content } } smsMessages { totalCount }", id=person["id"])
        assert {each["content"] for each in history["activities"]["nodes"]} == {"【江南科技】周二上门？", "可以，下午三点"}
        assert history["smsMessages"]["totalCount"] == 2
        await told(office, {"event_id": "r2", "type": "message", "from": "138 0013 8000", "text": "TD"})
        await told(office, {"event_id": "r3", "type": "message", "from": "+8613800138000", "text": "退订"})
        listed = (await office.admin.ask("smsOptOuts", "nodes { id e164 cause }"))["nodes"]
        assert [(each["e164"], each["cause"]) for each in listed] == [("+8613800138000", "REPLY")]
        async with office.unchanged():
            refused = await seller.refusals("smsMessageSend", input={"contactId": person["id"], "text": "再来"})
            assert refused == [("INVALID", ["input", "contactId"])]
        await office.admin.do("smsOptOutDelete", "smsOptOut { id }", id=listed[0]["id"])
        await seller.do("smsMessageSend", SEND, input={"contactId": person["id"], "text": "再来"})
        async with office.unchanged():
            assert await office.admin.refusals("smsOptOutCreate", input={"number": "10086"}) == [("INVALID", ["input", "number"])]
        assert (await office.admin.do("smsOptOutRestore", "smsOptOut { e164 }", id=listed[0]["id"]))["e164"] == "+8613800138000"
        twice = await office.admin.refusals("smsOptOutCreate", input={"number": "13800138000"})
        assert twice == [("DUPLICATE", ["input", "number"])]


async def test_what_one_account_of_the_installation_was_told_is_not_told_to_another(office: Office):
    """They have one secret, and the path is not signed: a report that was overheard fits every one of them."""
    given = {"code": "second", "name": "备用", "driver": "INSTALLATION"}
    await office.admin.do("smsAccountCreate", "smsAccount { id }", input=given)
    app = Starlette(routes=routes(settings(office, sms_secret=SECRET)))
    app.state.database = office.database
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm.test") as client:
        told_to = partial(told, Office(client, office.database))
        reply = {"event_id": "1", "type": "message", "from": "13800138000", "text": "你好"}
        receipt = {"event_id": "2", "id": "x", "state": "delivered"}
        assert await told_to(reply, receipt, name="default") == (200, {"received": 2, "new": 2})
        async with office.unchanged():
            assert await told_to(reply, receipt, name="second") == (200, {"received": 2, "new": 0})
        assert await told_to({**reply, "event_id": "3"}, name="second") == (200, {"received": 1, "new": 1})
    # Other accounts have providers of their own, who name their reports as they like.
    await account(office, "http://127.0.0.1:9/")
    assert await told(office, reply) == (200, {"received": 1, "new": 1})


async def test_strangers_and_shared_numbers_are_kept_for_people_to_sort_out(office: Office):
    await account(office, "http://127.0.0.1:9/")
    known = await contact(office.admin, "王芳", "13800138000")
    for name in ("李雷", "韩梅"):
        await contact(office.admin, name, "13800138001")
    events = [
        {"event_id": str(place), "type": "message", "from": sender, "text": "x"}
        for place, sender in enumerate(("13800138000", "13800138001", "13800138002", "10690000", "+447400123456", "SHOP"))
    ]
    assert await told(office, *events) == (200, {"received": 6, "new": 6})
    rows = await office.rows("SELECT number, e164, party_id::text, owner_id::text FROM sms_message ORDER BY number")
    linked = {row["number"]: row["party_id"] for row in rows}
    assert {number for number, party in linked.items() if party} == {"138 0013 8000"}
    assert linked["138 0013 8000"] == known["party"]["id"]
    assert {row["number"]: row["e164"] for row in rows}["SHOP"] is None
