"""What is not sent twice: a letter that its server thinks about for long, and one of which nothing had left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.factories.api import Office, opened
from tests.factories.mailing import SENT, Post, letter, opened_box, post_office, sending
from tests.factories.texting import until

from crm.notify.messaging import email
from crm.rules.messaging import email_outcomes
from crm.services.messaging import email_account_states, outbound

office = pytest.fixture(opened)


async def test_a_server_that_thinks_for_long_gets_a_letter_once(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbound, "HELD", timedelta(milliseconds=250))
    monkeypatch.setattr(email, "RENEW_SECONDS", 0.05)
    answered = Post.handle_DATA

    async def slow(self: Post, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(0.8)
        return await answered(self, server, session, envelope)

    monkeypatch.setattr(Post, "handle_DATA", slow)
    async with post_office() as post:
        box = await opened_box(office.admin, post.port)
        made = await office.admin.do("emailSend", SENT, input=letter(box))
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")
        assert len(post.letters) == 1
        assert await office.admin.ask("emailMessage", "repeated tries", id=made["id"]) == {"repeated": False, "tries": 1}


async def test_a_process_does_not_begin_again_what_it_is_sending(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Also where its hold has lapsed, since the database was away; and what was wrong with it does not end its renewals."""
    monkeypatch.setattr(outbound, "HELD", timedelta(milliseconds=200))
    monkeypatch.setattr(email, "RENEW_SECONDS", 0.05)
    renewed, renew, tried = asyncio.Event(), outbound.renew, 0
    begun, answer = asyncio.Event(), asyncio.Event()

    async def odd(*given: Any) -> None:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise ValueError("odd")
        await renew(*given)
        renewed.set()

    async def waits(_: Post, server: SMTP, session: Session, envelope: Envelope) -> str:
        begun.set()
        await answer.wait()
        return await answered(post, server, session, envelope)

    answered = Post.handle_DATA
    monkeypatch.setattr(outbound, "renew", odd)
    monkeypatch.setattr(Post, "handle_DATA", waits)
    async with post_office() as post:
        box = await opened_box(office.admin, post.port, connections=3)
        await office.admin.do("emailSend", SENT, input=letter(box))
        async with sending(office):
            await begun.wait()
            for _ in range(3):
                await office.rows("UPDATE outbound SET due_at = now() - interval '1 second'")
                await asyncio.sleep(0.1)
            await asyncio.wait_for(renewed.wait(), 2)
            held = await office.rows("SELECT tries, doubts FROM outbound")
            assert [dict(row) for row in held] == [{"tries": 1, "doubts": 0}]
            answer.set()
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")
        assert len(post.letters) == 1


async def test_a_letter_whose_attachments_cannot_be_read_now_was_not_tried(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(email_outcomes, "FIRST_WAIT", timedelta(milliseconds=20))
    monkeypatch.setattr(email_account_states, "PAUSE", timedelta(milliseconds=20))
    answer = await office.admin.client.post(
        "/files", params={"name": "a.txt"}, content=b"hello",
        headers={"Authorization": f"Bearer {office.admin.token}", "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    async with post_office() as post:
        box = await opened_box(office.admin, post.port)
        made = await office.admin.do("emailSend", SENT, input=letter(box, fileIds=[answer.json()["id"]]))
        away = 1

        async def read(_sha256: str) -> AsyncIterator[bytes]:
            nonlocal away
            if away:
                away -= 1
                raise ConnectionRefusedError
            yield b"hello"

        async with sending(office) as sender:
            monkeypatch.setattr(sender.writer.blobs, "read", read)
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT", 5)
        shown = await office.admin.ask("emailMessage", "repeated tries", id=made["id"])
        assert shown == {"repeated": False, "tries": 2}
        assert await office.value("SELECT doubts FROM email_message") == 0
        assert [part.get_content() for part in post.letters[0].iter_attachments()] == ["hello"]
