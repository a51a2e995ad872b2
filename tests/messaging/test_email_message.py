"""Letters: written, sent, taken back, answered, passed on; what each recipient's server said; what becomes an activity."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import getaddresses

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailing import PASSWORD, SENT, contact, letter, opened_box, post_office, sending, settings
from tests.factories.texting import until

from crm.core.clock import now, print_instant
from crm.notify.messaging.email import file_all
from crm.rules.messaging import email_outcomes
from crm.rules.messaging import sending as sending_rules
from crm.rules.messaging.email_outcomes import EmailOutcome
from crm.rules.messaging.sending import Result
from crm.services.messaging import email_account_states, email_dispatch

office = pytest.fixture(opened)
SHOWN = "state folder reason repeated actions recipients { role address state reply statusCode }"
LEFT = "SELECT count(*) FROM outbound"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """What waits between tries is not the point here."""
    monkeypatch.setattr(email_outcomes, "FIRST_WAIT", timedelta(milliseconds=20))
    monkeypatch.setattr(email_account_states, "PAUSE", timedelta(milliseconds=20))
    monkeypatch.setattr(email_account_states, "LOGIN_PAUSE", timedelta(milliseconds=20))


async def upload(office: Office, name: str, content: bytes) -> str:
    answer = await office.admin.client.post(
        "/files", params={"name": name}, content=content,
        headers={"Authorization": f"Bearer {office.admin.token}", "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    return str(answer.json()["id"])


async def test_a_letter_arrives_as_it_was_written_and_becomes_an_activity(office: Office):
    admin = office.admin
    async with post_office() as post:
        box = await opened_box(admin, post.port, smtpSecret=PASSWORD, signatureText="张三", signatureHtml="<b>张三</b>")
        wang = await contact(admin, "王五", "wang@customer.example")
        given = letter(
            box, subject="报价（第二版） Quote", text="您好\r\n.\r\n再见", html='<p onclick="x()">您好</p><script>x</script>',
            cc=[{"address": "li@customer.example", "name": "李四, \"Li\""}], bcc=[{"address": "secret@example.com"}],
        )  # fmt: skip
        made = await admin.do(
            "emailSend", f"emailMessage {{ id undoUntil {SHOWN} thread {{ subject messageCount }} }}", input=given
        )
        assert (made["state"], made["folder"], made["actions"], made["undoUntil"]) == ("QUEUED", "OUTBOX", ["UNDO"], None)
        assert made["thread"] == {"subject": "报价（第二版） Quote", "messageCount": 1}
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")
        (got,), ((sender, people),) = post.letters, post.envelopes
    assert (sender, people) == ("sales@example.com", ["wang@customer.example", "li@customer.example", "secret@example.com"])
    assert got["Subject"] == "报价（第二版） Quote"
    assert "secret@example.com" not in got.as_string()
    assert getaddresses([str(got["From"])]) == [("江南科技", "sales@example.com")]
    assert getaddresses([str(got["Cc"])]) == [('李四, "Li"', "li@customer.example")]
    assert got["Message-ID"] == f"<{made['id']}@example.com>"
    assert got["List-Unsubscribe"] is None
    text, html = got.get_body(("plain",)).get_content(), got.get_body(("html",)).get_content()
    assert text.replace("\r\n", "\n").startswith("您好\n.\n再见\n\n-- \n张三")
    assert "<script" not in html
    assert "onclick" not in html
    assert "<b>张三</b>" in html
    shown = await admin.ask("emailMessage", f"{SHOWN} party {{ id }} contact {{ id }} tries sentAt", id=made["id"])
    assert (shown["state"], shown["folder"], shown["tries"], shown["actions"]) == ("SENT", "SENT", 1, [])
    assert {each["state"] for each in shown["recipients"]} == {"SENT"}
    assert shown["contact"] == {"id": wang["id"]}
    assert await file_all(office.database) == 1
    assert await file_all(office.database) == 0
    activities = "nodes { kind subject content status party { id } emailMessages(first: 1) { nodes { id } } }"
    (filed,) = (await admin.ask("activities", activities))["nodes"]
    assert (filed["kind"], filed["status"], filed["party"]["id"]) == ("EMAIL", "DONE", wang["party"]["id"])
    assert filed["emailMessages"]["nodes"] == [{"id": made["id"]}]
    # Whoever sees the party's activities sees what was written, and of the mailbox nothing.
    clerk = await office.hire("clerk", {"activity.READ": "ALL", "email_message.READ": "ALL", "email_account.READ": "OWN"})
    (filed,) = (await clerk.ask("activities", activities.replace("party { id }", "")))["nodes"]
    assert filed["emailMessages"]["nodes"] == []


async def test_each_recipient_has_a_result_of_their_own(office: Office):
    admin = office.admin
    async with post_office() as post:
        box = await opened_box(admin, post.port)
        post.no = {"gone@x.example": "550 5.1.1 no such user", "later@x.example": "451 4.7.1 greylisted"}
        people = ("good@x.example", "gone@x.example", "later@x.example")
        made = await admin.do("emailSend", SENT, input=letter(box, *people))
        async with sending(office):
            tried = "SELECT count(*) FROM email_recipient WHERE state = 'DEFERRED'"
            await until(office, tried, lambda count: count == 1)
            assert post.reached == ["good@x.example"]
            assert await office.value("SELECT state FROM email_message") == "QUEUED"
            del post.no["later@x.example"]
            await until(office, "SELECT state FROM email_message", lambda state: state == "PARTLY")
        assert post.reached == ["good@x.example", "later@x.example"]
        shown = await admin.ask("emailMessage", SHOWN, id=made["id"])
        assert [(each["state"], each["statusCode"]) for each in shown["recipients"]] == [
            ("SENT", "250"), ("REFUSED", "550"), ("SENT", "250"),
        ]  # fmt: skip
        assert shown["recipients"][1]["reply"] == "5.1.1 no such user"
        assert (shown["repeated"], shown["actions"], shown["reason"]) == (False, ["RETRY"], "REJECTED")
        assert await office.value("SELECT count(*) FROM notification WHERE kind = 'EMAIL_UNDELIVERED'") == 1
        del post.no["gone@x.example"]
        await admin.do("emailRetry", SENT, id=made["id"])
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")
        assert post.reached == ["good@x.example", "later@x.example", "gone@x.example"]
        async with office.unchanged():
            assert await admin.refusals("emailRetry", id=made["id"]) == [("ILLEGAL_TRANSITION", None)]
        post.no = {"RCPT": "554 blocked"}
        await admin.do("emailSend", SENT, input=letter(box))
        async with sending(office):
            await until(office, "SELECT count(*) FROM email_message WHERE state = 'FAILED'", lambda count: count == 1)
        post.no = {"DATA": "552 too large"}
        await admin.do("emailSend", SENT, input=letter(box))
        async with sending(office):
            await until(office, "SELECT count(*) FROM email_message WHERE state = 'FAILED'", lambda count: count == 2)
        # What is wrong with the sender is for its owner to mend: it waits, and they are told.
        post.no = {"MAIL": "550 not your address"}
        await admin.do("emailSend", SENT, input=letter(box))
        async with sending(office):
            await until(office, "SELECT smtp_state FROM email_account", lambda state: state == "FAILING")
            post.no = {}
            await until(office, LEFT, lambda left: left == 0)
        assert await office.value("SELECT smtp_state FROM email_account") == "OK"


async def test_nobody_waits_for_a_try_that_will_not_come(office: Office):
    """One recipient was told "later", and of the others it was never heard what became of them, until that was given up."""
    box = await opened_box(office.admin, 25)
    made = await office.admin.do("emailSend", SENT, input=letter(box, "a@x.example", "later@x.example"))
    await office.rows("UPDATE outbound SET doubts = $1 RETURNING id", sending_rules.MOST_DOUBTS - 1)
    (parcel,) = await email_dispatch.take(office.database, 1)
    later = next(row["id"] for row in parcel.recipients if row["address"] == "later@x.example")
    told = {later: email_outcomes.Answer(451, "4.7.1 greylisted")}
    outcome = email_outcomes.EmailOutcome(sending_rules.Result.DOUBTFUL, told=told)
    await email_dispatch.settle(office.database, [(parcel, outcome)])
    assert await office.value(LEFT) == 0
    shown = await office.admin.ask("emailMessage", "state folder actions recipients { state statusCode reply }", id=made["id"])
    assert (shown["state"], shown["folder"], shown["actions"]) == ("UNKNOWN", "SENT", ["RETRY"])
    assert shown["recipients"] == [
        {"state": "UNKNOWN", "statusCode": None, "reply": None},
        {"state": "REFUSED", "statusCode": "451", "reply": "4.7.1 greylisted"},
    ]


async def test_a_letter_can_be_taken_back_and_be_sent_later(office: Office):
    admin = office.admin
    async with post_office() as post:
        box = await opened_box(admin, post.port, undoSeconds=60)
        made = await admin.do("emailSend", "emailMessage { id undoUntil state }", input=letter(box))
        assert made["undoUntil"] is not None
        async with sending(office):
            await asyncio.sleep(0.1)
        assert not post.letters
        back = await admin.do("emailUndo", f"emailMessage {{ version thread {{ messageCount }} {SHOWN} }}", id=made["id"])
        assert (back["state"], back["folder"], back["actions"]) == ("DRAFT", "DRAFTS", ["SEND"])
        assert back["thread"] == {"messageCount": 0}
        assert await office.value(LEFT) == 0
        async with office.unchanged():
            assert await admin.refusals("emailUndo", id=made["id"]) == [("ILLEGAL_TRANSITION", None)]
            past = await admin.refusals("emailDraftSend", id=made["id"], sendAt="2020-01-01T00:00:00Z")
            assert past == [("INVALID", ["sendAt"])]
            assert await admin.refusals("emailDraftSend", id=made["id"], version=99) == [("CONFLICT", ["version"])]
        at = print_instant(now() + timedelta(hours=1))
        await admin.do("emailDraftSend", "emailMessage { state sendAt }", id=made["id"], sendAt=at)
        assert await office.value("SELECT due_at > now() + interval '59 minutes' FROM outbound")
        # What a sender has in its hands cannot be taken back any more.
        await office.rows("UPDATE outbound SET due_at = now()")
        (parcel,) = await email_dispatch.take(office.database, 1)
        async with office.unchanged():
            assert await admin.refusals("emailUndo", id=made["id"]) == [("ILLEGAL_TRANSITION", None)]
            assert await admin.refusals("emailMessageDelete", id=made["id"]) == [("ILLEGAL_TRANSITION", None)]
        assert parcel.outcome is None


async def test_one_key_sends_one_letter(office: Office):
    async with post_office() as post:
        box = await opened_box(office.admin, post.port)
        first = await office.admin.do("emailSend", SENT, input=letter(box), idempotencyKey="k")
        assert await office.admin.do("emailSend", SENT, input=letter(box), idempotencyKey="k") == first
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")
        assert len(post.letters) == 1


async def test_answers_go_on_with_the_conversation(office: Office):
    admin = office.admin
    async with post_office() as post:
        box = await opened_box(admin, post.port)
        people = {"cc": [{"address": "li@customer.example"}], "bcc": [{"address": "b@x.example"}]}
        first = await admin.do("emailSend", "emailMessage { id thread { id } }", input=letter(box, **people))
        shown = "emailMessage { id subject text thread { id } replyTo { id } recipients { role address } }"
        answer = await admin.do("emailReply", shown, id=first["id"], all=True)
        assert (answer["subject"], answer["thread"], answer["replyTo"]) == (
            "Re: 报价 Quote",
            first["thread"],
            {"id": first["id"]},
        )
        assert [(each["role"], each["address"]) for each in answer["recipients"]] == [
            ("TO", "wang@customer.example"), ("CC", "li@customer.example"),
        ]  # fmt: skip
        assert "> 您好，请看附件。" in answer["text"]
        await admin.do("emailDraftSend", SENT, id=answer["id"])
        forwarded = await admin.do("emailForward", shown, id=first["id"])
        assert (forwarded["subject"], forwarded["thread"], forwarded["recipients"]) == ("Fwd: 报价 Quote", None, [])
        async with office.unchanged():
            assert await admin.refusals("emailDraftSend", id=forwarded["id"]) == [("REQUIRED", ["input", "to"])]
            assert await admin.refusals("emailReply", id=forwarded["id"]) == [("INVALID", ["id"])]
        async with sending(office):
            await until(office, LEFT, lambda left: left == 0)
        by_id = {str(each["Message-ID"]): each for each in post.letters}
    original = f"<{first['id']}@example.com>"
    got = by_id[f"<{answer['id']}@example.com>"]
    assert (got["In-Reply-To"], got["References"]) == (original, original)
    thread = await admin.ask("emailThread", "messageCount unseenCount messages { totalCount }", id=first["thread"]["id"])
    assert thread == {"messageCount": 2, "unseenCount": 0, "messages": {"totalCount": 2}}
    assert (await admin.ask("emailMessage", "answeredAt", id=first["id"]))["answeredAt"] is not None


async def test_drafts_change_and_carry_files(office: Office):
    admin = office.admin
    box = await opened_box(admin, 25, largestMegabytes=1)
    file, spare = await upload(office, "报价.pdf", b"%PDF-1.4 x"), await upload(office, "b.txt", b"text")
    shown = "emailMessage { id version size text html recipients { role address } attachments { name size state file { id } } }"
    made = await admin.do("emailDraftCreate", shown, input=letter(box, html="<p>a</p>", fileIds=[file]))
    assert made["attachments"] == [{"name": "报价.pdf", "size": 10, "state": "KEPT", "file": {"id": file}}]
    changed = await admin.do(
        "emailDraftUpdate", shown, id=made["id"], version=1,
        input={"text": "only text", "cc": [{"address": "c@x.example"}], "fileIds": [file, spare]},
    )  # fmt: skip
    assert (changed["text"], changed["html"], len(changed["attachments"])) == ("only text", None, 2)
    assert [each["address"] for each in changed["recipients"]] == ["wang@customer.example", "c@x.example"]
    assert changed["size"] == len("only text") + 14
    gone = await admin.do("emailDraftUpdate", shown, id=made["id"], version=2, input={"fileIds": [spare]})
    assert [each["file"]["id"] for each in gone["attachments"]] == [spare]
    assert await office.value(f"SELECT deleted_at IS NOT NULL FROM stored_file WHERE id = '{file}'")
    stranger = await office.hire(
        "stranger", {"email_account.READ": "OWN", "email_message.READ": "ALL", "email_message.UPDATE": "ALL"}
    )
    large = await upload(office, "large.txt", b"x" * 800_000)
    async with office.unchanged():
        taken = await admin.refusals("emailDraftCreate", input=letter(box, fileIds=[spare]))
        assert taken == [("NOT_FOUND", ["input", "fileIds", "0"])], "a file of another message"
        unseen = await stranger.refusals("emailDraftUpdate", id=made["id"], version=3, input={"text": "x"})
        assert unseen == [("NOT_FOUND", ["id"])]
        too_large = await admin.refusals("emailSend", input=letter(box, fileIds=[large]))
        assert too_large == [("INVALID", ["input", "fileIds"])]
    await admin.do("emailMessageDelete", "emailMessage { id }", id=made["id"])
    assert (await admin.ask("emailMessages", "totalCount"))["totalCount"] == 0
    restored = await admin.do("emailMessageRestore", "emailMessage { attachments { name } }", id=made["id"])
    assert restored["attachments"] == [{"name": "b.txt"}]


INJECTED = "x\r\nBcc: victim@example.com"


@pytest.mark.parametrize("sneaky", [INJECTED, "x\nBcc: v@x.example", "x\rBcc: v@x.example", "x\u2028y", "x\x00y", "x\x0by"])
async def test_nothing_composed_becomes_a_header(office: Office, sneaky: str):
    box = await opened_box(office.admin, 25)
    inputs = {
        "subject": {"subject": sneaky}, "to": {"to": [{"address": f"a@x.example{sneaky}"}]},
        "cc": {"cc": [{"address": "a@x.example", "name": sneaky}]}, "bcc": {"bcc": [{"address": f"{sneaky}@x.example"}]},
    }  # fmt: skip
    async with office.unchanged():
        for field, given in inputs.items():
            for verb in ("emailSend", "emailDraftCreate"):
                refused = await office.admin.refusals(verb, input={**letter(box), **given})
                assert [code for code, _ in refused] == ["INVALID"], (verb, field, refused)
                assert refused[0][1][:2] == ["input", field]
        template = {"name": "t", "category": "NOTICE", "subject": sneaky, "text": "x"}
        assert await office.admin.refusals("emailTemplateCreate", input=template) == [("INVALID", ["input", "subject"])]


async def test_templates_are_filled_and_escaped(office: Office):
    admin = office.admin
    box = await opened_box(admin, 25)
    wang = await contact(admin, "王五", "wang@customer.example")
    given = {
        "name": "T", "category": "NOTICE", "subject": "{who}: {no}", "text": "{who} {no}", "html": "<p>{who} {no}</p>",
        "variables": [{"name": "who", "source": "CONTACT_NAME"}, {"name": "no", "longest": 20}],
    }  # fmt: skip
    made = await admin.do("emailTemplateCreate", "emailTemplate { id variables { name source } }", input=given)
    assert [each["name"] for each in made["variables"]] == ["who", "no"]
    own = {"accountId": box, "to": [{"address": "a@x.example"}], "contactId": wang["id"], "templateId": made["id"]}
    nasty = "<b>&\"'"
    filled = await admin.do(
        "emailDraftCreate", "emailMessage { subject text html }", input={**own, "variables": [{"name": "no", "value": nasty}]}
    )
    assert filled == {
        "subject": f"王五: {nasty}", "text": f"王五 {nasty}", "html": "<p>王五 &lt;b&gt;&amp;&quot;&#x27;</p>",
    }  # fmt: skip
    async with office.unchanged():
        wrong_values = [[{"name": "no", "value": value}] for value in (" ", INJECTED, "x" * 21)]
        for values in ([], *wrong_values, [{"name": "who", "value": "x"}, {"name": "no", "value": "1"}]):
            refused = await admin.refusals("emailDraftCreate", input={**own, "variables": values})
            assert [code for code, _ in refused] == ["INVALID"], values
        nobody = {**own, "variables": [{"name": "no", "value": "1"}], "contactId": None}
        assert await admin.refusals("emailDraftCreate", input=nobody) == [("INVALID", ["input", "variables", "who"])]
        for wrong in ({"text": "{"}, {"html": "<p>{a b}</p>"}, {"subject": "}"}, {"variables": [{"name": "nowhere"}]}):
            assert (await admin.refusals("emailTemplateCreate", input={**given, "name": "W", **wrong}))[0][0] == "INVALID"
        assert await admin.refusals("emailTemplateCreate", input={**given, "name": "t"}) == [("DUPLICATE", ["input", "name"])]


async def test_marketing_goes_out_in_bulk_only(office: Office):
    """A letter asks nobody's list, and has no link for getting no more."""
    box = await opened_box(office.admin, 25)
    given = {"name": "T", "category": "MARKETING", "subject": "s", "text": "t"}
    made = await office.admin.do("emailTemplateCreate", "emailTemplate { id }", input=given)
    people = {"accountId": box, "to": [], "bcc": [{"address": "a@x.example"}], "templateId": made["id"]}
    async with office.unchanged():
        for verb in ("emailSend", "emailDraftCreate"):
            assert await office.admin.refusals(verb, input=people) == [("INVALID", ["input", "templateId"])]


async def test_a_letter_is_what_its_template_is_for(office: Office):
    admin = office.admin
    box = await opened_box(admin, 25)
    given = {"name": "T", "category": "NOTICE", "subject": "s", "text": "t"}
    template = await admin.do("emailTemplateCreate", "emailTemplate { id version }", input=given)
    people = {"accountId": box, "to": [{"address": "a@x.example"}], "templateId": template["id"]}
    shown = "emailMessage { id version category }"
    assert (await admin.do("emailSend", shown, input=people))["category"] == "NOTICE"
    old, own = [await admin.do("emailDraftCreate", shown, input=people) for _ in range(2)]
    changed = await admin.do("emailDraftUpdate", shown, id=own["id"], version=own["version"], input={"text": "x", "subject": "y"})
    assert (old["category"], changed["category"]) == ("NOTICE", "PERSONAL")
    # A draft was begun with a template that is for marketing by now.
    await office.rows("UPDATE email_template SET category = 'MARKETING'")
    async with office.unchanged():
        assert await admin.refusals("emailDraftSend", id=old["id"]) == [("INVALID", ["id"])]
    await office.rows("UPDATE email_template SET category = 'NOTICE'")
    await office.rows("UPDATE email_message SET category = 'PERSONAL' WHERE id = $1::uuid", old["id"])
    assert (await admin.do("emailDraftSend", shown, id=old["id"]))["category"] == "NOTICE"


async def test_limits_hold(office: Office):
    admin = office.admin
    async with post_office() as post:
        box = await opened_box(admin, post.port, mostRecipients=2, perDay=1)
        async with office.unchanged():
            three = letter(box, "a@x.example", "b@x.example", "c@x.example")
            assert await admin.refusals("emailSend", input=three) == [("INVALID", ["input", "to"])]
            assert await admin.refusals("emailSend", input={**letter(box), "to": []}) == [("REQUIRED", ["input", "to"])]
        # The same address twice is one recipient.
        await admin.do("emailSend", SENT, input=letter(box, "a@x.example", "A@x.example"))
        await admin.do("emailSend", SENT, input=letter(box, "b@x.example"))
        async with sending(office):
            await until(office, "SELECT count(*) FROM email_message WHERE state = 'SENT'", lambda count: count == 1)
            await asyncio.sleep(0.05)
        assert len(post.reached) == 1
        assert await office.value("SELECT next_at > now() + interval '9 minutes' FROM email_account")
        # A mailbox that was closed sends nothing more, and what waited for it is refused.
        await office.rows("UPDATE email_account SET next_at = NULL, per_day = NULL, active = FALSE")
        async with sending(office):
            await until(office, LEFT, lambda left: left == 0)
        assert len(post.reached) == 1
        assert await office.value("SELECT reason FROM email_message WHERE state = 'REFUSED'") == "ACCOUNT_CLOSED"
        assert await office.value("SELECT folder FROM email_message WHERE state = 'REFUSED'") == "ARCHIVE"


async def test_an_answer_that_never_came_is_remembered_when_it_is_too_late_to_try(office: Office):
    box = await opened_box(office.admin, 25)
    made = await office.admin.do("emailSend", SENT, input=letter(box))
    for result in (Result.DOUBTFUL, Result.TOO_OLD):
        await office.rows("UPDATE outbound SET due_at = now()")
        await office.rows("UPDATE email_account SET next_at = NULL")
        (parcel,) = await email_dispatch.take(office.database, 1)
        await email_dispatch.settle(office.database, [(parcel, EmailOutcome(result))])
    assert await office.value("SELECT state FROM email_message") == "EXPIRED"
    await office.admin.do("emailRetry", SENT, id=made["id"])
    await office.rows("UPDATE email_account SET next_at = NULL")
    (parcel,) = await email_dispatch.take(office.database, 1)
    assert parcel.repeat
    await email_dispatch.settle(office.database, [(parcel, EmailOutcome(Result.REJECTED))])
    assert (await office.admin.ask("emailMessage", "repeated", id=made["id"]))["repeated"] is True


async def test_a_private_host_is_sent_nothing_unless_that_is_allowed(office: Office):
    async with post_office() as post:
        box = await opened_box(office.admin, post.port, smtpHost="localhost")
        await office.admin.do("emailSend", SENT, input=letter(box))
        async with sending(office, private_peers=False):
            await until(office, "SELECT smtp_state FROM email_account", lambda state: state == "FAILING")
        assert post.connections == 0
        assert settings(office).private_peers
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")


async def test_connections_are_kept_and_not_more_than_may_be(office: Office):
    async with post_office() as post:
        box = await opened_box(office.admin, post.port, connections=2)
        for number in range(12):
            await office.admin.do("emailSend", SENT, input=letter(box, f"a{number}@x.example"))
        async with sending(office):
            await until(office, LEFT, lambda left: left == 0)
        assert len(post.letters) == 12
        assert post.connections <= 2
