"""What a mail server may say, in whatever words: each answer is kept, and none keeps others from theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.factories.mailing import served

from crm.notify.gateways.smtp_peer import Login, SmtpPeer
from crm.notify.messaging.outbound import Outgoing
from crm.rules.messaging.email_outcomes import Delivered
from crm.rules.messaging.mail_hosts import MailSecurity
from crm.rules.messaging.sending import Medium, Outcome, Result


async def told(**answers: bytes) -> Delivered:
    """What comes of a message to a server that answers these to its commands; `END`: after the content."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().strip():
                verb = line.split(" ")[0].upper()
                answer = answers.get(verb, b"354 go" if verb == "DATA" else b"250 OK")
                writer.write(answer + b"\r\n")
                if answer.startswith(b"354"):
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(answers.get("END", b"250 taken") + b"\r\n")
        writer.close()

    async with served(serve) as port:
        peer = SmtpPeer(Login("127.0.0.1", port, MailSecurity.NONE, None, None, private=True, connections=1))
        try:
            return await peer.deliver("a@x.example", ["b@x.example"], b"Subject: x\r\n\r\nx\r\n")
        finally:
            await peer.close()


@pytest.mark.parametrize(
    ("words", "kept"),
    [("用户不存在".encode("gbk"), "用户不存在"), ("用户不存在".encode(), "用户不存在"), (b"a\x00b", "ab"), (b"\xff\xfa", "ÿú")],
)
async def test_words_of_a_server_can_be_written_down(words: bytes, kept: str):
    refused = await told(RCPT=b"550 " + words)
    assert (refused.result, refused.answers["b@x.example"].text, refused.detail) == (Result.REJECTED, kept, f"550 {kept}")
    later = await told(END=b"451 " + words)
    assert (later.result, later.answers["b@x.example"].text) == (Result.THROTTLED, kept)
    sender = await told(MAIL=b"550 " + words)
    assert (sender.login, sender.detail) == (True, f"550 {kept}")


@pytest.mark.parametrize("odd", [b"what?", b"354 go on", b"251 elsewhere", b"250 " + b"x" * 10_000])
async def test_an_answer_that_makes_no_sense_is_no_delivery(odd: bytes):
    for answers in ({"END": odd}, {"DATA": odd} if not odd.startswith(b"354") else {"END": odd}):
        given = await told(**answers)
        assert (given.result, given.answers) == (Result.DOUBTFUL, {}), answers
    if not odd.startswith(b"25"):
        assert (await told(RCPT=odd)).result is Result.NOT_SENT


@dataclass(frozen=True)
class Sent:
    account_id: UUID
    name: str


class Pen:
    """A medium with two messages to send. Of one what came of it cannot be written; once the database chooses a victim."""

    medium = Medium.EMAIL

    def __init__(self) -> None:
        self.waiting = [Sent(uuid4(), name) for name in ("odd", "good")]
        self.written: list[str] = []
        self.passing = [asyncpg.DeadlockDetectedError("deadlock detected")]
        self.done = asyncio.Event()

    async def next_due(self, database: Any, full: Collection[UUID]) -> datetime | None:
        return None

    async def take(self, database: Any, most: int, flying: Mapping[UUID, int]) -> Sequence[Sent]:
        taken, self.waiting = self.waiting, []
        return taken

    async def send(self, letter: Sent) -> Outcome:
        return Outcome(Result.ACCEPTED)

    async def settle(self, database: Any, ended: Sequence[tuple[Sent, Outcome]]) -> None:
        if any(letter.name == "odd" for letter, _ in ended):
            raise UnicodeEncodeError("utf-8", "\udcd3", 0, 1, "surrogates not allowed")
        if self.passing:
            raise self.passing.pop()
        self.written += [letter.name for letter, _ in ended]
        self.done.set()

    async def close(self) -> None:
        pass


async def test_an_end_that_cannot_be_written_keeps_no_other_from_it(monkeypatch):
    monkeypatch.setattr("crm.notify.messaging.outbound.PAUSE_AFTER_FAILURE", 0)
    pen = Pen()

    outgoing = Outgoing(SimpleNamespace(bells=set()), pen)  # type: ignore[arg-type]
    task = asyncio.create_task(outgoing.run())
    try:
        await asyncio.wait_for(pen.done.wait(), 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert pen.written == ["good"]
    assert outgoing._ended == []
