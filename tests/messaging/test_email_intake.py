"""Mail that comes in: kept once and whole, in its conversation, linked where that is sure and suggested where it is not."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailroom import LARGEST, Mailroom, letter

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailRule
from crm.services.messaging import email_intake
from crm.services.messaging.email_intake import Moved
from crm.store.blobs import Draft, FolderBlobs

office = pytest.fixture(opened)


@pytest.fixture
def mailroom(office: Office, tmp_path: Path) -> Mailroom:
    return Mailroom(office, tmp_path / "files")


async def customer(office: Office, name: str, *addresses: str) -> str:
    given = {"name": name, "emailAddresses": [{"address": each} for each in addresses]}
    return str((await office.admin.do("customerCreate", "customer { id }", input=given))["id"])


async def contact(office: Office, party: str, name: str, *addresses: str) -> str:
    given = {"name": name, "partyId": party, "emailAddresses": [{"address": each} for each in addresses]}
    return str((await office.admin.do("contactCreate", "contact { id }", input=given))["id"])


async def test_a_message_is_kept_with_all_there_is(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin)
    party = await customer(office, "ACME", "info@acme.cn")
    person = await contact(office, party, "李伟", "Li@Acme.cn")
    body = (
        b"--b\r\nContent-Type: text/html; charset=gbk\r\n\r\n"
        + '<p onclick="x()">请查收<img src="cid:p"><img src="http://e.cn/t.gif"></p>'.encode("gbk")
        + b"\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(b"\x89PNG\r\n\x1a\nxx")
        + b"\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=run.exe\r\n\r\nMZ\x90\x00"
        + b"\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\nnot a picture\r\n--b--"
    )
    raw = letter(name="1@acme.cn", head="Content-Type: multipart/mixed; boundary=b\r\nReply-To: boss@acme.cn", body=body)
    row = await mailroom.message(await mailroom.arrives(box, raw))
    assert (str(row["party_id"]), str(row["contact_id"]), row["from_address"], row["from_name"]) == (
        party,
        person,
        "li@acme.cn",
        "Li Wei",
    )
    assert (row["text"], row["snippet"], row["remote_images"], row["reply_address"]) == ("请查收", "请查收", 1, "boss@acme.cn")
    assert (row["direction"], row["state"], row["folder"], row["seen"], row["filed"]) == (
        "INBOUND",
        "RECEIVED",
        "INBOX",
        False,
        False,
    )
    files = await mailroom.rows(
        "SELECT a.id, a.name, a.inline, a.dangerous, a.state, f.media_type, f.sha256 FROM email_attachment a"
        " JOIN stored_file f ON f.id = a.file_id WHERE a.message_id = $1 ORDER BY a.position", row["id"],
    )  # fmt: skip
    assert [(each["name"], each["inline"], each["dangerous"], each["media_type"]) for each in files] == [
        ("attachment-2.png", True, False, "image/png"), ("run.exe", False, True, "application/octet-stream"),
        ("a.png", False, False, "application/octet-stream"),
    ]  # fmt: skip
    assert f'<img data-attachment="{files[0]["id"]}">' in row["html"]
    assert "onclick" not in row["html"]
    original = (await mailroom.rows("SELECT sha256, record_id FROM stored_file WHERE id = $1", row["original_id"]))[0]
    assert b"".join([piece async for piece in mailroom.blobs.read(original["sha256"])]) == raw
    assert original["record_id"] == row["id"]
    assert list((mailroom.folder / "drafts").iterdir()) == []
    assert await mailroom.rows("SELECT role, address, state FROM email_recipient") == [
        {"role": "TO", "address": "sales@our.cn", "state": "NONE"}
    ]
    logged = (await mailroom.rows("SELECT verb, channel, actor_id FROM change WHERE record_id = $1", row["id"]))[0]
    assert (logged["verb"], logged["channel"], logged["actor_id"]) == ("email_message.receive", "MAIL", None)
    notices = await mailroom.rows("SELECT kind, user_id::text FROM notification WHERE record_id = $1", row["id"])
    assert notices == [{"kind": "EMAIL_RECEIVED", "user_id": office.admin.id}]
    topics = await mailroom.rows("SELECT topic FROM event WHERE record_id = $1 AND topic LIKE 'mail%' ORDER BY 1", row["id"])
    assert [each["topic"] for each in topics] == ["mailArrivals", "mailReceived"]


async def test_what_comes_again_is_the_same_message(office: Office, mailroom: Mailroom):
    """A folder that is numbered anew, a message that is delivered twice; a name that is used again is another one."""
    box, other = await mailroom.account("a@our.cn", office.admin), await mailroom.account("b@our.cn", office.admin)
    raw = letter(name="1@acme.cn")
    first = await mailroom.arrives(box, raw)
    assert await mailroom.arrives(box, b"Received: by x\r\n" + raw) is None
    await mailroom.rows("UPDATE email_account SET uid_validity = 7 RETURNING id")
    mailroom.uid_validity = 7
    assert await mailroom.arrives(box, raw, uid=90) is None
    forged = await mailroom.arrives(box, letter(name="1@acme.cn", body="forged"), uid=91)
    assert await mailroom.arrives(other, raw, uid=1) is not None
    rows = await mailroom.rows("SELECT id, uid, uid_validity FROM email_message WHERE account_id = $1 ORDER BY uid", box)
    assert [(each["id"], each["uid"], each["uid_validity"]) for each in rows] == [(first, 90, 7), (forged, 91, 7)]
    reached = (await mailroom.rows("SELECT last_uid, uid_validity FROM email_account WHERE id = $1", box))[0]
    assert (reached["last_uid"], reached["uid_validity"]) == (91, 7)
    with pytest.raises(Moved):
        mailroom.uid_validity = 8
        await mailroom.arrives(box, letter("x"))


async def test_numbers_of_the_folder_there_was_are_not_written_to_another(office: Office, mailroom: Mailroom):
    """Whoever listened goes on for a moment; of another folder with the same UIDVALIDITY nothing older would ever come."""
    box = await mailroom.account("a@our.cn", office.admin)
    await office.rows("UPDATE email_account SET uid_validity = NULL, last_uid = NULL")
    with pytest.raises(Moved):
        await mailroom.arrives(box, letter(), uid=900)
    await email_intake.skip(office.database, box, 1, 900)
    assert await mailroom.rows("SELECT uid_validity, last_uid FROM email_account") == [{"uid_validity": None, "last_uid": None}]


async def test_all_of_it_or_nothing(office: Office, mailroom: Mailroom, monkeypatch):
    box = await mailroom.account("a@our.cn", office.admin)

    async def ends(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(email_intake, "_tell", ends)
        await mailroom.arrives(box, letter())
    for table in ("email_message", "email_thread", "email_recipient", "stored_file"):
        assert await office.value(f"SELECT count(*) FROM {table}") == 0, table
    assert await office.value("SELECT count(*) FROM event WHERE topic LIKE 'mail%'") == 0
    assert await office.value("SELECT count(*) FROM change WHERE verb LIKE 'email%'") == 0
    assert await office.value("SELECT last_uid FROM email_account") is None
    assert await mailroom.arrives(box, letter()) is not None


async def test_what_is_sent_by_a_mailbox_does_not_wait_for_uploads(office: Office, mailroom: Mailroom, monkeypatch):
    """A content may take minutes to be kept: meanwhile the mailbox is nobody's, and no sweep goes by."""
    box = await mailroom.account("a@our.cn", office.admin)
    keep, held = FolderBlobs.keep, []

    async def watched(blobs: FolderBlobs, draft: Draft) -> None:
        await office.rows("SELECT id FROM email_account FOR UPDATE NOWAIT")
        held.extend(
            await office.rows(
                "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
        await keep(blobs, draft)

    monkeypatch.setattr(FolderBlobs, "keep", watched)
    raw = letter(name="1@x", head="Content-Type: application/pdf; name=a.pdf", body="%PDF-1.4")
    assert await mailroom.arrives(box, raw) is not None
    assert await office.value("SELECT count(*) FROM stored_file WHERE record_id IS NOT NULL") == len(held) == 2
    assert await mailroom.arrives(box, raw) is None
    assert len(held) == 2, "what is here is not uploaded again"


async def test_conversations(office: Office, mailroom: Mailroom):
    box, other = await mailroom.account("a@our.cn", office.admin), await mailroom.account("b@our.cn", office.admin)

    async def thread(account, raw, **given):
        row = await mailroom.message(await mailroom.arrives(account, raw, **given))
        return row["thread_id"], row

    first, one = await thread(box, letter("询问设备报价", name="1@acme.cn"))
    answer, two = await thread(box, letter("Re: 询问设备报价", name="2@acme.cn", answers="1@acme.cn", sender="wang@other.cn"))
    assert answer == first
    assert two["reply_to_id"] == one["id"]
    by_subject, three = await thread(box, letter("回复：询问设备报价", name="3@acme.cn"))
    assert by_subject == first
    assert three["reply_to_id"] is None
    stranger, _ = await thread(box, letter("回复：询问设备报价", name="4@x.cn", sender="eve@evil.cn"))
    assert stranger != first
    late, _ = await thread(box, letter("Re: 询问设备报价"), received=datetime.now(UTC) + timedelta(days=60))
    assert late != first
    anew, _ = await thread(box, letter("询问设备报价", name="5@acme.cn"))
    assert anew != first
    forged, _ = await thread(other, letter("Re: 询问设备报价", name="6@x.cn", answers="1@acme.cn"))
    assert forged != first
    # What is answered comes last: a slow server, or the folder of another program.
    early, _ = await thread(box, letter("Re: 合同条款确认", name="8@acme.cn", answers="7@acme.cn"))
    sibling, _ = await thread(box, letter("Re: 合同条款", name="9@acme.cn", answers="7@acme.cn"))
    asked, _ = await thread(box, letter("合同条款", name="7@acme.cn"))
    assert early == sibling == asked
    counts = (await mailroom.rows("SELECT message_count, unseen_count, subject FROM email_thread WHERE id = $1", first))[0]
    assert (counts["message_count"], counts["unseen_count"], counts["subject"]) == (3, 3, "询问设备报价")
    assert (await mailroom.message(one["id"]))["answered_at"] is not None


async def test_a_likeness_is_only_suggested(office: Office, mailroom: Mailroom):
    box = await mailroom.account("a@our.cn", office.admin)
    acme, twin = await customer(office, "ACME", "info@acme.cn"), await customer(office, "Twin", "li@twin.cn", "info@qq.com")
    await contact(office, acme, "王", "wang@acme.cn")
    await contact(office, acme, "李", "li@twin.cn")

    async def found(raw: bytes):
        row = await mailroom.message(await mailroom.arrives(box, raw))
        rows = await mailroom.rows(
            "SELECT party_id::text, reason FROM email_suggestion WHERE message_id = $1 ORDER BY position", row["id"]
        )
        return row["party_id"] and str(row["party_id"]), [(each["party_id"], each["reason"]) for each in rows]

    assert await found(letter("a", name="1@x", sender="new@acme.cn")) == (None, [(acme, "SAME_DOMAIN")])
    linked, none = await found(letter("b", name="2@x", sender="INFO@acme.cn"))
    assert (linked, none) == (acme, [])
    both = await found(letter("c", sender="li@twin.cn"))
    assert both[0] is None
    assert sorted(both[1]) == sorted([(acme, "SAME_ADDRESS"), (twin, "SAME_ADDRESS")])
    assert await found(letter("d", sender="eve@qq.com")) == (None, [])
    assert await found(letter("e", sender="eve@mail.example", answers="2@x")) == (None, [(acme, "SAME_THREAD")])
    assert await found(letter("f", sender="nobody")) == (None, [])


async def test_what_nobody_of_the_mailbox_sees_is_not_linked(office: Office, mailroom: Mailroom):
    """A forged letter to oneself tells nothing of whose addresses are known, and writes into nobody's history."""
    own = {"email_account.READ": "OWN", "email_message.READ": "ALL", "customer.READ": "OWN", "contact.READ": "OWN"}
    wide = {**own, "customer.READ": "ALL", "contact.READ": "ALL"}
    spy, seer = await office.hire("spy", own), await office.hire("seer", wide)
    veiled = await office.hire("veiled", wide, hidden=["contact.emailAddresses"])
    acme, other = await customer(office, "ACME", "li@acme.cn", "both@qq.com"), await customer(office, "Other", "both@qq.com")
    await contact(office, acme, "王", "wang@acme.cn")
    box, third = await mailroom.account("spy@our.cn", spy), await mailroom.account("veiled@our.cn", veiled)
    shared = await mailroom.account("sales@our.cn", None, members=[spy, seer])
    await office.rows("UPDATE party SET owner_id = $1 WHERE id = $2", UUID(spy.id), UUID(other))

    async def found(account: UUID, sender: str) -> tuple[Any, ...]:
        row = await mailroom.message(await mailroom.arrives(account, letter(f"{sender} {account}", sender=sender)))
        query = "SELECT party_id::text, reason FROM email_suggestion WHERE message_id = $1 ORDER BY position"
        offered = [tuple(each.values()) for each in await mailroom.rows(query, row["id"])]
        return row["party_id"] and str(row["party_id"]), offered

    for sender in ("li@acme.cn", "wang@acme.cn"):
        # It looks the same to them as any unknown address of that company: what is suggested is seen by whoever sees the party.
        assert await found(box, f"new-{sender}") == (None, [(acme, "SAME_DOMAIN")])
        assert await found(box, sender) == (None, [(acme, "SAME_ADDRESS")])
        shown = (await spy.ask("emailMessages", "nodes { party { id } suggestions { reason } }"))["nodes"]
        assert {str(each) for each in shown} == {str({"party": None, "suggestions": []})}
        assert (await found(third, sender))[0] is None
        assert (await found(shared, sender))[0] == acme
    assert await found(box, "both@qq.com") == (other, [])
    # Who sees the party and no contacts is not told whom there an address belongs to either.
    buyer = await office.hire("buyer", {name: scope for name, scope in wide.items() if name != "contact.READ"})
    desk = await mailroom.account("buyer@our.cn", buyer)
    assert (await found(desk, "li@acme.cn"))[0] == acme
    assert await found(desk, "wang@acme.cn") == (None, [(acme, "SAME_ADDRESS")])
    assert await office.value("SELECT count(*) FROM email_message WHERE account_id = $1 AND party_id = $2", box, UUID(acme)) == 0


async def test_programs_are_no_contact(office: Office, mailroom: Mailroom):
    box = await mailroom.account("a@our.cn", office.admin)
    await customer(office, "ACME", "li@acme.cn")
    row = await mailroom.message(await mailroom.arrives(box, letter("自动回复: 休假", head="Auto-Submitted: auto-replied")))
    assert (row["auto_reply"], row["filed"], row["party_id"] is not None) == (True, True, True)
    assert await office.value("SELECT count(*) FROM notification") == 0
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'mailReceived'") == 1


async def test_old_mail_is_no_news(office: Office, mailroom: Mailroom):
    box = await mailroom.account("a@our.cn", office.admin)
    await mailroom.arrives(box, letter(), received=datetime.now(UTC) - timedelta(days=2))
    assert await office.value("SELECT count(*) FROM notification") == 0
    assert await office.value("SELECT count(*) FROM event WHERE topic LIKE 'mail%'") == 0
    assert await office.value("SELECT count(*) FROM email_message") == 1


async def test_what_is_too_much_is_told(office: Office, mailroom: Mailroom):
    box = await mailroom.account("a@our.cn", office.admin)
    big = "--b\r\nContent-Type: a/b\r\n\r\n" + "x" * (LARGEST + 1) + "\r\n--b--"
    row = await mailroom.message(
        await mailroom.arrives(box, letter("a", head="Content-Type: multipart/mixed; boundary=b", body=big))
    )
    assert row["remarks"] == '["ATTACHMENT_LEFT_OUT"]'
    assert (await mailroom.rows("SELECT state, file_id FROM email_attachment"))[0] == {"state": "TOO_LARGE", "file_id": None}
    row = await mailroom.message(await mailroom.arrives(box, letter("b", body="only the headers"), size=90_000_000))
    assert "TOO_LARGE" in row["remarks"]
    assert (row["size"], row["subject"]) == (90_000_000, "b")
    deep = letter("c", head="Content-Type: text/html", body="<div>" * 5000)
    row = await mailroom.message(await mailroom.arrives(box, deep))
    assert "HTML_LEFT_OUT" in row["remarks"]
    many = letter("d", to=", ".join(f"n{n}@x.cn" for n in range(10_000)))
    row = await mailroom.message(await mailroom.arrives(box, many))
    assert "RECIPIENTS_CUT" in row["remarks"]
    assert await office.value("SELECT count(*) FROM email_recipient WHERE message_id = $1", row["id"]) == 500


async def test_rules_of_the_mailbox(office: Office, mailroom: Mailroom):
    agent = await office.hire("agent")
    box = await mailroom.account("a@our.cn", office.admin)
    given = {"account_id": box, "any_of": False, "stop": True}
    complaint = [{"field": "SUBJECT", "test": "CONTAINS", "value": "投诉"}]
    await EmailRule.create(
        id=new_id(Kind.EMAIL_RULE), name="n", conditions=complaint, mark_flagged=True, assignee_id=agent.id, **given
    )
    news = [{"field": "FROM", "test": "ENDS_WITH", "value": "@news.cn"}]
    await EmailRule.create(
        id=new_id(Kind.EMAIL_RULE), name="m", position=1, conditions=news, folder="ARCHIVE", mark_seen=True, **given
    )
    row = await mailroom.message(await mailroom.arrives(box, letter("投诉：质量")))
    assert (row["flagged"], str(row["assignee_id"]), row["folder"]) == (True, agent.id, "INBOX")
    assert (await mailroom.rows("SELECT user_id::text FROM notification"))[0]["user_id"] == agent.id
    row = await mailroom.message(await mailroom.arrives(box, letter("周报", sender="a@news.cn")))
    assert (row["seen"], row["folder"]) == (True, "ARCHIVE")
    assert await office.value("SELECT count(*) FROM notification") == 1
