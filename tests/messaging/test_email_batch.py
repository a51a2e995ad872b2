"""E-mail in bulk: to whom, what it would be, each once, a way out in every one, and nobody who took it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from tests.customers.merging import into, undo
from tests.factories.api import Office, opened
from tests.factories.mailing import contact, opened_box, post_office, sending
from tests.factories.texting import until
from tests.notify.errands import working

from crm.rules.messaging import email_outcomes
from crm.rules.messaging.sending import Outcome, Result
from crm.services.messaging import email_account_states, email_batch_preparing, email_dispatch
from crm.services.messaging.email_batch_preparing import PREPARE, Prepare
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
LEFT = "SELECT count(*) FROM outbound"
COUNTS = "recipientCount sendableCount refused { reason count } samples { address subject html reason contact { name } }"
SHOWN_ENDS = "messages(first: 9) { nodes { id state reason recipients { state } } }"
BATCH = "emailBatch { id status recipientCount refusedCount actions }"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(email_outcomes, "FIRST_WAIT", timedelta(milliseconds=20))
    monkeypatch.setattr(email_account_states, "PAUSE", timedelta(milliseconds=20))


async def people(office: Office) -> list[str]:
    """Two who get it, one without an address, one with the address of another, one who wants nothing, one with no value."""
    given = (("王一", "a@x.example"), ("王二", "b@x.example"), ("无址", None), ("重名", "A@x.example"), ("退订", "no@x.example"))
    made = [await contact(office.admin, name, *([address] if address else [])) for name, address in given]
    await office.admin.do("emailSuppressionCreate", "emailSuppression { id }", input={"address": "NO@x.example"})
    return [each["id"] for each in made]


async def prepared(office: Office, batch: str) -> None:
    async with working(office.database, PREPARE):
        await until(office, f"SELECT status FROM email_batch WHERE id = '{batch}'", lambda status: status == "QUEUED")


async def test_many_get_a_letter_each_with_a_way_out(office: Office):
    admin = office.admin
    async with post_office() as post:
        box = await opened_box(admin, post.port, returnPath="bounce+{token}@example.com", signatureText="江南")
        contacts = await people(office)
        template = await admin.do(
            "emailTemplateCreate", "emailTemplate { id }",
            input={
                "name": "秋季", "category": "MARKETING", "subject": "{who}您好", "text": "{who}，新品", "html": "<p>{who}</p>",
                "variables": [{"name": "who", "source": "CONTACT_NAME"}],
            },
        )  # fmt: skip
        given = {"accountId": box, "templateId": template["id"], "contactIds": contacts}
        async with office.unchanged():
            found = await admin.ask("emailBatchPreview", COUNTS, input=given)
        assert (found["recipientCount"], found["sendableCount"]) == (5, 2)
        assert {each["reason"]: each["count"] for each in found["refused"]} == {"DUPLICATE": 1, "NO_ADDRESS": 1, "SUPPRESSED": 1}
        assert found["samples"][0] == {
            "address": "a@x.example", "subject": "王一您好", "html": "<p>王一</p>\n<br>\n<div>江南</div>", "reason": None,
            "contact": {"name": "王一"},
        }  # fmt: skip
        sent = {**given, "name": "秋季上新"}
        async with office.unchanged():
            for wrong, code in (
                ({"expectedRecipients": 6}, "CONFLICT"), ({"subject": "x"}, "INVALID"), ({"contactIds": []}, "REQUIRED"),
                ({"name": " "}, "REQUIRED"), ({"templateId": None}, "REQUIRED"), ({"sendAt": "2020-01-01T00:00:00Z"}, "INVALID"),
            ):  # fmt: skip
                assert (await admin.refusals("emailBatchSend", input={**sent, **wrong}))[0][0] == code, wrong
        batch = await admin.do("emailBatchSend", BATCH, input={**sent, "expectedRecipients": 5})
        await prepared(office, batch["id"])
        shown = "refusedCount messages(first: 10) { nodes { id state reason subject actions } }"
        after = await admin.ask("emailBatch", shown, id=batch["id"])
        assert (
            await office.value("SELECT string_agg(DISTINCT folder, ' ' ORDER BY folder) FROM email_message") == "ARCHIVE OUTBOX"
        )
        assert after["refusedCount"] == 3
        refused = [each for each in after["messages"]["nodes"] if each["state"] == "REFUSED"]
        assert [each["actions"] for each in refused] == [[], [], []]
        async with office.unchanged():
            assert await admin.refusals("emailRetry", id=refused[0]["id"]) == [("ILLEGAL_TRANSITION", None)]
        assert sorted(each["reason"] or each["state"] for each in after["messages"]["nodes"]) == [
            "DUPLICATE", "NO_ADDRESS", "QUEUED", "QUEUED", "SUPPRESSED",
        ]  # fmt: skip
        # Whoever unsubscribes between the queue and the server gets nothing either.
        await admin.do("emailSuppressionCreate", "emailSuppression { id }", input={"address": "b@x.example"})
        async with sending(office, public_url="https://crm.example.com"):
            await until(office, LEFT, lambda left: left == 0)
        (got,), ((sender, reached),) = post.letters, post.envelopes
        assert reached == ["a@x.example"]
        token = await office.value("SELECT token FROM email_recipient WHERE address = 'a@x.example'")
        assert sender == f"bounce+{token}@example.com"
        assert got["Precedence"] == "bulk"
        assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        ways = re.findall(r"<([^>]+)>", str(got["List-Unsubscribe"]))
        assert ways[0].startswith(f"https://crm.example.com/unsubscribe/{token}.")
        assert ways[1] == f"mailto:sales+unsub-{token}@example.com?subject=unsubscribe"
        await unsubscribed(office, ways[0].removeprefix("https://crm.example.com"), token)


async def unsubscribed(office: Office, path: str, token: str) -> None:
    """Looking at the page changes nothing, whoever looks; the button does, once."""
    client = office.admin.client
    async with office.unchanged():
        page = await client.get(path)
        assert page.status_code == 200
        assert 'method="post"' in page.text
        assert "a@x.example" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        for forged in (
            f"/unsubscribe/{token}",
            f"/unsubscribe/{token}.{'0' * 40}",
            f"/unsubscribe/x{path[13:]}",
            "/unsubscribe/é.x",
        ):
            for method in ("GET", "POST"):
                assert (await client.request(method, forged)).status_code == 404, forged
        assert (await client.head(path)).status_code in (200, 405)
    one_click = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        assert (await client.post(path, data=one_click)).status_code == 200
    listed = "SELECT count(*) FROM email_suppression WHERE address = 'a@x.example' AND cause = 'UNSUBSCRIBED'"
    assert await office.value(listed) == 1


async def test_parts_that_run_twice_and_in_any_order_write_everybody_once(office: Office):
    box = await opened_box(office.admin, 25)
    ids = [(await contact(office.admin, f"人{place}", f"a{place}@x.example"))["id"] for place in range(6)]
    given = {"accountId": box, "name": "x", "subject": "停水", "text": "停水通知", "contactIds": ids}
    batch = await office.admin.do("emailBatchSend", BATCH, input=given)
    key, keys = UUID(batch["id"]), sorted(UUID(each) for each in ids)
    parts = [Prepare(key, number, keys[2 * number : 2 * number + 2], []) for number in range(3)]

    class Run:
        def deed(self):
            return system_deed(office.database, "again")

    # A worker can be killed after its commit, and the job of a part that was given up be started again after the others.
    for number in (1, 1, 2, 2, 0, 0):
        await email_batch_preparing.prepare(Run(), parts[number])  # type: ignore[arg-type]
    shown = await office.admin.ask("emailBatch", "status preparedCount refusedCount", id=batch["id"])
    assert shown == {"status": "QUEUED", "preparedCount": 6, "refusedCount": 0}
    assert await office.value("SELECT count(DISTINCT contact_id) FROM email_message") == 6
    assert await office.value(LEFT) == 6
    told = await office.rows("SELECT changes FROM change WHERE record_id = $1", key)
    assert "preparedParts" not in str(told)
    assert "given" not in str(told)


async def test_those_who_got_the_same_mail_in_bulk_can_be_merged(office: Office):
    admin = office.admin
    box = await opened_box(admin, 25)
    one = await contact(admin, "王芳", "a@x.example")
    two = await contact(admin, "王芳二", "b@x.example", party=one["party"]["id"])
    parties = [
        (await admin.do("customerCreate", "customer { id }", input={"name": name, "emailAddresses": [{"address": address}]}))[
            "id"
        ]
        for name, address in (("杭州茶叶有限公司", "c@x.example"), ("杭州茶业有限公司", "d@x.example"))
    ]
    given = {"accountId": box, "name": "x", "subject": "停水", "text": "停水", "contactIds": [one["id"], two["id"]]}
    batch = await admin.do("emailBatchSend", BATCH, input={**given, "partyIds": parties})
    await prepared(office, batch["id"])
    made = await admin.do("contactMerge", "contact { id } merge { id }", **into(one["id"], two["id"]))
    await admin.do("partyMerge", "party { id }", **into(*parties))
    count = "SELECT count(*) FROM email_message WHERE coalesce(contact_id, party_id) = $1"
    assert [await office.value(count, UUID(key)) for key in (one["id"], parties[0])] == [2, 2]
    await undo(admin, made)
    assert [await office.value(count, UUID(each["id"])) for each in (one, two)] == [1, 1]


async def test_no_letter_holds_the_name_of_a_party_that_its_sender_does_not_see(office: Office):
    grants = {
        "email_account.CREATE": "OWN", "email_account.READ": "OWN", "email_batch.CREATE": "OWN", "email_batch.READ": "OWN",
        "email_message.READ": "ALL", "email_message.CREATE": "ALL", "contact.READ": "OWN", "customer.READ": "OWN",
        "email_template.READ": "ALL",
    }  # fmt: skip
    clerk = await office.hire("clerk", grants)
    wang = await contact(office.admin, "王五", "w@x.example")
    await office.rows("UPDATE contact SET owner_id = $1 WHERE id = $2 RETURNING id", UUID(clerk.id), UUID(wang["id"]))
    variables = [{"name": "who", "source": "CONTACT_NAME"}, {"name": "of", "source": "PARTY_NAME"}]
    given = {"name": "t", "category": "NOTICE", "subject": "{who}", "text": "{who}（{of}）", "variables": variables}
    template = await office.admin.do("emailTemplateCreate", "emailTemplate { id }", input=given)
    box = await opened_box(clerk, 25)
    letter = {"accountId": box, "templateId": template["id"]}
    async with office.unchanged():
        refused = await clerk.refusals("emailDraftCreate", input={**letter, "contactId": wang["id"]})
        assert refused == [("INVALID", ["input", "variables", "of"])]
    bulk = {**letter, "contactIds": [wang["id"]]}
    preview = await clerk.ask("emailBatchPreview", "samples { text reason }", input=bulk)
    assert [each["reason"] for each in preview["samples"]] == ["BAD_VALUE"]
    batch = await clerk.do("emailBatchSend", BATCH, input={**bulk, "name": "x"})
    await prepared(office, batch["id"])
    assert await office.value("SELECT reason FROM email_message") == "BAD_VALUE"


async def test_a_filter_reaches_what_its_sender_sees_and_the_rest_can_be_cancelled(office: Office):
    admin = office.admin
    grants = {
        "email_account.CREATE": "OWN", "email_account.READ": "OWN", "email_batch.CREATE": "OWN", "email_batch.READ": "OWN",
        "email_batch.UPDATE": "OWN", "email_message.READ": "ALL", "contact.READ": "OWN", "contact.CREATE": "OWN",
        "customer.CREATE": "OWN", "customer.READ": "OWN",
    }  # fmt: skip
    clerk = await office.hire("clerk", grants)
    await contact(admin, "别人的", "other@x.example")
    own = await contact(clerk, "自己的", "own@x.example")
    box, foreign = await opened_box(clerk, 25), await opened_box(admin, 25, address="boss@example.com")
    letter = {"accountId": box, "subject": "Hello", "text": "x", "category": "NOTICE", "name": "n"}
    named = {"name": {"startsWith": ""}}
    async with office.unchanged():
        stolen = await clerk.refusals("emailBatchSend", input={**letter, "accountId": foreign}, filter=named)
        assert stolen == [("NOT_FOUND", ["input", "accountId"])]
        personal = await clerk.refusals("emailBatchSend", input={**letter, "category": "PERSONAL"}, filter=named)
        assert personal == [("INVALID", ["input", "category"])]
    batch = await clerk.do("emailBatchSend", BATCH, input=letter, filter=named)
    assert batch["recipientCount"] == 1
    await prepared(office, batch["id"])
    assert await office.value("SELECT contact_id::text FROM email_message") == own["id"]
    assert await office.value(LEFT) == 1
    cancelled = await clerk.do("emailBatchCancel", BATCH, id=batch["id"])
    assert (cancelled["status"], cancelled["actions"]) == ("CANCELLED", [])
    assert await office.value(LEFT) == 0
    assert await office.value("SELECT state || ' ' || folder FROM email_message") == "CANCELLED ARCHIVE"
    async with office.unchanged():
        assert await clerk.refusals("emailBatchCancel", id=batch["id"]) == [("ILLEGAL_TRANSITION", None)]


async def test_what_may_have_arrived_is_not_called_cancelled(office: Office):
    """It is not tried again either: whoever cancelled it sees that nobody knows."""
    admin = office.admin
    box = await opened_box(admin, 25, connections=2)
    people = [(await contact(admin, name, f"{name}@x.example"))["id"] for name in ("a", "b", "c")]
    given = {"accountId": box, "subject": "s", "text": "t", "category": "NOTICE", "name": "n", "contactIds": people}
    batch = await admin.do("emailBatchSend", BATCH, input=given)
    await prepared(office, batch["id"])
    tried, later = await email_dispatch.take(office.database, 2)
    await email_dispatch.settle(office.database, [(tried, Outcome(Result.DOUBTFUL)), (later, Outcome(Result.THROTTLED))])
    await admin.do("emailBatchCancel", BATCH, id=batch["id"])
    assert await office.value(LEFT) == 0
    messages = (await admin.ask("emailBatch", SHOWN_ENDS, id=batch["id"]))["messages"]["nodes"]
    ends = {each["id"]: (each["state"], each["reason"], each["recipients"][0]["state"]) for each in messages}
    assert ends.pop(str(tried.message["id"])) == ("UNKNOWN", "NO_ANSWER", "UNKNOWN")
    assert list(ends.values()) == [("CANCELLED", None, "NONE")] * 2


async def test_a_way_out_is_an_address_that_every_server_takes(office: Office):
    """Left of the @ stand at most 64 characters (RFC 5321): a long name has a shorter token beside it, a longer one none."""
    admin = office.admin
    person = (await contact(admin, "王", "a@x.example"))["id"]
    given = {"subject": "s", "text": "t", "category": "NOTICE", "contactIds": [person], "name": "n"}
    async with post_office() as post:
        box = await opened_box(admin, post.port, address=f"{'n' * 41}@example.com")
        batch = await admin.do("emailBatchSend", BATCH, input={**given, "accountId": box})
        await prepared(office, batch["id"])
        async with sending(office):
            await until(office, LEFT, lambda left: left == 0)
        token = await office.value("SELECT token FROM email_recipient")
        ways = str(post.letters[0]["List-Unsubscribe"])
    assert ways == f"<mailto:{'n' * 41}+unsub-{token}@example.com?subject=unsubscribe>"
    assert len(token) == 16
    longer = await opened_box(admin, 25, address=f"{'n' * 42}@example.com")
    async with office.unchanged():
        refused = await admin.refusals("emailBatchSend", input={**given, "accountId": longer})
        assert refused == [("INVALID", ["input", "accountId"])]
        path = f"{'p' * 33}{{token}}@example.com"
        wrong = await admin.refusals("emailAccountUpdate", id=longer, version=1, input={"returnPath": path})
        assert wrong == [("INVALID", ["input", "returnPath"])]
