"""Bytes that came in, as messages: whatever they are, something is read, in bounded time, and what was too much is told."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.messaging import mime_parts
from crm.rules.messaging.mime_charsets import text_of
from crm.rules.messaging.mime_headers import Address, addresses, instant, message_ids, parameters, words
from crm.rules.messaging.mime_parts import MOST_PARTS, MailLimit, walked
from crm.rules.messaging.received_mail import MOST_RECIPIENTS, ReceivedMail, read

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3


def mail(head: str = "", body: str | bytes = "你好") -> ReceivedMail:
    data = body if isinstance(body, bytes) else body.encode()
    lead = f"From: a@x.cn\r\nTo: b@y.cn\r\nMessage-ID: <1@x.cn>\r\n{head}\r\n".encode("utf-8", "surrogateescape")
    return read(lead + data, AT)


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("gb2312", "gb18030", "朱镕基 囍 €100"),
        ("GBK", "gb18030", "合同已签"),
        ("utf-8", "gb18030", "请查收附件中的报价单，谢谢"),
        ("us-ascii", "utf-8", "请查收附件"),
        ("iso-8859-1", "utf-8", "naïve 客户"),
        ("iso-8859-1", "cp1252", "naïve “quoted” – café"),
        ("x-unknown", "utf-8", "客户"),
        ("x-unknown", "gb18030", "客户您好"),
        ("rot13", "utf-8", "客户"),
        ("idna", "utf-8", "客户"),
        (None, "gb18030", "您好，附件是合同"),
        ("big5", "big5hkscs", "報價單請查收"),
        ("iso-2022-jp", "iso2022_jp", "見積書をご確認ください"),
        ("shift_jis", "cp932", "①見積書"),
        ("ks_c_5601-1987", "cp949", "견적서"),
        ("koi8-r", "koi8_r", "Договор"),
        ("windows-1251", "cp1251", "Договор"),
        ("utf-16le", "utf-16-le", "客户"),
        ("unicode-1-1-utf-8", "utf-8-sig", "客户"),
    ],
)
def test_a_charset_that_is_wrong_is_put_right(declared: str | None, encoding: str, text: str):
    assert text_of(text.encode(encoding), declared) == text


def test_broken_text_stays_what_it_mostly_is():
    long = "客户您好，这是一封很长的邮件。" * 20
    assert text_of(long.encode()[:-1], "utf-8").startswith(long[:-1])
    assert text_of(b"a\x00b\x07c\td\n", "utf-8") == "abc\td\n"
    assert "\ud800" not in text_of(b"+2AA-x", "utf-7")


@given(
    st.binary(max_size=300), st.sampled_from(["utf-8", "gb2312", "utf-7", "utf-16", "hz", "iso-2022-kr", "big5", None, "x" * 99])
)
def test_no_bytes_are_an_error(data: bytes, declared: str | None):
    text = text_of(data, declared)
    assert "\x00" not in text
    text.encode()


def test_encoded_words():
    whole = "中国移动通信集团浙江有限公司"
    data = whole.encode()
    cut = [base64.b64encode(data[n : n + 10]).decode() for n in range(0, len(data), 10)]
    assert words("\r\n ".join(f"=?UTF-8?B?{each}?=" for each in cut)) == whole
    assert words("=?gb2312?B?" + base64.b64encode("朱镕基".encode("gb18030")).decode() + "?=") == "朱镕基"
    assert words("Re: =?utf-8?Q?caf=C3=A9_?= =?utf-8?q?ok?= end") == "Re: café ok end"
    assert words("=?utf-8?B?5L2g5aW9?") == "=?utf-8?B?5L2g5aW9?"
    assert words("=?utf-8?B?!!!?=") == ""
    assert words("=?nonsense?B?5L2g5aW9?=") == "你好"
    assert words("a\u202eb\u200b\r\n\tc") == "ab c"
    assert words("\udcc4\udce3\udcba\udcc3") == "你好"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('"Li, Wei" <li.wei@Example.CN>, b@y.cn', [("li.wei@example.cn", "Li, Wei"), ("b@y.cn", None)]),
        ("=?utf-8?B?5p2O77yM5Lyf?= <a@x.cn>", [("a@x.cn", "李，伟")]),
        ("=?utf-8?Q?evil=40bank.cn=2C?= <a@x.cn>", [("a@x.cn", "evil@bank.cn,")]),
        ("undisclosed-recipients:;", []),
        ("Sales: a@x.cn, b@x.cn;, c@x.cn", [("a@x.cn", None), ("b@x.cn", None), ("c@x.cn", None)]),
        ("a@x.cn (Li (the boss) Wei)", [("a@x.cn", None)]),
        ("<<a@x.cn>>, no address, <>, @x.cn, a@, a@b@c", [("a@x.cn", None)]),
        ("李伟 <李伟@例子.中国>", [("李伟@例子.中国", "李伟")]),
        ('"unclosed <a@x.cn>', [("a@x.cn", "unclosed")]),
    ],
)
def test_addresses(value: str, found: list[tuple[str, str | None]]):
    assert [(each.address, each.name) for each in addresses(value)] == found


def test_parameters_however_they_are_written():
    assert parameters('attachment; filename="a;b\\"c.txt"')["filename"] == 'a;b"c.txt'
    assert parameters("attachment; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.pdf")["filename"] == "报价.pdf"
    split = "attachment; filename*0*=gb2312''%B1%A8; filename*1*=%BC%DB; filename*2=.pdf"
    assert parameters(split)["filename"] == "报价.pdf"
    encoded = 'attachment; filename="=?GB2312?B?' + base64.b64encode("报价单.pdf".encode("gbk")).decode() + '?="'
    assert parameters(encoded)["filename"] == "报价单.pdf"
    assert parameters("text/plain; charset = utf-8 ; format=flowed") == {"charset": "utf-8", "format": "flowed"}
    assert parameters("text/plain; charset") == {}


def test_names_of_messages():
    assert message_ids("<a@x> <b@x>\r\n\t<a@x> rubbish <> <with space>") == ["a@x", "b@x"]
    many = message_ids(" ".join(f"<{n}@x>" for n in range(5000)))
    assert (len(many), many[0], many[-1]) == (60, "0@x", "4999@x")
    assert message_ids(f"<{'a' * 251}@x>") == []


def test_a_date_is_believed_where_it_can_be():
    assert instant("Thu, 26 Nov 2026 10:00:00 +0800", AT) == datetime(2026, 11, 26, 2, tzinfo=UTC)
    for wrong in (
        None,
        "",
        "yesterday",
        "Thu, 26 Nov 2099 10:00:00 +0000",
        "Mon, 1 Jan 1960 00:00:00 +2359",
        "1 Jan 1900 00:00",
        "9" * 5000,
    ):
        assert instant(wrong, AT) == AT


ALTERNATIVE = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=out\r\n"
PARTS = (
    "preamble\r\n--out\r\nContent-Type: multipart/related; boundary=rel\r\n\r\n--rel\r\n"
    "Content-Type: multipart/alternative; boundary=\"alt alt\"\r\n\r\n--alt alt\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E4=BD=A0=E5=A5=BD\r\n--alt alt\r\nContent-Type: text/html\r\n\r\n"
    "<p>你好 <img src=\"cid:pic@x\"></p>\r\n--alt alt--\r\n--rel\r\n"
    "Content-Type: image/png; name=p.png\r\nContent-ID: <pic@x>\r\n"
    f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(PNG).decode()}\r\n--rel--\r\n--out\r\n"
    "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.pdf\r\n\r\n%PDF\r\n"
    "--out\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\nx\r\n"
    "--out--\r\nepilogue"
)  # fmt: skip


def test_a_message_with_all_there_is():
    found = mail(ALTERNATIVE, PARTS)
    assert found.text == "你好"
    assert found.html is not None
    assert "cid:pic@x" in found.html
    assert [(each.name, each.media_type, each.content_id, each.inline) for each in found.attachments] == [
        ("p.png", "image/png", "pic@x", True), ("报价.pdf", "application/pdf", None, False),
        ("attachment-5.eml", "message/rfc822", None, False),
    ]  # fmt: skip
    assert b"".join(found.attachments[0].part.decoded()) == PNG
    assert found.sender == Address("a@x.cn")
    assert [(each.role, each.address.address) for each in found.recipients] == [("TO", "b@y.cn")]
    assert (found.message_id, found.limits) == ("1@x.cn", frozenset())


def test_a_page_without_a_text_is_read_for_it():
    found = mail("Content-Type: text/html\r\n", "<meta charset=gbk><style>p{}</style><p>您好<br>再见</p>".encode("gbk"))
    assert found.text == "您好\n再见"
    assert found.html is not None


def test_contents_however_they_are_encoded():
    for encoding, body in (
        ("base64", base64.b64encode("客户".encode()).decode()),
        ("BASE64", "5a6i\r\n!!5o\r\n i3"),
        ("base64", "5a6i5oi3QQ"),
        ("quoted-printable", "=E5=AE=A2=\r\n=E6=88=B7=zz"),
        ("8bit", "客户"),
        ("x-nonsense", "客户"),
    ):
        assert mail(f"Content-Transfer-Encoding: {encoding}\r\n", body).text.startswith("客户")
    big = bytes(range(256)) * 12_000
    whole = mail("Content-Type: application/x-any\r\nContent-Transfer-Encoding: base64\r\n", base64.encodebytes(big))
    assert b"".join(whole.attachments[0].part.decoded()) == big


def test_messages_that_say_little():
    for raw in (b"", b"\r\n", b"\n\nbody", b"no headers at all", b"From:\r\n\r\n", b"\x00\xff\xfe", b"Subject: only"):
        found = read(raw, AT)
        assert (found.sender, found.message_id, found.sent_at) == (None, None, AT)
    assert read(b"\r\nbody", AT).text == "body"
    twice = mail("Message-ID: <2@x.cn>\r\nSubject: s\r\nSubject: t\r\n")
    assert (twice.message_id, twice.subject) == ("1@x.cn", "s")


def nested(levels: int) -> tuple[str, str]:
    body = "deep"
    for level in range(levels):
        kind = "text/plain" if level == 0 else f"multipart/mixed; boundary=b{level - 1}"
        body = f"--b{level}\r\nContent-Type: {kind}\r\n\r\n{body}\r\n--b{level}--"
    return f"Content-Type: multipart/mixed; boundary=b{levels - 1}\r\n", body


def test_a_thousand_levels_and_ten_thousand_parts():
    deep = mail(*nested(1000))
    assert deep.limits == {MailLimit.TOO_DEEP}
    assert len(deep.attachments) == 1
    assert mail(*nested(20)).text == "deep"
    many = mail("Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n\r\nx\r\n" * 10_000 + "--b--")
    assert many.limits == {MailLimit.TOO_MANY_PARTS}
    assert many.text.count("x") == MOST_PARTS


def test_ten_thousand_recipients():
    to = ",\r\n ".join(f'"N {n}" <n{n}@x.cn>' for n in range(10_000))
    found = read(f"From: a@x.cn\r\nTo: {to}\r\nSubject: s\r\n\r\nx".encode(), AT)
    assert (found.recipient_count, len(found.recipients)) == (10_000, MOST_RECIPIENTS)
    assert MailLimit.RECIPIENTS_CUT in found.limits


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@x.cn\r\n\r\n" + b"x" * 50_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 2_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bb\r\n" * 2_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"QUJD" * 5_000_000,
        b"To: " + b'"\\' * 200_000 + b"\r\n\r\n",
        b"To: " + b"(" * 400_000 + b"\r\n\r\n",
        b"Subject: " + b"=?a?b?" * 80_000 + b"\r\n\r\n",
        b"References: " + b"<a" * 200_000 + b"\r\n\r\n",
        b"X: y\r\n" * 80_000 + b"\r\n",
        b"X" * 3_000_000,
        b"Content-Type: " + b";a=" * 100_000 + b"\r\n\r\n",
        b"From: a@x.cn\r\n\r\n" + b"\r\n" * 3_000_000,
    ],
    ids=["large", "marks", "nearly", "base64", "quotes", "comments", "words", "ids", "headers", "line", "parameters", "blank"],
)  # fmt: skip
def test_hostile_bytes_take_a_bounded_time(raw: bytes):
    began = time.process_time()
    found = read(raw, AT)
    for each in found.attachments:
        assert sum(len(piece) for piece in each.part.decoded()) <= len(raw)
    assert time.process_time() - began < 4


def test_what_is_too_large_is_known_by_its_headers():
    head = b"From: a@x.cn\r\nSubject: big\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    found = read(head, AT, size=90_000_000)
    assert (found.subject, found.size, found.limits) == ("big", 90_000_000, {MailLimit.TOO_LARGE})
    assert found.attachments == ()


def test_a_fingerprint_is_of_what_was_written():
    one = read(b"Received: by a\r\nFrom: a@x.cn\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nbody", AT)
    again = read(b"Received: by b\r\nDelivered-To: q@x.cn\r\nFrom:  a@x.cn\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nbody", AT)
    forged = read(b"From: a@x.cn\r\nMessage-ID: <1@x>\r\nSubject: s\r\n\r\nother", AT)
    assert one.fingerprint == again.fingerprint != forged.fingerprint
    assert again.delivered_to == ("q@x.cn",)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message(data: bytes):
    found = read(data, AT)
    (found.text + (found.subject or "")).encode()
    walked(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" + data)


def test_a_line_without_end_is_decoded_piece_by_piece(monkeypatch):
    """However long it is, no piece takes long, and none is cut where it would mean something else."""

    def pieces_of(body: bytes) -> list[bytes]:
        head = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        return list(walked(head + body).parts[0].decoded())

    text = b"a=41 b \t c=3D=\r\n" * 3 + b"=E5=AE=A2 x" * 40
    whole = b"".join(pieces_of(text))
    for size in range(7, 40):
        monkeypatch.setattr(mime_parts, "PIECE", size)
        pieces = pieces_of(text)
        assert b"".join(pieces) == whole
        assert max(map(len, pieces)) <= 2 * size
    monkeypatch.setattr(mime_parts, "PIECE", 64)
    assert max(map(len, pieces_of(b" " * 1000))) <= 64
