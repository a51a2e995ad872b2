"""What comes back of messages that were sent: believed as far as it can know, and marked at whom it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailroom import Mailroom, letter

from crm.core.clock import now
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import EmailMessage, EmailRecipient
from crm.rules.messaging.email_tokens import unsubscribe_address, with_token
from crm.services.messaging import email_threads
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
PATTERN = "bounce+{token}@our.cn"
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"


@pytest.fixture
def mailroom(office: Office, tmp_path: Path) -> Mailroom:
    return Mailroom(office, tmp_path / "files")


async def sent(mailroom: Mailroom, account: UUID, to: str, token: str, name: str = "q1@our.cn") -> UUID:
    """A message of ours that its recipient's server took."""
    async with system_deed(mailroom.office.database, "test") as deed:
        thread = await email_threads.begin(deed, account, "报价", deed.at)
    values: dict[str, Any] = {"state": "SENT", "folder": "SENT", "direction": "OUTBOUND", "remarks": [], "subject": "报价"}
    stamps = {
        "created_at": now(),
        "updated_at": now(),
        "dated_at": now(),
        "sent_at": now(),
        "created_by_id": mailroom.office.admin.id,
    }
    row = await EmailMessage.create(
        id=new_id(Kind.EMAIL_MESSAGE), account_id=account, thread_id=thread, rfc_message_id=f"<{name}>", **values, **stamps
    )
    await EmailRecipient.create(
        id=new_id(Kind.EMAIL_RECIPIENT),
        message_id=row.id,
        role="TO",
        address=to,
        address_key=to.lower(),
        state="SENT",
        token=token,
    )
    return row.id


def report(to: str, about: str, *, action: str = "failed", status: str = "5.1.1", name: str = "q1@our.cn") -> bytes:
    body = (
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {about}\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: <{name}>\r\n\r\nx\r\n--b--"
    )
    head = "Return-Path: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
    return letter("Undelivered", sender="MAILER-DAEMON@mx.cn", to=to, head=head, body=body, name=f"{abs(hash(body + to))}@mx")


async def states(mailroom: Mailroom) -> list[tuple[str, str | None]]:
    rows = await mailroom.rows("SELECT state, status_code FROM email_recipient WHERE token IS NOT NULL ORDER BY address")
    return [(row["state"], row["status_code"]) for row in rows]


async def test_a_token_is_believed(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin, return_path=PATTERN)
    bounces = await mailroom.account("bounce@our.cn", office.admin)
    message = await sent(mailroom, box, "wang@gone.cn", TOKEN)
    await mailroom.arrives(bounces, report(with_token(PATTERN, TOKEN), "wang@gone.cn", action="delayed", status="4.4.1"))
    assert await states(mailroom) == [("SENT", None)]
    row = await mailroom.message(await mailroom.arrives(bounces, report(with_token(PATTERN, TOKEN).upper(), "x@elsewhere.cn")))
    assert await states(mailroom) == [("BOUNCED", "5.1.1")]
    assert (row["bounce"], row["reply_to_id"], row["filed"], row["party_id"]) == (True, message, True, None)
    assert (await mailroom.rows("SELECT address_key, cause FROM email_suppression")) == [
        {"address_key": "wang@gone.cn", "cause": "BOUNCED"}
    ]
    notices = await mailroom.rows("SELECT kind, user_id::text, record_id FROM notification")
    assert notices == [{"kind": "EMAIL_UNDELIVERED", "user_id": office.admin.id, "record_id": message}]
    assert [row["verb"] for row in await mailroom.rows("SELECT verb FROM change WHERE record_id = $1", message)] == [
        "email_message.bounce"
    ]
    await mailroom.arrives(bounces, report(with_token(PATTERN, TOKEN), "wang@gone.cn", status="5.2.1"))
    assert await states(mailroom) == [("BOUNCED", "5.1.1")]


async def test_a_name_is_believed_of_the_same_mailbox_and_its_recipients(office: Office, mailroom: Mailroom):
    box, other = await mailroom.account("sales@our.cn", office.admin), await mailroom.account("other@our.cn", office.admin)
    await sent(mailroom, box, "wang@gone.cn", TOKEN)
    await mailroom.arrives(other, report("other@our.cn", "wang@gone.cn"))
    await mailroom.arrives(box, report("sales@our.cn", "someone@else.cn"))
    await mailroom.arrives(box, report("sales@our.cn", "wang@gone.cn", name="q2@our.cn"))
    assert await states(mailroom) == [("SENT", None)]
    row = await mailroom.message(await mailroom.arrives(box, report("sales@our.cn", "Wang@gone.cn")))
    assert await states(mailroom) == [("BOUNCED", "5.1.1")]
    assert await office.value("SELECT thread_id FROM email_message WHERE direction = 'OUTBOUND'") == row["thread_id"]
    assert await office.value("SELECT count(*) FROM email_suppression") == 0


async def test_an_answer_to_bulk_mail_begins_a_conversation_with_it(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin)
    bulk = await sent(mailroom, box, "wang@here.cn", TOKEN)
    await mailroom.rows("UPDATE email_message SET thread_id = NULL WHERE id = $1 RETURNING id", bulk)
    row = await mailroom.message(await mailroom.arrives(box, letter("Re: 报价", sender="wang@here.cn", answers="q1@our.cn")))
    assert row["reply_to_id"] == bulk
    assert (await mailroom.message(bulk))["thread_id"] == row["thread_id"]
    assert await office.value("SELECT message_count FROM email_thread WHERE id = $1", row["thread_id"]) == 2


async def test_a_forged_token_is_nothing(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin, return_path=PATTERN)
    await sent(mailroom, box, "wang@gone.cn", TOKEN)
    for to in (with_token(PATTERN, "b" + TOKEN[1:]), "bounce+'; DROP@our.cn", f"other+{TOKEN}@our.cn"):
        await mailroom.arrives(box, report(to, "wang@gone.cn", name="none@our.cn"))
    assert await states(mailroom) == [("SENT", None)]


async def test_a_full_mailbox_is_no_wrong_address(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin, return_path=PATTERN)
    await sent(mailroom, box, "wang@gone.cn", TOKEN)
    await mailroom.arrives(box, report(with_token(PATTERN, TOKEN), "wang@gone.cn", status="5.2.2"))
    assert await states(mailroom) == [("BOUNCED", "5.2.2")]
    assert await office.value("SELECT count(*) FROM email_suppression") == 0


async def test_who_writes_to_the_address_for_it_gets_no_more(office: Office, mailroom: Mailroom):
    box = await mailroom.account("sales@our.cn", office.admin)
    await sent(mailroom, box, "wang@here.cn", TOKEN)
    to = unsubscribe_address("sales@our.cn", TOKEN)
    row = await mailroom.message(await mailroom.arrives(box, letter("unsubscribe", sender="W <wang@here.cn>", to=to)))
    assert (row["folder"], row["seen"], row["filed"]) == ("ARCHIVE", True, True)
    assert await mailroom.rows("SELECT address_key, cause FROM email_suppression") == [
        {"address_key": "wang@here.cn", "cause": "UNSUBSCRIBED"}
    ]
    await mailroom.arrives(box, letter("unsubscribe", to=unsubscribe_address("sales@our.cn", "b" + TOKEN[1:])))
    assert await office.value("SELECT count(*) FROM email_suppression") == 1
