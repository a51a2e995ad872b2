"""Mail that came in, through the graph: who sees it, who is told, what people do with it, and what is refused to whom."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import Api, Office, opened
from tests.factories.mailroom import Mailroom, letter
from tests.factories.sockets import ConnectedOffice, connected

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailRule
from crm.services.customers import email_filing

office = pytest.fixture(opened)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
on_line = pytest.fixture(connected)
READER = {
    "email_account.READ": "OWN", "email_thread.READ": "ALL", "email_message.READ": "ALL", "email_message.UPDATE": "ALL",
    "customer.*": "OWN", "contact.*": "OWN", "activity.READ": "OWN",
}  # fmt: skip
"""Of those who work with mailboxes: which they see is by being their owner or a member."""
MESSAGE = "id subject seen flagged folder html imagesAllowed assignee { username } party { name } contact { name }"


@pytest.fixture
def mailroom(office: Office, tmp_path: Path) -> Mailroom:
    return Mailroom(office, tmp_path / "files")


async def customer(who: Api, name: str, *addresses: str) -> str:
    given = {"name": name, "emailAddresses": [{"address": each} for each in addresses]}
    return str((await who.do("customerCreate", "customer { id }", input=given))["id"])


async def test_who_sees_a_mailbox_sees_what_comes_in(office: Office, mailroom: Mailroom):
    owner, member, other = [await office.hire(name, READER) for name in ("owner", "member", "other")]
    own = await mailroom.account("own@our.cn", owner)
    shared = await mailroom.account("sales@our.cn", owner, [member])
    page = '<p>hi<img src="http://e.cn/p.gif"></p>'
    html = await mailroom.arrives(own, letter("own", head="Content-Type: text/html", body=page))
    await mailroom.arrives(shared, letter("shared", head="Content-Type: multipart/mixed; boundary=b", body=(
        "--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--b--")))  # fmt: skip

    async def seen(who: Api) -> list[str]:
        found = await who.ask("emailMessages", "nodes { subject } totalCount", orderBy=[{"field": "DATED_AT"}])
        assert found["totalCount"] == len(found["nodes"])
        threads = await who.ask("emailThreads", "nodes { subject unseenCount }", orderBy=[{"field": "LAST_AT"}])
        assert [each["subject"] for each in threads["nodes"]] == [each["subject"] for each in found["nodes"]]
        return [each["subject"] for each in found["nodes"]]

    assert await seen(owner) == ["own", "shared"]
    assert await seen(member) == ["shared"]
    assert await seen(other) == []
    assert (await other.asked("emailMessage", "id", id=str(html))).codes == ["NOT_FOUND"]
    files = await member.ask(
        "emailMessages", "nodes { attachments { name dangerous file { downloadPath mediaType } } original { downloadPath name } }"
    )
    attached = files["nodes"][0]["attachments"][0]
    assert (attached["name"], attached["file"]["mediaType"]) == ("a.pdf", "application/pdf")
    assert attached["file"]["downloadPath"].startswith("/files/")
    assert files["nodes"][0]["original"]["name"] == "shared.eml"
    shown = await owner.ask("emailMessage", "html remoteImages", id=str(html))
    assert shown == {"html": '<p>hi<img data-remote-src="http://e.cn/p.gif"></p>', "remoteImages": 1}


async def test_reading_changes_it_for_all_who_share_it(office: Office, mailroom: Mailroom):
    owner, member, stranger = [await office.hire(name, READER) for name in ("owner", "member", "stranger")]
    watcher = await office.hire("watcher", {**READER, "email_account.READ": "ALL"})
    box = await mailroom.account("sales@our.cn", owner, [member])
    page = '<img src="http://e.cn/p.gif">'
    first = str(await mailroom.arrives(box, letter("a", name="1@x", head="Content-Type: text/html", body=page)))
    await mailroom.arrives(box, letter("b", name="2@x", answers="1@x"))
    given = {"seen": True, "flagged": True, "folder": "ARCHIVE", "assigneeId": owner.id, "imagesAllowed": True}
    done = await member.do(
        "emailMessageArrange", f"emailMessage {{ {MESSAGE} thread {{ id unseenCount messageCount }} }}", id=first, input=given
    )
    thread = done.pop("thread")
    assert (thread["unseenCount"], thread["messageCount"]) == (1, 2)
    assert done == {
        "id": first, "subject": "a", "seen": True, "flagged": True, "folder": "ARCHIVE", "html": '<img src="http://e.cn/p.gif">',
        "imagesAllowed": True, "assignee": {"username": "owner"}, "party": None, "contact": None,
    }  # fmt: skip
    marked = await owner.do("emailThreadMark", "emailThread { unseenCount messages { nodes { seen } } }", id=thread["id"])
    assert marked == {"unseenCount": 0, "messages": {"nodes": [{"seen": True}, {"seen": True}]}}
    logged = await mailroom.rows("SELECT verb FROM change WHERE verb LIKE 'email%' AND actor_id IS NOT NULL ORDER BY at")
    assert [row["verb"] for row in logged] == ["email_message.arrange", "email_thread.mark"]
    async with office.unchanged():
        assert await stranger.refusals("emailMessageArrange", id=first, input={"seen": False}) == [("NOT_FOUND", ["id"])]
        assert await stranger.refusals("emailThreadMark", id=thread["id"]) == [("NOT_FOUND", ["id"])]
        assert await watcher.refusals("emailMessageArrange", id=first, input={"seen": False}) == [("FORBIDDEN", ["id"])]
        assert await watcher.refusals("emailThreadMark", id=thread["id"], seen=False) == [("FORBIDDEN", ["id"])]
        for wrong, field in (
            ({"folder": "SENT"}, "folder"),
            ({"folder": "DRAFTS"}, "folder"),
            ({"assigneeId": stranger.id}, "assigneeId"),
        ):
            assert await member.refusals("emailMessageArrange", id=first, input=wrong) == [("INVALID", ["input", field])]


async def test_what_lies_in_junk_is_filed_when_it_is_taken_out(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin)
    await customer(office.admin, "ACME", "li@acme.cn")
    conditions = [{"field": "FROM", "test": "CONTAINS", "value": "acme"}]
    rule = {"account_id": box, "name": "n", "conditions": conditions, "folder": "JUNK", "any_of": False, "stop": True}
    await EmailRule.create(id=new_id(Kind.EMAIL_RULE), **rule)
    junk = str(await mailroom.arrives(box, letter("a")))
    assert await email_filing.file(office.database) == 0
    await office.admin.do("emailMessageArrange", "emailMessage { id }", id=junk, input={"folder": "INBOX"})
    assert await email_filing.file(office.database) == 1
    assert (await office.admin.ask("emailMessage", "activity { subject }", id=junk)) == {"activity": {"subject": "a"}}


async def test_whoever_reads_a_conversation_locks_as_whoever_writes_to_it(office: Office, mailroom: Mailroom):
    """Its messages before itself: the other way round they would wait for each other."""
    box = await mailroom.account("a@our.cn", office.admin)
    row = await mailroom.message(await mailroom.arrives(box, letter()))
    asking = office.admin.do("emailThreadMark", "emailThread { unseenCount }", id=str(row["thread_id"]))
    elsewhere = copy_context()
    async with office.database.transaction() as tx:
        await tx.execute_query("SELECT 1 FROM email_message FOR NO KEY UPDATE")
        marking = asyncio.create_task(asking, context=elsewhere)
        while not marking.done() and not await office.value(WAITING):
            await asyncio.sleep(0.001)
        await tx.execute_query("SELECT 1 FROM email_thread FOR NO KEY UPDATE NOWAIT")
    assert await marking == {"unseenCount": 0}


async def test_a_person_says_whom_a_message_is_from(office: Office, mailroom: Mailroom):
    member, other = await office.hire("member", READER), await office.hire("other", READER)
    box = await mailroom.account("sales@our.cn", member)
    acme, hidden = await customer(member, "ACME", "info@acme.cn"), await customer(other, "Hidden", "boss@acme.cn")
    person = (await member.do("contactCreate", "contact { id }", input={"name": "李", "partyId": acme}))["id"]
    message = str(await mailroom.arrives(box, letter("a", sender="new@acme.cn")))
    select = "emailMessage { party { name } contact { name } suggestions { party { name } reason state } activity { id } }"
    offered = await member.ask("emailMessage", "suggestions { party { name } reason state }", id=message)
    assert offered["suggestions"] == [{"party": {"name": "ACME"}, "reason": "SAME_DOMAIN", "state": "OPEN"}]
    async with office.unchanged():
        assert await member.refusals("emailMessageLink", id=message, input={"partyId": hidden}) == [
            ("NOT_FOUND", ["input", "partyId"])
        ]
        assert await other.refusals("emailMessageLink", id=message, input={"partyId": hidden}) == [("NOT_FOUND", ["id"])]
    linked = await member.do("emailMessageLink", select, id=message, input={"partyId": acme, "contactId": person})
    assert linked == {
        "party": {"name": "ACME"}, "contact": {"name": "李"}, "activity": None,
        "suggestions": [{"party": {"name": "ACME"}, "reason": "SAME_DOMAIN", "state": "ACCEPTED"}],
    }  # fmt: skip
    states = await mailroom.rows("SELECT state FROM email_suggestion ORDER BY state")
    assert [row["state"] for row in states] == ["ACCEPTED", "DISMISSED"]
    assert await email_filing.file(office.database) == 1
    activity = await member.ask("customer", "lastContactAt activities { nodes { kind subject } }", id=acme)
    assert activity["activities"]["nodes"] == [{"kind": "EMAIL", "subject": "a"}]
    assert activity["lastContactAt"] is not None
    gone = await member.do(
        "emailMessageUnlink", "emailMessage { party { name } activity { id } thread { party { name } } }", id=message
    )
    assert gone == {"party": None, "activity": None, "thread": {"party": None}}
    after = await member.ask("customer", "lastContactAt activities { totalCount }", id=acme)
    assert after == {"lastContactAt": None, "activities": {"totalCount": 0}}
    assert await email_filing.file(office.database) == 0
    await member.do("emailMessageLink", select, id=message, input={"partyId": acme})
    assert await email_filing.file(office.database) == 1


async def test_none_of_those_who_were_suggested(office: Office, mailroom: Mailroom):
    member = await office.hire("member", READER)
    box = await mailroom.account("sales@our.cn", member)
    await customer(member, "ACME", "info@acme.cn")
    message = str(await mailroom.arrives(box, letter("a", sender="new@acme.cn")))
    done = await member.do("emailSuggestionsDismiss", "emailMessage { suggestions { state } party { id } }", id=message)
    assert done == {"suggestions": [{"state": "DISMISSED"}], "party": None}


PUSHED = "subscription ($after: String) { mailReceived(after: $after) { cursor message { subject account { address } } } }"
TOPIC = (
    "subscription ($after: String) { events(topics: [MAIL_RECEIVED], after: $after) { cursor topic recordType record { id } } }"
)


async def test_those_who_see_the_mailbox_are_told_and_nobody_else(on_line: ConnectedOffice, tmp_path: Path):
    mailroom = Mailroom(on_line, tmp_path / "files")
    owner, member, other = [await on_line.hire(name, READER) for name in ("owner", "member", "other")]
    nobody = await on_line.hire("nobody")
    box = await mailroom.account("sales@our.cn", owner, [member])
    async with (
        on_line.listens(owner, PUSHED) as owners, on_line.listens(member, TOPIC) as members,
        on_line.listens(other, PUSHED) as others, on_line.listens(other, TOPIC) as topics,
    ):  # fmt: skip
        message = str(await mailroom.arrives(box, letter("live")))
        told: dict[str, Any] = await owners.next()
        assert told["message"] == {"subject": "live", "account": {"address": "sales@our.cn"}}
        news = await members.next()
        assert (news["topic"], news["recordType"], news["record"]) == ("MAIL_RECEIVED", "EmailMessage", {"id": message})
        assert await others.silent()
        assert await topics.silent()
        await mailroom.rows("DELETE FROM email_member WHERE account_id = $1 RETURNING id", UUID(str(box)))
        await mailroom.arrives(box, letter("after"))
        assert (await owners.next())["message"]["subject"] == "after"
        assert await members.silent()
    async with on_line.line(nobody.token) as line:
        assert (await (await line.subscribe(PUSHED)).error())["code"] == "FORBIDDEN"
