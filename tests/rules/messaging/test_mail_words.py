"""What messages say about themselves: whether a program wrote them, what did not arrive, what is quoted, whose they may be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm.rules.messaging.auto_replies import Automatic
from crm.rules.messaging.bounces import BounceKind, Failed
from crm.rules.messaging.mail_matching import domain_of, tells_of
from crm.rules.messaging.mail_quotes import own_words, snippet
from crm.rules.messaging.mail_threading import asked_for, joins_by_subject
from crm.rules.messaging.received_mail import ReceivedMail, read

AT = datetime(2026, 11, 26, 8, tzinfo=UTC)


def mail(head: str, body: str = "x") -> ReceivedMail:
    return read(f"To: sales@our.cn\r\n{head}\r\n\r\n{body}".encode(), AT)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("From: li@x.cn", None),
        ("From: li@x.cn\r\nAuto-Submitted: no", None),
        ("From: li@x.cn\r\nSubject: 关于自动回复功能的咨询", None),
        ("From: li@x.cn\r\nAuto-Submitted: auto-replied", Automatic.REPLY),
        ("From: li@x.cn\r\nAuto-Submitted: auto-generated (x)", Automatic.NOTICE),
        ("From: li@x.cn\r\nPrecedence: auto_reply", Automatic.REPLY),
        ("From: li@x.cn\r\nPrecedence: bulk", Automatic.LIST),
        ("From: li@x.cn\r\nX-Autoreply: yes", Automatic.REPLY),
        ("From: li@x.cn\r\nSubject: =?utf-8?B?6Ieq5Yqo5Zue5aSNOg==?= hi", Automatic.REPLY),
        ("From: li@x.cn\r\nSubject: Automatic reply: offer", Automatic.REPLY),
        ("From: li@x.cn\r\nSubject: Out of Office", Automatic.REPLY),
        ("From: li@x.cn\r\nList-Id: <a.b>", Automatic.LIST),
        ("From: no-reply@x.cn", Automatic.NOTICE),
        ("From: li@x.cn\r\nReturn-Path: <>", Automatic.NOTICE),
    ],
)
def test_who_is_a_program(head: str, found: Automatic | None):
    assert mail(head).automatic is found


REPORT = (
    "From: Mail Delivery System <MAILER-DAEMON@mx.our.cn>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
    "Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
)
STATUS = (
    "--b\r\n\r\nMail system.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.our.cn\r\n\r\n"
    "Final-Recipient: rfc822; wang@gone.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <wang@gone.cn>:\r\n Recipient address rejected\r\n\r\n"
    "Original-Recipient: rfc822;full@gone.cn\r\nFinal-Recipient: rfc822;x@gone.cn\r\n"
    "Action: failed\r\nStatus: 5.2.2\r\n\r\nFinal-Recipient: rfc822; slow@gone.cn\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"
    "Final-Recipient: rfc822; ok@gone.cn\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: sales@our.cn\r\nMessage-ID:\r\n <q1@our.cn>\r\n\r\nhello\r\n--b--"
)


def test_a_delivery_report():
    found = mail(REPORT, STATUS).bounce
    assert found is not None
    assert found.message_id == "q1@our.cn"
    assert found.failed == (
        Failed("wang@gone.cn", BounceKind.HARD, "5.1.1", "550 5.1.1 <wang@gone.cn>: Recipient address rejected"),
        Failed("full@gone.cn", BounceKind.SOFT, "5.2.2", "5.2.2"),
        Failed("slow@gone.cn", BounceKind.DELAYED, "4.4.1", "4.4.1"),
    )
    assert mail(REPORT, STATUS.replace("failed", "relayed").replace("delayed", "expanded")).bounce is None


@pytest.mark.parametrize(
    ("head", "body", "address", "kind"),
    [
        (
            "From: PostMaster@qq.com\r\nSubject: =?utf-8?B?57O757uf6YCA5L+h?=",
            "抱歉，您的邮件被退回来了……\r\n收件人地址（wang@qq.com）不存在。\r\nhost mx3 said: 550 Mailbox not found",
            "wang@qq.com",
            BounceKind.HARD,
        ),
        (
            "From: Postmaster@163.com\r\nSubject: 系统退信",
            "您的邮件无法到达以下收件人：\r\nwang@163.com\r\n退信原因：收件人邮箱容量已满，请稍后再发送",
            "wang@163.com",
            BounceKind.SOFT,
        ),
        (
            "From: mailer-daemon@aliyun.com\r\nSubject: 退信通知 failure notice",
            "<wang@gone.cn>: 554 用户不存在 user unknown",
            "wang@gone.cn",
            BounceKind.HARD,
        ),
        (
            "Return-Path: <>\r\nFrom: x@mx.cn\r\nX-Failed-Recipients: wang@gone.cn, b@gone.cn\r\nSubject: Mail delivery failed",
            "Unrouteable address",
            "wang@gone.cn",
            BounceKind.SOFT,
        ),
        (
            "From: MAILER-DAEMON@mx.cn\r\nSubject: failure notice",
            "Hi. This is qmail.\r\n<wang@gone.cn>:\r\nIt does not like recipient.\r\nRemote host said: 451 4.7.1 try again",
            "wang@gone.cn",
            BounceKind.SOFT,
        ),
    ],
)
def test_reports_in_words(head: str, body: str, address: str, kind: BounceKind):
    found = mail(head, f"{body}\r\n\r\n--- Original ---\r\nFrom: sales@our.cn\r\nMessage-ID: <q2@our.cn>\r\n").bounce
    assert found is not None
    assert (found.failed[0].address, found.failed[0].kind) == (address, kind)
    assert found.message_id == "q2@our.cn"


def test_what_is_no_report():
    for head in (
        "From: li@x.cn\r\nSubject: 系统退信 怎么处理",
        "From: postmaster@x.cn\r\nSubject: Welcome",
        "From: li@x.cn\r\nSubject: failure notice",
    ):
        assert mail(head, "550 5.1.1 wang@gone.cn user unknown").bounce is None


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("好的，谢谢！\n\n------------------ 原始邮件 ------------------\n发件人: x\n", "好的，谢谢！"),
        ("OK\n\nOn Thu, Nov 26, 2026 at 9:00 AM Li Wei <li@x.cn> wrote:\n> a\n", "OK"),
        ("OK\n\nOn Thu, Nov 26, 2026 at 9:00 AM Li Wei\n<li@x.cn> wrote:\n> a\n", "OK"),
        ('收到\n\n在 2026-11-26 09:00:00，"李伟" <li@x.cn> 写道：\n> a', "收到"),
        ("收到。\n发件人: 李伟\n发送时间: 2026年\n收件人: 王\n主题: 报价\n\n你好", "收到。"),
        ("ok\n> quoted\nmore", "ok"),
        ("From: here on we agree.\nNothing else.", "From: here on we agree.\nNothing else."),
        ("Hello\n-- \nLi Wei\nACME", "Hello"),
        ("行\n发自我的iPhone", "行"),
        ("-----Original Message-----\nall", ""),
    ],
)
def test_own_words(text: str, own: str):
    assert own_words(text) == own


def test_a_snippet_is_one_line():
    assert snippet("a\n\n b\n> c") == "a b"
    assert snippet("> only\n> quoted") == "only quoted"
    assert len(snippet("长" * 5000)) == 200
    assert snippet("") == ""


def test_domains_that_tell_something():
    assert domain_of("a@B.Example.CN") == "b.example.cn"
    for own in ("acme.com", "mail.acme.com.cn", "x.cn"):
        assert tells_of(own)
    for nobodys in ("qq.com", "vip.163.com", "mail.qq.com", "com.cn", "cn", "co.uk", ""):
        assert not tells_of(nobodys)


def test_subjects_that_say_enough():
    assert joins_by_subject("Re: 第三季度报价单")
    assert joins_by_subject("回复：Fw: Offer 2026")
    for little in ("第三季度报价单", "Re: hi", "Re: 你好", "回复: 报价", "", "Re:"):
        assert not joins_by_subject(little)


def test_the_nearest_is_asked_first():
    assert asked_for(["a", "b", "c"], ["c"]) == ["c", "b", "a"]
    assert len(asked_for([str(n) for n in range(100)], [])) == 40
