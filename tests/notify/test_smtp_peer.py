"""What a mail server may say, in whatever words: each answer is kept, and none keeps others from theirs."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiosmtplib.protocol import SMTPProtocol
from tests.factories.mailing import served

from crm.config import Settings
from crm.notify.gateways import smtp_delivery, smtp_line
from crm.notify.gateways.smtp_delivery import Patience
from crm.notify.gateways.smtp_line import Login
from crm.notify.gateways.smtp_peer import SmtpPeer
from crm.notify.messaging import email
from crm.notify.messaging.outbound import Outgoing
from crm.rules.messaging.email_outcomes import Delivered
from crm.rules.messaging.mail_hosts import MailSecurity
from crm.rules.messaging.sending import Medium, Outcome, Result


class Server:
    """Answers these to its commands; `END`: after the content, which it thinks about for some seconds. None: it hangs up."""

    def __init__(self, thinks: float = 0, **answers: bytes | None) -> None:
        self.thinks, self.answers = thinks, answers
        self.content, self.open, self.goodbyes = b"", 0, 0
        self.thinking = asyncio.Event()

    async def recipient(self, address: str) -> bool:
        """Whether anything is said about them."""
        return True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        self.open += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().strip():
                verb = line.split(" ")[0].upper()
                self.goodbyes += verb == "QUIT"
                if verb == "RCPT" and not await self.recipient(line.partition("<")[2].partition(">")[0]):
                    continue
                answer = self.answers.get(verb, b"354 go" if verb == "DATA" else b"250 OK")
                if answer is None:
                    break
                writer.write(answer + b"\r\n")
                if answer.startswith(b"354"):
                    self.content = await reader.readuntil(b"\r\n.\r\n")
                    self.thinking.set()
                    await asyncio.sleep(self.thinks)
                    writer.write((self.answers.get("END") or b"250 taken") + b"\r\n")
        self.open -= 1
        writer.close()


def peer_at(port: int) -> SmtpPeer:
    return SmtpPeer(Login("127.0.0.1", port, MailSecurity.NONE, None, None, private=True, connections=1))


CONTENT = b"Subject: x\r\n\r\nx\r\n"


async def told(**answers: bytes | None) -> Delivered:
    """What comes of a message to such a server."""
    async with served(Server(**answers).serve) as port:
        peer = peer_at(port)
        try:
            return await peer.deliver("a@x.example", ["b@x.example"], CONTENT)
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
    given = await told(END=odd)
    assert (given.result, given.answers) == (Result.DOUBTFUL, {})
    if not odd.startswith(b"25"):
        assert (await told(RCPT=odd)).result is Result.NOT_SENT
    if not odd.startswith(b"354"):
        given = await told(DATA=odd)
        assert (given.result, given.answers) == (Result.NOT_SENT, {})


async def test_what_is_said_before_the_content_is_no_doubt():
    assert (await told(DATA=None)).result is Result.NOT_SENT
    for said, result in ((b"451 busy", Result.THROTTLED), (b"554 no", Result.REJECTED)):
        given = await told(DATA=said)
        assert (given.result, given.answers["b@x.example"].code) == (result, int(said[:3]))


@pytest.mark.parametrize("broken", [{"DATA": None}, {"END": b"what?"}, {"MAIL": b"what?"}])
async def test_what_fails_lets_go_of_the_content(broken: dict[str, bytes | None]):
    """Without the collector, which may take a quarter of an hour: a content may be 50 MB."""
    content = CONTENT * 1000
    held = sys.getrefcount(content)
    gc.disable()
    try:
        async with served(Server(**broken).serve) as port:
            peer = peer_at(port)
            assert (await peer.deliver("a@x.example", ["b@x.example"], content)).result is not Result.ACCEPTED
            await peer.close()
        assert sys.getrefcount(content) == held
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n.\r\n"), (b".\r\n", b"..\r\n.\r\n"),
        (b"a\n.\nb\r.\r\n.\r", b"a\r\n..\r\nb\r\n..\r\n..\r\n.\r\n"), (b"a", b"a\r\n.\r\n"),
    ],
)  # fmt: skip
async def test_no_line_of_the_content_ends_it(content: bytes, wire: bytes):
    server = Server()
    async with served(server.serve) as port:
        peer = peer_at(port)
        assert (await peer.deliver("a@x.example", ["b@x.example"], content)).result is Result.ACCEPTED
        await peer.close()
    assert server.content == wire


def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_line, "SECONDS", 0.1)
    monkeypatch.setattr(smtp_delivery, "SECONDS", 0.1)
    monkeypatch.setattr(smtp_delivery, "OVERALL", 0.2)


async def test_a_large_content_goes_in_slices_with_turns_for_others_between(monkeypatch):
    """None is over 150 KB, and what waits in the connection is bounded: the server reads slowly."""
    content = (b"a" * 70 + b"\r\n.b\r\n") * 40_000
    written, waiting, turns = list[int](), list[int](), 0
    write = SMTPProtocol.write

    def noted(self: SMTPProtocol, data: bytes) -> None:
        nonlocal turns
        write(self, data)
        if len(data) > 1000:
            written.append(len(data))
            waiting.append(self.transport.get_write_buffer_size())  # type: ignore[union-attr]
            asyncio.get_running_loop().call_soon(turn)

    def turn() -> None:
        nonlocal turns
        turns += 1
        assert turns == len(written), "one slice after the other, and nobody's turn between"

    monkeypatch.setattr(SMTPProtocol, "write", noted)
    server = Server()
    async with served(server.serve, limit=2**23) as port:
        peer = peer_at(port)
        assert (await peer.deliver("a@x.example", ["b@x.example"], content)).result is Result.ACCEPTED
        await peer.close()
    assert server.content == content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    assert max(written) < 150_000
    assert turns == len(written) > 20
    assert max(waiting) < 300_000


async def test_what_is_said_before_the_content_ends_is_heard():
    """Too much, says a server, and hangs up: that is a refusal, and no doubt."""

    async def full(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        with suppress(ConnectionError):
            while line := (await reader.readline()).decode().strip():
                writer.write(b"354 go\r\n" if line == "DATA" else b"250 OK\r\n")
                if line == "DATA":
                    await reader.read(100_000)
                    writer.write(b"552 too much\r\n")
                    await writer.drain()
                    while await reader.read(100_000):
                        pass
        writer.close()

    async with served(full) as port:
        peer = peer_at(port)
        given = await peer.deliver("a@x.example", ["b@x.example"], (b"a" * 70 + b"\r\n") * 100_000)
        assert (given.result, given.answers["b@x.example"].code) == (Result.REJECTED, 552)
        await peer.close()


async def test_the_last_answer_is_waited_for_longer_than_any_other(monkeypatch):
    short(monkeypatch)
    async with served(Server(thinks=0.4).serve) as port:
        peer = peer_at(port)
        assert (await peer.deliver("a@x.example", ["b@x.example"], CONTENT, Patience(0.1, 0, 5))).result is Result.ACCEPTED
        assert (await peer.deliver("a@x.example", ["b@x.example"], CONTENT, Patience(0.1, 0, 0.1))).result is Result.DOUBTFUL
        await peer.close()


class Slow(Server):
    """Takes its time for each recipient, and says nothing about some."""

    def __init__(self, silent: Collection[str] = (), seconds: float = 0) -> None:
        super().__init__()
        self.silent, self.seconds, self.asked = silent, seconds, list[str]()

    async def recipient(self, address: str) -> bool:
        self.asked.append(address)
        await asyncio.sleep(self.seconds)
        return address not in self.silent


async def test_the_time_grows_with_the_recipients(monkeypatch):
    short(monkeypatch)
    async with served(Slow(seconds=0.01).serve) as port:
        peer = peer_at(port)
        many = [f"{number}@x.example" for number in range(40)]
        assert (await peer.deliver("a@x.example", many, CONTENT, Patience(0.1, 0.05, 1))).result is Result.ACCEPTED
        assert (await peer.deliver("a@x.example", many, CONTENT, Patience(0.1, 0, 1))).result is Result.NOT_SENT
        await peer.close()


async def test_one_recipient_of_whom_nothing_is_said_keeps_nobody_from_theirs(monkeypatch):
    """The connection is out of step then; the others get it by another one."""
    short(monkeypatch)
    server = Slow(silent=("b@x.example",))
    async with served(server.serve) as port:
        peer = peer_at(port)
        people = ["a@x.example", "b@x.example", "c@x.example"]
        given = await peer.deliver("a@x.example", people, CONTENT, Patience(0.1, 1, 1))
        assert (given.result, {key: given.answers[key].code for key in people}) == (
            Result.THROTTLED, {"a@x.example": 250, "b@x.example": 450, "c@x.example": 250},
        )  # fmt: skip
        assert server.asked == ["a@x.example", "b@x.example", "a@x.example", "c@x.example"]
        assert server.content.startswith(CONTENT)
        # One that says nothing about anybody is away.
        given = await peer.deliver("a@x.example", ["b@x.example"], CONTENT, Patience(0.1, 1, 1))
        assert (given.result, given.answers) == (Result.NOT_SENT, {})
        await peer.close()


async def test_a_connection_in_use_is_closed_when_it_is_done():
    server = Server(thinks=0.05)
    async with served(server.serve) as port:
        peer = peer_at(port)
        sending = asyncio.create_task(peer.deliver("a@x.example", ["b@x.example"], CONTENT))
        await server.thinking.wait()
        await peer.close()
        assert (await sending).result is Result.ACCEPTED
        assert server.goodbyes == 1


async def test_of_two_that_find_a_mailbox_changed_one_makes_its_peer(monkeypatch):
    """Or the other's would be forgotten with its connections, and never closed."""
    made: list[Noted] = []

    class Noted(SmtpPeer):
        closed = 0

        def __init__(self, login: Login) -> None:
            super().__init__(login)
            made.append(self)

        async def close(self) -> None:
            await asyncio.sleep(0)
            self.closed += 1

    monkeypatch.setattr(email, "SmtpPeer", Noted)
    sender = email.EmailSender(None, Settings(_env_file=None))  # type: ignore[arg-type]
    account = {
        "id": uuid4(), "address": "a@x.example", "smtp_host": "one.example", "smtp_port": 25, "smtp_security": "NONE",
        "smtp_user": None, "sealed_smtp_secret": None, "connections": 1,
    }  # fmt: skip
    await sender._peer(account)
    one, two = await asyncio.gather(*(sender._peer({**account, "smtp_host": "two.example"}) for _ in range(2)))
    assert one is two
    await sender.close()
    assert [each.closed for each in made] == [1, 1]


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
        self.lost: list[str] = []
        self.passing = [asyncpg.DeadlockDetectedError("deadlock detected")]
        self.done = asyncio.Event()

    async def next_due(self, database: Any, full: Collection[UUID]) -> datetime | None:
        return None

    async def take(self, database: Any, most: int, flying: Collection[Sent]) -> Sequence[Sent]:
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

    async def lose(self, database: Any, letter: Sent) -> None:
        self.lost.append(letter.name)

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
    assert (pen.written, pen.lost) == (["good"], ["odd"])
    assert outgoing._ended == []


async def test_what_is_due_and_nobody_may_take_is_not_asked_for_all_the_time():
    """Another process holds it, or its mailbox has no connection left."""
    asked = 0

    class Busy(Pen):
        async def next_due(self, database: Any, full: Collection[UUID]) -> datetime | None:
            nonlocal asked
            asked += 1
            return datetime.now(UTC) - timedelta(seconds=1)

        async def take(self, database: Any, most: int, flying: Collection[Sent]) -> Sequence[Sent]:
            return []

    task = asyncio.create_task(Outgoing(SimpleNamespace(bells=set()), Busy()).run())  # type: ignore[arg-type]
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert 2 <= asked <= 8
