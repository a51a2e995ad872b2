"""One short message: written, signed, counted, sent by an HTTP gateway, receipted, filed; and everything that is refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from tests.factories.api import Office, opened
from tests.factories.texting import account, code_template, contact, gateway, sending, until

from crm.notify.messaging import outbound as loop
from crm.notify.messaging import sms
from crm.rules.messaging.sending import Outcome, Result
from crm.rules.messaging.sms_flow import SmsReason
from crm.rules.messaging.sms_receipts import Reported
from crm.services.messaging import sms_dispatch, sms_reports
from crm.services.messaging.sms_dispatch import Letter
from crm.services.messaging.sms_reports import Receipt
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
SENT = "smsMessage { id state text encoding segments cost currency number e164 actions party { name } contact { name } }"
STATES = "SELECT string_agg(DISTINCT state, ' ') FROM sms_message"


async def test_a_message_is_sent_receipted_and_filed_as_an_activity(office: Office):
    async with gateway() as peer, sending(office):
        await account(office, peer.url)
        person = await contact(office.admin, "王芳", "0571-87654321", "138 0013 8000")
        sent = await office.admin.do("smsMessageSend", SENT, input={"contactId": person["id"], "text": "您的设备已发货。"})
        assert sent == {
            "id": sent["id"], "state": "QUEUED", "text": "【江南科技】您的设备已发货。", "encoding": "UCS2", "segments": 1,
            "cost": "0.0500", "currency": "CNY", "number": "138 0013 8000", "e164": "+8613800138000", "actions": ["CANCEL"],
            "party": {"name": "王芳的公司"}, "contact": {"name": "王芳"},
        }  # fmt: skip
        await until(office, STATES, lambda found: found == "SUBMITTED")
        assert [each["to"] for each in peer.taken] == ["+8613800138000"]
        assert peer.taken[0]["text"] == "【江南科技】您的设备已发货。"
        assert peer.taken[0]["repeat"] is False
        assert peer.headers[0]["idempotency-key"] == sent["id"]
        assert await sms.file_all(office.database) == 1
        filed = await office.admin.ask(
            "smsMessage", "state repeated activity { kind status subject content party { id } contact { id } }", id=sent["id"]
        )
        assert filed == {
            "state": "SUBMITTED", "repeated": False,
            "activity": {
                "kind": "SMS", "status": "DONE",
                "subject": "【江南科技】您的设备已发货。", "content": "【江南科技】您的设备已发货。",
                "party": {"id": person["party"]["id"]}, "contact": {"id": person["id"]},
            },
        }  # fmt: skip
        assert await office.value("SELECT last_contact_at IS NOT NULL FROM party WHERE id = $1", person["party"]["id"])
        assert await sms.file_all(office.database) == 0


SEND = "smsMessage { id state reason detail tries text segments }"


async def test_what_cannot_be_sent_is_refused_and_changes_nothing(office: Office):
    await account(office, "http://127.0.0.1:9/")
    admin = office.admin
    person = await contact(admin, "王芳", "0571-87654321")
    nobody = await contact(admin, "李雷")
    mobile = await contact(admin, "韩梅", "13800138001")
    given = {"name": "到期", "category": "NOTICE", "text": "{name}，合同{no}到期。", "variables": [
        {"name": "name", "source": "CONTACT_NAME"}, {"name": "no", "longest": 5},
    ]}  # fmt: skip
    template = (await admin.do("smsTemplateCreate", "smsTemplate { id variables { name source longest } }", input=given))["id"]
    await admin.do("smsOptOutCreate", "smsOptOut { e164 cause }", input={"number": "138 0013 8002"})

    async def refused(**values: object) -> tuple[str, list[str] | None]:
        return (await admin.refusals("smsMessageSend", input={"text": "您好", **values}))[0]

    number, text = ["input", "number"], ["input", "text"]
    async with office.unchanged():
        assert await refused(contactId=person["id"]) == ("INVALID", ["input", "contactId"])
        assert await refused(contactId=nobody["id"]) == ("INVALID", ["input", "contactId"])
        assert await refused(partyId=person["party"]["id"]) == ("INVALID", ["input", "partyId"])
        assert await refused(contactId=mobile["id"], partyId=mobile["party"]["id"]) == ("INVALID", ["input", "partyId"])
        assert await refused(contactId=mobile["id"], number="13900000000") == ("INVALID", number)
        for wrong in ("10086", "0571-87654321", "87654321", "abc", "13800138002", "400-800-1234"):
            assert await refused(number=wrong) == ("INVALID", number), wrong
        assert await refused() == ("REQUIRED", number)
        assert await refused(number="13800138001", text=" ") == ("REQUIRED", text)
        for wrong in ("【银行】您好", "中" * 671, "a\u0007", "x" * 1001):
            assert await refused(number="13800138001", text=wrong) == ("INVALID", text), wrong
        assert await refused(number="13800138001", sendAt="2020-01-01T00:00:00Z") == ("INVALID", ["input", "sendAt"])
        assert await refused(number="13800138001", templateId=template) == ("INVALID", text)
        assert await refused(number="13800138001", accountId=mobile["id"]) == ("NOT_FOUND", ["input", "accountId"])

        async def by_template(*values: tuple[str, str]) -> tuple[str, list[str] | None]:
            variables = [{"name": name, "value": value} for name, value in values]
            given = {"contactId": mobile["id"], "templateId": template, "variables": variables}
            return (await admin.refusals("smsMessageSend", input=given))[0]

        assert await by_template() == ("INVALID", ["input", "variables", "no"])
        for wrong in ("", "123456", "{x}", "【x】", "<b>", "a\nb"):
            assert await by_template(("no", wrong)) == ("INVALID", ["input", "variables", "no"]), wrong
        assert await by_template(("no", "1"), ("no", "2")) == ("INVALID", ["input", "variables", "1", "name"])
        assert await by_template(("name", "李四")) == ("INVALID", ["input", "variables", "0", "name"])
        assert await by_template(("strange", "1")) == ("INVALID", ["input", "variables", "0", "name"])
    given = {"contactId": mobile["id"], "templateId": template, "variables": [{"name": "no", "value": "A1"}]}
    assert (await admin.do("smsMessageSend", SEND, input=given))["text"] == "【江南科技】韩梅，合同A1到期。"


async def test_who_may_not_see_numbers_writes_to_nobody(office: Office):
    await account(office, "http://127.0.0.1:9/")
    person = await contact(office.admin, "王芳", "13800138000")
    grants = {"contact.READ": "ALL", "customer.READ": "ALL", "sms_message.CREATE": "OWN", "sms_message.READ": "OWN"}
    blind = await office.hire("blind", grants, hidden=["contact.phoneNumbers", "customer.phoneNumbers"])
    stranger = await office.hire("stranger", {"sms_message.CREATE": "OWN", "sms_batch.CREATE": "OWN"})
    clerk = await office.hire("clerk", {"contact.READ": "ALL"})
    text = {"contactId": person["id"], "text": "您好"}
    async with office.unchanged():
        assert await blind.refusals("smsMessageSend", input=text) == [("FORBIDDEN", ["input", "contactId"])]
        assert await stranger.refusals("smsMessageSend", input=text) == [("NOT_FOUND", ["input", "contactId"])]
        assert (await clerk.asked("smsMessages", "totalCount")).codes == ["FORBIDDEN"]
        asked = 'mutation { smsBatchSend(input: {name: "x", text: "y"}, filter: {}) { userErrors { code } } }'
        assert (await stranger.run(asked)).codes == ["FORBIDDEN"]


async def test_what_the_provider_says_decides_what_follows(office: Office, monkeypatch):
    async with gateway() as peer:
        await account(office, peer.url)
        peer.answers = [
            (429, {"message": "slow down"}, {"retry-after": "0"}), (400, {"code": "E7", "message": "blacklisted"}, {}),
            (503, {}, {"retry-after": "0"}), (202, {"id": 77}, {}),
        ]  # fmt: skip
        first = await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "text": "a"})
        async with sending(office):
            await until(office, STATES, lambda found: found == "FAILED")
            shown = await office.admin.ask("smsMessage", "state reason detail tries repeated", id=first["id"])
            assert shown == {
                "state": "FAILED",
                "reason": "REJECTED",
                "detail": "400 E7 blacklisted",
                "tries": 2,
                "repeated": False,
            }
            await office.admin.do("smsMessageRetry", SEND, id=first["id"])
            await until(office, STATES, lambda found: found == "SUBMITTED")
        assert await office.value("SELECT provider_id FROM sms_part") == "77"
        assert [each["repeat"] for each in peer.taken] == [False]
        async with office.unchanged():
            assert await office.admin.refusals("smsMessageRetry", id=first["id"]) == [("ILLEGAL_TRANSITION", None)]
            assert await office.admin.refusals("smsMessageCancel", id=first["id"]) == [("ILLEGAL_TRANSITION", None)]


async def taken(office: Office, most: int = 5) -> list[Letter]:
    """What is claimed next, whatever the rate of the account."""
    await office.rows("UPDATE outbound SET due_at = now() WHERE holder IS NULL")
    await office.rows("UPDATE sms_account SET next_at = NULL")
    return await sms_dispatch.take(office.database, most)


async def test_what_a_process_is_sending_it_does_not_claim_again(office: Office):
    """Its hold has lapsed, as when the database was away; what is begun anew is held on, so that nobody else claims it."""
    await account(office, "http://127.0.0.1:9/")
    await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "text": "a"})
    (letter,) = await taken(office)
    await office.rows("UPDATE outbound SET due_at = now() - interval '1 second'")
    await office.rows("UPDATE sms_account SET next_at = NULL")
    assert await sms_dispatch.take(office.database, 5, [letter]) == []
    assert await office.value("SELECT due_at > now() + interval '80 seconds' AND doubts = 0 FROM outbound")
    await office.rows("UPDATE outbound SET due_at = now() - interval '1 second'")
    (again,) = await sms_dispatch.take(office.database, 5)
    assert again.repeat


async def test_what_is_on_its_way_to_a_number_counts_for_its_limit(office: Office):
    await account(office, "http://127.0.0.1:9/", perNumberPerDay=1)
    other = await office.admin.do("smsAccountCreate", "smsAccount { id }", input={"code": "b", "name": "b", "driver": "FILE"})
    number = {"number": "13800138000", "text": "a"}
    for _ in range(2):
        await office.admin.do("smsMessageSend", SEND, input=number)
    one, two = await taken(office)
    # Of two at once the second waits to see what becomes of the first; so does one that is taken afterwards.
    assert (one.outcome, two.outcome) == (None, Outcome(Result.THROTTLED, after=sms_dispatch.UNDECIDED))
    await sms_dispatch.settle(office.database, [(two, two.outcome)])
    await office.admin.do("smsMessageSend", SEND, input={**number, "accountId": other["id"]})
    again, free = sorted(await taken(office), key=lambda letter: letter.account["code"] == "b")
    assert (again.outcome, free.outcome) == (two.outcome, None)
    await sms_dispatch.settle(office.database, [(again, again.outcome), (free, Outcome(Result.REJECTED))])
    # The first was not taken, so there is room for the next.
    await sms_dispatch.settle(office.database, [(one, Outcome(Result.REJECTED))])
    [again] = await taken(office)
    assert again.outcome is None
    # That one may have arrived: it may be tried again, and another waits.
    await sms_dispatch.settle(office.database, [(again, Outcome(Result.DOUBTFUL))])
    await office.admin.do("smsMessageSend", SEND, input=number)
    again, late = await taken(office)
    assert (again.outcome, again.repeat, late.outcome) == (None, True, two.outcome)
    await sms_dispatch.settle(office.database, [(again, Outcome(Result.REJECTED)), (late, late.outcome)])
    # Whatever was said of the second try, the first may have arrived.
    [late] = await taken(office)
    assert late.outcome == Outcome(Result.REFUSED, reason=SmsReason.DAILY_LIMIT)


async def test_what_may_have_arrived_is_marked_when_somebody_sends_it_again(office: Office):
    """However it ended: too old after an answer that never came, or unknown to its provider."""
    account_id = UUID(await account(office, "http://127.0.0.1:9/"))
    old, unknown, failed = [
        (await office.admin.do("smsMessageSend", SEND, input={"number": f"1380013800{place}", "text": "a"}))["id"]
        for place in range(3)
    ]
    first, second, third = await taken(office)
    results = [Outcome(Result.DOUBTFUL), Outcome(Result.ACCEPTED, ("u",)), Outcome(Result.REJECTED)]
    await sms_dispatch.settle(office.database, list(zip((first, second, third), results, strict=True)))
    await office.rows("UPDATE outbound SET first_due_at = now() - interval '25 hours'")
    [first] = await taken(office)
    assert first.outcome is not None
    await sms_dispatch.settle(office.database, [(first, first.outcome)])
    async with system_deed(office.database, "hook") as deed:
        await sms_reports.receipts(deed, account_id, [Receipt("1", Reported.UNKNOWN, datetime.now(UTC), provider_id="u")])
    for key, state in ((old, "EXPIRED"), (unknown, "UNKNOWN"), (failed, "FAILED")):
        assert (await office.admin.ask("smsMessage", "state", id=key))["state"] == state
        await office.admin.do("smsMessageRetry", SEND, id=key)
    again = {str(letter.message["id"]): letter for letter in await taken(office)}
    assert {key: letter.repeat for key, letter in again.items()} == {old: True, unknown: True, failed: False}
    await sms_dispatch.settle(office.database, [(letter, Outcome(Result.ACCEPTED)) for letter in again.values()])
    shown = [(await office.admin.ask("smsMessage", "repeated", id=key))["repeated"] for key in (old, unknown, failed)]
    assert shown == [True, True, False]


async def test_what_changed_since_it_was_queued_is_asked_again(office: Office, monkeypatch):
    """Opt-outs, closed accounts, limits of a number and messages that are worth nothing any more."""
    monkeypatch.setattr(sms_dispatch, "UNDECIDED", timedelta(milliseconds=20))
    async with gateway() as peer:
        key = await account(office, peer.url, perNumberPerDay=2)
        other = await office.admin.do(
            "smsAccountCreate", "smsAccount { id }", input={"code": "old", "name": "old", "driver": "FILE"}
        )
        send = office.admin.do
        for number, text in (("13800138001", "a"), ("13800138002", "b"), ("13800138003", "c")):
            said = {"templateId": await code_template(office, text)} if text == "c" else {"text": text}
            await send("smsMessageSend", SEND, input={"number": number, **said})
        for text in "xyz":
            await send("smsMessageSend", SEND, input={"number": "13800138004", "text": text})
        await send("smsMessageSend", SEND, input={"number": "13800138005", "text": "shut", "accountId": other["id"]})
        later = await send("smsMessageSend", SEND, input={"number": "13800138006", "text": "later", "sendAt": soon()})
        await send("smsAccountUpdate", "smsAccount { id }", id=other["id"], version=1, input={"active": False})
        await send("smsOptOutCreate", "smsOptOut { id }", input={"number": "13800138001"})
        await send("smsOptOutCreate", "smsOptOut { id }", input={"number": "13800138003"})
        await office.rows("UPDATE outbound SET first_due_at = now() - interval '25 hours' WHERE message_id ="
                          " (SELECT id FROM sms_message WHERE text LIKE '%b')")  # fmt: skip
        async with sending(office):
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 1)
        found = {row["text"][-1]: (row["state"], row["reason"]) for row in await office.rows("SELECT * FROM sms_message")}
        assert found == {
            "a": ("REFUSED", "OPTED_OUT"), "b": ("EXPIRED", "TOO_OLD"), "c": ("SUBMITTED", None), "x": ("SUBMITTED", None),
            "y": ("SUBMITTED", None), "z": ("REFUSED", "DAILY_LIMIT"), "t": ("REFUSED", "ACCOUNT_CLOSED"), "r": ("QUEUED", None),
        }  # fmt: skip
        assert len(peer.taken) == 3
        assert (await send("smsMessageCancel", SEND, id=later["id"]))["state"] == "CANCELLED"
        assert await office.value("SELECT count(*) FROM outbound") == 0
        async with office.unchanged():
            wrong = {"number": "13800138001", "text": "a", "accountId": other["id"]}
            assert await office.admin.refusals("smsMessageSend", input=wrong) == [("INVALID", ["input", "accountId"])]
        assert key


def soon() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def test_a_code_does_not_wait_behind_a_mail_shot(office: Office):
    await account(office, "http://127.0.0.1:9/", quietFrom=None, quietUntil=None)
    code = await code_template(office, "验证码")
    said = [{"text": "a", "category": each} for each in ("MARKETING", "MARKETING", "NOTICE")]
    for place, words in enumerate([*said, {"templateId": code}]):
        await office.admin.do("smsMessageSend", SEND, input={"number": f"1380013800{place}", **words})
    order = [(await taken(office, 1))[0] for _ in range(3)]
    assert [letter.message["category"] for letter in order] == ["CODE", "NOTICE", "MARKETING"]
    # In its turn again, when somebody sends it again.
    await sms_dispatch.settle(office.database, [(order[0], Outcome(Result.REJECTED))])
    await office.admin.do("smsMessageRetry", SEND, id=str(order[0].message["id"]))
    assert (await taken(office, 1))[0].message["id"] == order[0].message["id"]


async def test_a_peer_that_hangs_holds_up_its_own_account_only(office: Office, monkeypatch):
    monkeypatch.setattr(loop, "MOST", 2)
    monkeypatch.setattr(loop, "GRACE", 0.01)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with silent, gateway() as peer:
        dead = await account(office, f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/", code="dead")
        good = await account(office, peer.url, code="good", primary=False)
        number = {"number": "13800138000", "text": "a"}
        for _ in range(4):
            await office.admin.do("smsMessageSend", SEND, input=number)
        async with sending(office):
            await until(office, "SELECT count(*) FROM outbound WHERE holder IS NOT NULL", lambda held: held == 2)
            for _ in range(4):
                await office.admin.do("smsMessageSend", SEND, input={**number, "accountId": good})
            await until(office, "SELECT count(*) FROM sms_message WHERE state = 'SUBMITTED'", lambda sent: sent == 4, 5)
            # What is full is not looked at again and again.
            assert await sms_dispatch.next_due(office.database, [UUID(dead)]) is None
        assert await office.value("SELECT count(*) FROM outbound WHERE holder IS NULL AND tries = 0") == 2
        assert len(peer.taken) == 4


async def test_an_account_keeps_to_its_rate_and_marketing_to_its_hours(office: Office):
    async with gateway() as peer:
        now = datetime.now(ZoneInfo("Asia/Shanghai"))
        quiet = {"quietFrom": f"{now:%H:%M}", "quietUntil": f"{now + timedelta(hours=2):%H:%M}"}
        await account(office, peer.url, perSecond=3, **quiet)
        given = {"number": "13800138000", "text": "大促", "category": "MARKETING"}
        shown = await office.admin.do("smsMessageSend", SEND, input=given)
        assert shown["text"] == "【江南科技】大促拒收请回复R"
        due = (await office.rows("SELECT due_at FROM outbound"))[0]["due_at"].astimezone(ZoneInfo("Asia/Shanghai"))
        assert f"{due:%H:%M}" == quiet["quietUntil"]
        # Due by mistake, and quiet all the same: it waits.
        await office.rows("UPDATE outbound SET due_at = now()")
        code = await code_template(office, "验证码")
        for place in range(5):
            await office.admin.do("smsMessageSend", SEND, input={"number": f"1380013800{place}", "templateId": code})
        async with sending(office):
            await until(office, "SELECT count(*) FROM sms_message WHERE state = 'SUBMITTED'", lambda sent: sent >= 2)
            assert len(peer.taken) <= 3
            await until(office, "SELECT count(*) FROM sms_message WHERE state = 'SUBMITTED'", lambda sent: sent == 5)
        assert await office.value("SELECT state FROM sms_message WHERE category = 'MARKETING'") == "QUEUED"
        assert await office.value("SELECT due_at > now() + interval '1 hour' FROM outbound")


async def test_who_wants_no_more_messages_gets_codes_of_templates_alone(office: Office):
    """Else whoever writes would say that it is one, and reach them with anything."""
    await account(office, "http://127.0.0.1:9/")
    await office.admin.do("smsOptOutCreate", "smsOptOut { id }", input={"number": "13800138000"})
    given = {"number": "13800138000", "text": "春季大促", "category": "CODE"}
    async with office.unchanged():
        assert await office.admin.refusals("smsMessageSend", input=given) == [("INVALID", ["input", "category"])]
        again = await office.admin.refusals("smsOptOutCreate", input={"number": "13800138000"})
        assert [code for code, _ in again] == ["DUPLICATE"]
    code = await code_template(office, "您的验证码")
    await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "templateId": code})


async def test_of_a_party_that_one_does_not_see_no_name_is_told(office: Office):
    """A contact of one's own with a party of others; and one whose party lies in the recycle bin cannot be written to."""
    await account(office, "http://127.0.0.1:9/", signature=None)
    given = {"name": "同名", "category": "NOTICE", "text": "{party}", "variables": [{"name": "party", "source": "PARTY_NAME"}]}
    text = (await office.admin.do("smsTemplateCreate", "smsTemplate { id }", input=given))["id"]
    rights = {"contact.*": "OWN", **{f"sms_{noun}.{verb}": "OWN" for noun in ("message", "batch") for verb in ("READ", "CREATE")}}
    seller = await office.hire("seller", rights)
    person = await contact(office.admin, "王芳", "13800138000")
    await office.rows("UPDATE contact SET owner_id = $1 WHERE id = $2", UUID(seller.id), UUID(person["id"]))
    assert await seller.ask("contact", "party { id }", id=person["id"]) == {"party": None}
    one = {"contactId": person["id"], "templateId": text}
    many = {"name": "x", "contactIds": [person["id"]], "templateId": text}
    async with office.unchanged():
        refused = await seller.tried("smsMessageSend", SEND, input=one)
        assert refused["smsMessage"] is None
        assert [each["code"] for each in refused["userErrors"]] == ["INVALID"]
        preview = "recipientCount sendableCount samples { text reason }"
        seen = await seller.ask("smsBatchPreview", preview, input={name: value for name, value in many.items() if name != "name"})
        assert (seen["recipientCount"], seen["sendableCount"]) == (1, 0)
        assert [each["reason"] for each in seen["samples"]] == ["BAD_VALUE"]
    made = await seller.do("smsBatchSend", "smsBatch { id }", input=many)
    assert (await office.rows("SELECT given FROM sms_batch WHERE id = $1", UUID(made["id"])))[0]["given"].count(person["id"]) == 1
    await office.rows("UPDATE party SET deleted_at = now() WHERE id = $1", UUID(person["party"]["id"]))
    async with office.unchanged():
        assert await seller.refusals("smsMessageSend", input={"contactId": person["id"], "text": "x"}) == [
            ("NOT_FOUND", ["input", "contactId"])
        ]


async def test_a_long_message_takes_of_the_rate_what_its_parts_take(office: Office):
    await account(office, "http://127.0.0.1:9/", perSecond=1)
    made = await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "text": "中" * 500})
    assert made["segments"] == 8
    assert len(await sms_dispatch.take(office.database, 5)) == 1
    assert await office.value("SELECT next_at > now() + interval '4 seconds' FROM sms_account WHERE code = 'peer'")


async def test_a_private_address_is_not_written_to_unless_that_is_allowed(office: Office):
    async with gateway() as peer:
        await account(office, peer.url)
        await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "text": "a"})
        async with sending(office, private_peers=False):
            await until(office, "SELECT max(tries) FROM outbound WHERE holder IS NULL", lambda tries: (tries or 0) > 0)
        assert peer.requests == 0
        assert "private network" in await office.value("SELECT detail FROM sms_message")


async def test_development_needs_no_provider(office: Office, tmp_path):
    """The account that every installation starts with writes to a file; another one to the log, and one says what it lacks."""
    text = {"number": "13800138000", "text": "hello €"}
    await office.admin.do("smsMessageSend", SEND, input=text)
    async with sending(office, data_dir=tmp_path):
        await until(office, STATES, lambda found: found == "SUBMITTED")
    line = orjson.loads((tmp_path / "sms-outbox.jsonl").read_bytes())
    assert (line["to"], line["text"], line["segments"], line["encoding"]) == ("+8613800138000", "hello €", 1, "GSM7")
    assert (tmp_path / "sms-outbox.jsonl").stat().st_mode & 0o077 == 0
    made = await office.admin.do("smsAccountCreate", "smsAccount { id }", input={"code": "c", "name": "c", "driver": "CONSOLE"})
    await office.admin.do("smsMessageSend", SEND, input={**text, "accountId": made["id"]})
    async with sending(office, data_dir=tmp_path):
        await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
    bare = {"code": "h", "name": "h", "driver": "HTTP", "url": "https://sms.example.com/"}
    made = await office.admin.do("smsAccountCreate", "smsAccount { id }", input=bare)
    await office.admin.do("smsMessageSend", SEND, input={**text, "accountId": made["id"]})
    async with sending(office, data_dir=tmp_path):
        await until(office, "SELECT max(detail) FROM sms_message WHERE state = 'QUEUED'", lambda told: told is not None)
    assert "no secret" in await office.value("SELECT max(detail) FROM sms_message")
