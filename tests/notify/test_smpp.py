"""The SMPP driver against a message centre of the library: parts that join, receipts, replies, a centre that goes away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.factories.api import Office, opened
from tests.factories.texting import account, contact, sending, settings, until

from crm.notify.gateways.sms import smpp
from crm.notify.gateways.sms.driver import Text, Way
from crm.notify.gateways.sms.smpp import SmppDriver
from crm.notify.messaging import sms
from crm.rules.messaging.sending import Result
from crm.rules.messaging.sms_text import parts_of
from crm.services.messaging import sms_replies
from crm.services.messaging.outbound import HELD

smpp34: Any = pytest.importorskip("smpp34")
office = pytest.fixture(opened)
SEND = "smsMessage { id state segments encoding }"


@dataclass
class Centre:
    """A message centre: takes what comes, by default, and says what it took."""

    port: int
    taken: list[Any] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    esme: Any = None
    server: Any = None
    _task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self.server = smpp34.Server("127.0.0.1", self.port, system_id="centre")
        await self.server.start()
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            event = await self.server.next()
            if isinstance(event, smpp34.Esme):
                self.esme = event
            elif isinstance(event, smpp34.SubmitSmEvent):
                status = self.answers.pop(0) if self.answers else 0
                if status:
                    event.reject(status)
                else:
                    self.taken.append(event)
                    event.accept(f"m{len(self.taken)}")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.server.stop()

    async def bound(self) -> Any:
        async with asyncio.timeout(10):
            while self.esme is None:
                await asyncio.sleep(0.01)
        return self.esme

    async def report(self, name: str, state: str) -> None:
        await self.esme.deliver_sm("", f"id:{name} sub:001 dlvrd:001 stat:{state} err:000".encode(), esm_class=4)


@asynccontextmanager
async def centre() -> AsyncIterator[Centre]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Centre(free.getsockname()[1])
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def _unheard(_report: Any) -> None:
    raise AssertionError("nobody reports anything")


def driver(peer: Centre, heard: Any = _unheard, *, scheme: str = "smpp", private: bool = True) -> SmppDriver:
    return SmppDriver(Way("SMPP", f"{scheme}://crm@localhost:{peer.port}", "pw", None, Path(), private), heard)


def text_of(words: str) -> Text:
    return Text(UUID(int=1), "+8613800138000", words, tuple(parts_of(words)), "UCS2", "NOTICE", None, repeat=False)


@pytest.mark.parametrize("scheme", ["smpp", "smpps"])
async def test_a_centre_in_a_private_network_hears_nothing_unless_that_is_allowed(scheme: str):
    async with centre() as peer:
        sender = driver(peer, scheme=scheme, private=False)
        outcome = await sender.send(text_of("中"))
        assert outcome.result is Result.NOT_SENT
        assert outcome.detail == "localhost is an address of a private network, which CRM_PRIVATE_PEERS does not allow"
        assert (peer.esme, peer.taken) == (None, [])


async def test_no_part_is_sent_again_where_the_centre_said_what_became_of_it(monkeypatch):
    monkeypatch.setattr(smpp, "PATIENCE", timedelta(milliseconds=1))
    async with centre() as peer:
        sender, text = driver(peer), text_of("中" * 140)
        for answers, result, parts in (
            ([0, smpp34.ESME_RTHROTTLED, smpp34.ESME_RMSGQFUL, 0, smpp34.ESME_RTHROTTLED], Result.ACCEPTED, [1, 2, 3]),
            ([smpp34.ESME_RTHROTTLED], Result.THROTTLED, []),
            ([0, smpp34.ESME_RINVDSTADR], Result.REJECTED, [1]),
        ):
            peer.answers = list(answers)
            outcome = await sender.send(text)
            assert (outcome.result, [bytes(each.short_message)[5] for each in peer.taken]) == (result, parts)
            assert len(outcome.provider_ids) == (3 if result is Result.ACCEPTED else 0)
            peer.taken.clear()
        # A centre that asks for patience for ever gets it as long as the claim of the message lasts, and no longer.
        monkeypatch.setattr(smpp, "PARTS_SECONDS", 0.1)
        peer.answers = [0, *[smpp34.ESME_RTHROTTLED] * 1000]
        outcome = await sender.send(text)
        assert (outcome.result, outcome.detail) == (Result.DOUBTFUL, "1 of 3 parts were taken in time")
        await sender.close()


def test_a_try_ends_before_its_claim_does():
    assert timedelta(seconds=smpp.BIND_SECONDS + smpp.PARTS_SECONDS + 3 * smpp.FORGET_SECONDS) < HELD


async def test_a_reply_is_heard_before_anything_is_sent_and_also_while_the_database_is_away(office: Office, monkeypatch):
    """The centre has been answered when we hear of it, so it will not tell it again."""
    failures = [asyncpg.DeadlockDetectedError("victim"), asyncpg.CannotConnectNowError("starting"), OSError("away")]
    receive_all = sms_replies.receive_all

    async def failing(*given: Any) -> int:
        if failures:
            raise failures.pop(0)
        return await receive_all(*given)

    monkeypatch.setattr(sms_replies, "receive_all", failing)
    monkeypatch.setattr(sms, "PAUSE_AFTER_FAILURE", 0.01)
    monkeypatch.setattr(sms, "LISTEN_SECONDS", 0.01)
    async with centre() as peer:
        await account(office, f"smpp://crm@127.0.0.1:{peer.port}", driver="SMPP", secret="pw")
        running = asyncio.create_task(sms.run(office.database, settings(office)))
        try:
            reply = {"source_addr": "8613800138000", "source_addr_ton": 1}
            await (await peer.bound()).deliver_sm("10690000", b"TD", **reply)
            await until(office, "SELECT count(*) FROM sms_opt_out", lambda count: count == 1)
            # The line breaks off: it is made again, with nothing to send.
            peer.esme, lost = None, peer.esme
            await lost.unbind()
            # And what was answered when we stop is written down before we are gone.
            await (await peer.bound()).deliver_sm("10690000", b"hello", **reply)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert await office.value("SELECT count(*) FROM sms_message WHERE text = 'hello'") == 1
        assert failures == []


async def test_a_message_goes_out_in_parts_and_its_receipts_and_replies_come_back(office: Office):
    async with centre() as peer, sending(office):
        url = f"smpp://crm:pw@127.0.0.1:{peer.port}"
        await account(office, url, driver="SMPP", sender="10690000", signature=None)
        person = await contact(office.admin, "王芳", "13800138000")
        text = "中" * 66 + "😀" + "文" * 10
        made = await office.admin.do("smsMessageSend", SEND, input={"contactId": person["id"], "text": text})
        assert (made["segments"], made["encoding"]) == (2, "UCS2")
        await until(office, "SELECT state FROM sms_message", lambda state: state == "SUBMITTED")
        assert [each.destination_addr for each in peer.taken] == ["8613800138000"] * 2
        assert [each.source_addr for each in peer.taken] == ["10690000"] * 2
        bodies = [bytes(each.short_message) for each in peer.taken]
        assert [body[:3] + body[4:6] for body in bodies] == [bytes((5, 0, 3, 2, part)) for part in (1, 2)]
        assert bodies[0][3] == bodies[1][3]
        assert "".join(body[6:].decode("utf-16-be") for body in bodies) == text
        assert {(each.data_coding, each.esm_class, each.registered_delivery) for each in peer.taken} == {(8, 0x40, 1)}
        await peer.report("m1", "DELIVRD")
        await peer.report("m1", "DELIVRD")
        await peer.report("m2", "DELIVRD")
        await until(office, "SELECT state FROM sms_message", lambda state: state == "DELIVERED")
        await peer.esme.deliver_sm("10690000", "好的".encode("utf-16-be"), source_addr="8613800138000", source_addr_ton=1,
                                   data_coding=8)  # fmt: skip
        await until(office, "SELECT count(*) FROM sms_message WHERE direction = 'INBOUND'", lambda count: count == 1)
        reply = await office.admin.ask("smsMessages", "nodes { text party { id } }", filter={"direction": {"eq": "INBOUND"}})
        assert reply["nodes"] == [{"text": "好的", "party": {"id": person["party"]["id"]}}]


async def test_a_centre_that_refuses_throttles_or_goes_away(office: Office, monkeypatch):
    monkeypatch.setattr(smpp, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(smpp, "PATIENCE", timedelta(milliseconds=20))
    async with centre() as peer:
        url = f"smpp://crm@127.0.0.1:{peer.port}"
        await account(office, url, driver="SMPP", signature=None, secret="pw")
        peer.answers = [smpp34.ESME_RTHROTTLED, smpp34.ESME_RINVDSTADR]
        await office.admin.do("smsMessageSend", SEND, input={"number": "13800138000", "text": "a"})
        async with sending(office):
            await until(office, "SELECT state FROM sms_message", lambda state: state == "FAILED")
            assert await office.value("SELECT detail FROM sms_message") == "command status 0x0000000b"
            await peer.close()
            await office.admin.do("smsMessageSend", SEND, input={"number": "13800138001", "text": "b"})
            tried = "SELECT max(detail) FROM sms_message WHERE state = 'QUEUED'"
            assert await until(office, tried, lambda told: told is not None)
            await peer.open()
            await office.rows("UPDATE outbound SET due_at = now()")
            await office.rows("UPDATE sms_account SET next_at = NULL")
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
        assert [bytes(each.short_message) for each in peer.taken] == [b"b"]
