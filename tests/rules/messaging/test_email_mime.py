"""What a message is on the wire, byte by byte: what other programs read must stand there as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import UUID

from crm.rules.messaging.email_flow import EmailRecipientRole
from crm.rules.messaging.email_mime import Composition, Enclosure, Mailbox, written

LONG = "<AM0PR04MB6543210FEDCBA9876543210F00D@AM0PR04MB6543.eurprd04.prod.outlook.com>"
SHORT = "<CAKx+abc123@mail.gmail.com>"
LINK = f"https://crm.example.com/unsubscribe/{'a' * 32}.{'0' * 40}"
BACK = f"mailto:sales+unsub-{'a' * 32}@example.com?subject=unsubscribe"


def composed(**values: object) -> bytes:
    given = {
        "id": UUID(int=7), "message_id": f"<{UUID(int=7)}@a-mail-server-of-the-company.example.com>",
        "sender": Mailbox("a@x.example", "销售"), "recipients": [(EmailRecipientRole.TO, Mailbox("b@x.example"))],
        "subject": "报价", "text": "您好", "html": None, "dated_at": datetime(2030, 1, 1, tzinfo=UTC), **values,
    }  # fmt: skip
    return written(Composition(**given))  # type: ignore[arg-type]


def header(content: bytes, name: str) -> str | None:
    """A header as it stands there, its folds taken out and nothing decoded."""
    lines = content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").decode("ascii").split("\r\n")
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"{name}: ")), None)


def test_what_programs_read_is_never_encoded():
    content = composed(
        in_reply_to=LONG, references=[SHORT, LONG, SHORT], unsubscribe=[LINK, BACK], one_click=True, html="<img src='cid:x'>",
        enclosures=[Enclosure("x.png", "image/png", b"x", f"{'c' * 80}@x.example")],
    )  # fmt: skip
    assert header(content, "Message-ID") == f"<{UUID(int=7)}@a-mail-server-of-the-company.example.com>"
    assert header(content, "In-Reply-To") == LONG
    assert header(content, "References") == f"{SHORT} {LONG} {SHORT}"
    assert header(content, "List-Unsubscribe") == f"<{LINK}>, <{BACK}>"
    assert header(content, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert f"Content-ID: <{'c' * 80}@x.example>\r\n".encode() in content
    assert all(len(line) < 160 for line in content.split(b"\r\n"))


def test_a_message_that_is_passed_on_is_never_encoded():
    """RFC 2046, 5.2.1: who gets it in base64 sees no message, but letters."""
    raw = b"From: a@x.example\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\n.dot\n--q--\n"
    odd = ("您好".encode(), b"x" * 999, b"a\x00b")
    enclosures = [Enclosure("x.eml", "message/rfc822", raw), *(Enclosure("y.eml", "message/RFC822", each) for each in odd)]
    enclosures += [Enclosure("z", "message/delivery-status", b"Action: failed\n"), Enclosure("m", "multipart/mixed", raw)]
    content = composed(enclosures=enclosures)
    first, *others = message_from_bytes(content, policy=policy.default).iter_attachments()
    assert (first.get_content_type(), first["Content-Transfer-Encoding"], first.get_filename()) == (
        "message/rfc822",
        "7bit",
        "x.eml",
    )
    assert raw.replace(b"\n", b"\r\n") in content
    assert {each.get_content_type() for each in others} == {"application/octet-stream"}
    assert [each.get_content() for each in others] == [*odd, b"Action: failed\n", raw]
    assert content == composed(enclosures=enclosures)


def test_names_that_cannot_stand_in_a_header_are_left_out():
    odd = ("<ü@x>", f"<{'a' * 900}@x>", "<a\x00@x>", "<a\udcff@x>", "<a@x>\r\nBcc: c@x.example")
    for each in odd:
        content = composed(in_reply_to=each, references=[each, SHORT])
        assert header(content, "In-Reply-To") is None, each
        assert header(content, "References") == SHORT, each
        assert b"Bcc" not in content
