"""Bulk messages: to contacts, parties and a filter; what they would come to; each recipient's own outcome; cancelled in time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.customers.merging import into, undo
from tests.factories.api import Office, opened
from tests.factories.texting import account, contact, gateway, sending, until
from tests.notify.errands import reaches, working

from crm.notify.messaging import sms
from crm.rules.messaging.sending import Outcome, Result
from crm.services.messaging import sms_batch_preparing, sms_batches, sms_dispatch
from crm.services.messaging.sms_batch_preparing import PREPARE, Prepare
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
PREVIEW = """recipientCount sendableCount segmentCount cost currency refused { reason count }
    samples { number text segments reason contact { name } party { name } }"""
BATCH = "smsBatch { id status recipientCount refusedCount actions }"
WHOLE = """smsBatch { status recipientCount preparedCount refusedCount segmentCount cost text
    messages(orderBy: [{field: CREATED_AT}]) { nodes { state reason text contact { name } party { name } } } }"""


async def template(office: Office) -> str:
    given = {"name": "问候", "category": "MARKETING", "text": "{name}您好，{what}上新。", "variables": [
        {"name": "name", "source": "CONTACT_NAME"}, {"name": "what"},
    ]}  # fmt: skip
    return str((await office.admin.do("smsTemplateCreate", "smsTemplate { id }", input=given))["id"])


async def people(office: Office) -> dict[str, Any]:
    made = {
        "mobile": await contact(office.admin, "王芳", "13800138000"),
        "same": await contact(office.admin, "王芳二", "0571-87654321", "138 0013 8000"),
        "landline": await contact(office.admin, "李雷", "0571-87654321"),
        "none": await contact(office.admin, "韩梅"),
        "unwilling": await contact(office.admin, "张三", "13800138009"),
        "markup": await contact(office.admin, "<b>四</b>", "13800138010"),
    }
    await office.admin.do("smsOptOutCreate", "smsOptOut { id }", input={"number": "13800138009"})
    given = {"name": "杭州茶叶有限公司", "phoneNumbers": [{"raw": "13900139000"}]}
    made["party"] = await office.admin.do("customerCreate", "customer { id }", input=given)
    return made


async def test_a_preview_tells_what_sending_does(office: Office, monkeypatch):
    monkeypatch.setattr(sms_batches, "BATCH", 3)
    async with gateway() as peer:
        await account(office, peer.url, quietFrom=None, quietUntil=None)
        made, text = await people(office), await template(office)
        given = {
            "templateId": text, "variables": [{"name": "what", "value": "龙井"}], "partyIds": [made["party"]["id"]],
            "contactIds": [made["none"]["id"]],
        }  # fmt: skip
        wanted = {"name": {"ne": "无此人"}}
        async with office.unchanged():
            seen = await office.admin.ask("smsBatchPreview", PREVIEW, input=given, filter=wanted)
        reasons = {each["reason"]: each["count"] for each in seen["refused"]}
        assert reasons == {"BAD_VALUE": 1, "DUPLICATE_NUMBER": 1, "LANDLINE": 1, "NO_NUMBER": 1, "OPTED_OUT": 1}
        assert (seen["recipientCount"], seen["sendableCount"], seen["segmentCount"], seen["cost"]) == (7, 2, 2, "0.1000")
        assert seen["samples"][0] == {
            "number": "138 0013 8000", "text": "【江南科技】王芳您好，龙井上新。拒收请回复R", "segments": 1, "reason": None,
            "contact": {"name": "王芳"}, "party": {"name": "王芳的公司"},
        }  # fmt: skip
        assert len(seen["samples"]) == 5
        send = {**given, "name": "春季上新"}
        async with office.unchanged():
            refused = await office.admin.refusals("smsBatchSend", input={**send, "expectedRecipients": 8}, filter=wanted)
            assert refused == [("CONFLICT", ["input", "expectedRecipients"])]
        batch = await office.admin.do("smsBatchSend", BATCH, input={**send, "expectedRecipients": 7}, filter=wanted)
        assert batch == {
            "id": batch["id"], "status": "PREPARING", "recipientCount": 7, "refusedCount": 0, "actions": ["CANCEL"]
        }  # fmt: skip
        jobs = [row["id"] for row in await office.rows("SELECT id FROM job WHERE name = 'sms.prepare'")]
        assert len(jobs) == 3
        async with working(office.database, PREPARE), sending(office):
            for job in jobs:
                await reaches(office.database, job, "DONE")
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
        found = await office.admin.ask("smsBatch", WHOLE.removeprefix("smsBatch {").removesuffix("}"), id=batch["id"])
        assert {name: found[name] for name in ("status", "preparedCount", "refusedCount", "segmentCount", "cost")} == {
            "status": "QUEUED", "preparedCount": 7, "refusedCount": 5, "segmentCount": 2, "cost": "0.1000",
        }  # fmt: skip
        states = sorted((each["state"], each["reason"]) for each in found["messages"]["nodes"] if each["reason"])
        assert states == [("REFUSED", reason) for reason in sorted(reasons)]
        assert sorted(each["text"] for each in peer.taken) == [
            "【江南科技】杭州茶叶有限公司您好，龙井上新。拒收请回复R", "【江南科技】王芳您好，龙井上新。拒收请回复R",
        ]  # fmt: skip
        await sms.file_all(office.database)
        assert await office.value("SELECT count(*) FROM activity WHERE kind = 'SMS'") == 2
        assert await office.value("SELECT count(*) FROM party WHERE last_contact_at IS NOT NULL") == 0


async def test_parts_that_run_twice_and_in_any_order_write_everybody_once(office: Office, monkeypatch):
    monkeypatch.setattr(sms_batches, "BATCH", 2)
    await account(office, "http://127.0.0.1:9/")
    ids = [(await contact(office.admin, f"人{place}", f"1380013800{place}"))["id"] for place in range(6)]
    batch = await office.admin.do("smsBatchSend", BATCH, input={"name": "x", "text": "停水通知", "contactIds": ids})
    key, keys = UUID(batch["id"]), sorted(UUID(each) for each in ids)
    parts = [Prepare(key, number, keys[2 * number : 2 * number + 2], []) for number in range(3)]

    class Run:
        def deed(self):
            return system_deed(office.database, "again")

    # A worker can be killed after its commit, and the job of a part that was given up be started again after the others.
    for number in (1, 1, 2, 2, 0, 0):
        await sms_batch_preparing.prepare(Run(), parts[number])  # type: ignore[arg-type]
    shown = await office.admin.ask("smsBatch", "status preparedCount refusedCount segmentCount", id=batch["id"])
    assert shown == {"status": "QUEUED", "preparedCount": 6, "refusedCount": 0, "segmentCount": 6}
    assert await office.value("SELECT count(DISTINCT contact_id) FROM sms_message") == 6
    assert await office.value("SELECT count(*) FROM outbound") == 6
    told = await office.rows("SELECT changes FROM change WHERE record_id = $1", key)
    assert "preparedParts" not in str(told)
    assert "given" not in str(told)


async def test_those_who_got_the_same_bulk_message_can_be_merged(office: Office):
    await account(office, "http://127.0.0.1:9/")
    admin = office.admin
    one = await contact(admin, "王芳", "13800138000")
    two = await contact(admin, "王芳二", "13800138001", party=one["party"]["id"])
    parties = [
        (await admin.do("customerCreate", "customer { id }", input={"name": name, "phoneNumbers": [{"raw": number}]}))["id"]
        for name, number in (("杭州茶叶有限公司", "13900139000"), ("杭州茶业有限公司", "13900139001"))
    ]
    given = {"name": "x", "text": "停水", "contactIds": [one["id"], two["id"]], "partyIds": parties}
    await admin.do("smsBatchSend", BATCH, input=given)
    async with working(office.database, PREPARE):
        for row in await office.rows("SELECT id FROM job WHERE name = 'sms.prepare'"):
            await reaches(office.database, row["id"], "DONE")
    made = await admin.do("contactMerge", "contact { id } merge { id }", **into(one["id"], two["id"]))
    await admin.do("partyMerge", "party { id }", **into(*parties))
    count = "SELECT count(*) FROM sms_message WHERE coalesce(contact_id, party_id) = $1"
    assert [await office.value(count, UUID(key)) for key in (one["id"], parties[0])] == [2, 2]
    await undo(admin, made)
    assert [await office.value(count, UUID(each["id"])) for each in (one, two)] == [1, 1]


async def test_what_is_cancelled_in_time_is_not_sent(office: Office):
    await account(office, "http://127.0.0.1:9/")
    made = await people(office)
    given = {"name": "x", "text": "停水", "contactIds": [made["mobile"]["id"]], "partyIds": [made["party"]["id"]]}
    batch = await office.admin.do("smsBatchSend", BATCH, input=given)
    early = await office.admin.do("smsBatchSend", BATCH, input=given)
    assert (await office.admin.do("smsBatchCancel", BATCH, id=early["id"]))["status"] == "CANCELLED"
    async with working(office.database, PREPARE):
        for row in await office.rows("SELECT id FROM job WHERE name = 'sms.prepare'"):
            await reaches(office.database, row["id"], "DONE")
    assert await office.value("SELECT count(*) FROM outbound") == 2
    await office.rows("UPDATE outbound SET holder = gen_random_uuid() WHERE id = (SELECT min(id) FROM outbound)")
    shown = await office.admin.do("smsBatchCancel", BATCH, id=batch["id"])
    assert (shown["status"], shown["actions"]) == ("CANCELLED", [])
    assert {row["state"] for row in await office.rows("SELECT state FROM sms_message")} == {"QUEUED", "CANCELLED"}
    assert await office.value("SELECT count(*) FROM outbound") == 1
    async with office.unchanged():
        assert await office.admin.refusals("smsBatchCancel", id=batch["id"]) == [("ILLEGAL_TRANSITION", None)]


async def test_what_may_have_arrived_is_not_called_cancelled(office: Office):
    await account(office, "http://127.0.0.1:9/")
    made = await people(office)
    given = {"name": "x", "text": "停水", "contactIds": [made["mobile"]["id"]], "partyIds": [made["party"]["id"]]}
    batch = await office.admin.do("smsBatchSend", BATCH, input=given)
    async with working(office.database, PREPARE):
        for row in await office.rows("SELECT id FROM job WHERE name = 'sms.prepare'"):
            await reaches(office.database, row["id"], "DONE")
    tried, later = await sms_dispatch.take(office.database, 2)
    await sms_dispatch.settle(office.database, [(tried, Outcome(Result.DOUBTFUL)), (later, Outcome(Result.THROTTLED))])
    await office.admin.do("smsBatchCancel", BATCH, id=batch["id"])
    assert await office.value("SELECT count(*) FROM outbound") == 0
    ends = {row["id"]: (row["state"], row["reason"]) for row in await office.rows("SELECT id, state, reason FROM sms_message")}
    assert ends == {tried.ticket.message_id: ("UNKNOWN", "NO_ANSWER"), later.ticket.message_id: ("CANCELLED", None)}


async def test_only_whom_the_sender_sees_is_written_to(office: Office):
    await account(office, "http://127.0.0.1:9/")
    grants = {"contact.*": "OWN", "customer.*": "OWN", **{f"sms_batch.{action}": "OWN" for action in ("CREATE", "READ")}}
    seller = await office.hire("seller", grants, hidden=["contact.note"])
    mine = await contact(seller, "我的", "13800138000")
    others = await contact(office.admin, "别人的", "13800138001")
    seen = await seller.ask("smsBatchPreview", PREVIEW, input={"text": "您好"}, filter={})
    assert (seen["recipientCount"], seen["samples"][0]["contact"]) == (1, {"name": "我的"})
    async with office.unchanged():
        given = {"name": "x", "text": "您好", "contactIds": [mine["id"], others["id"]]}
        assert await seller.refusals("smsBatchSend", input=given) == [("NOT_FOUND", ["input", "contactIds", "1"])]
        given = {"name": "x", "text": "您好", "partyIds": [others["party"]["id"]]}
        assert await seller.refusals("smsBatchSend", input=given) == [("NOT_FOUND", ["input", "partyIds", "0"])]
        for wrong in ({"name": "x"}, {"text": "x", "name": " "}, {"name": "x", "text": "x"}):
            found = await seller.refusals("smsBatchSend", input={"text": "", **wrong})
            assert found[0][0] == "REQUIRED"
        assert (await seller.asked("smsBatchPreview", PREVIEW, input={"text": "【x】"}, filter={})).codes == ["BAD_USER_INPUT"]
        nobody = {"name": {"eq": "无此人"}}
        refused = await seller.refusals("smsBatchSend", input={"name": "x", "text": "您好"}, filter=nobody)
        assert refused == [("REQUIRED", ["filter"])]


async def test_more_recipients_take_no_more_statements(office: Office):
    await account(office, "http://127.0.0.1:9/")
    counts = []
    for place in range(12):
        await contact(office.admin, f"人{place}", f"138001380{place:02d}")
        if place in (1, 11):
            async with office.counted() as count:
                await office.admin.ask("smsBatchPreview", "recipientCount", input={"text": "您好"}, filter={})
            counts.append(len(count.queries))
    assert counts[0] == counts[1]
