"""Short messages as tests use them: an HTTP gateway on loopback that can be killed at any step, an office that sends by it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import h11
import orjson
from tests.conftest import make_settings
from tests.factories.api import Api, Office

from crm.core.signing import signature
from crm.notify.messaging import sms
from crm.notify.messaging.outbound import Outgoing

SECRET = "a secret of the provider"
STEPS = ("connect", "headers", "body", "taken", "half an answer", "answer")
"""Where it can be killed: as somebody connects, halfway through the request, once it has the message, in its answer, after it."""


@dataclass
class Gateway:
    """A provider's side. One request of `every` so many kills it, `deaths` times in all, at each of the `steps` in its turn."""

    deaths: int = 0
    steps: tuple[str, ...] = STEPS
    every: int = 2
    requests: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _server: asyncio.Server | None = None
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/send"

    async def open(self) -> None:
        async with self._door:
            if self._server is None:
                await self._open()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """As a killed process: the port closes and every connection breaks off."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            with suppress(Exception):
                writer.transport.abort()
        self._writers.clear()

    def _next(self) -> str | None:
        """At which step this request kills it."""
        self.requests += 1
        done = self.kills.total()
        return self.steps[done % len(self.steps)] if done < self.deaths and self.requests % self.every == 0 else None

    async def _killed(self, step: str, now: str | None) -> bool:
        if step != now:
            return False
        self.kills[step] += 1
        await self.kill()
        asyncio.get_running_loop().call_later(0.02, lambda: asyncio.ensure_future(self.open()))
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        talk = h11.Connection(h11.SERVER)
        with suppress(ConnectionError, asyncio.CancelledError, h11.ProtocolError):
            while await self._one(reader, writer, talk):
                talk.start_next_cycle()
        self._writers.discard(writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: h11.Connection) -> bool:
        """One request; whether another may follow on this connection."""
        told, body, now = {}, b"", None
        begun = False
        while True:
            event = talk.next_event()
            if event is h11.NEED_DATA:
                data = await reader.read(200)
                if not data and not begun:
                    return False
                if not begun:
                    begun, now = True, self._next()
                    if await self._killed("connect", now):
                        return False
                talk.receive_data(data)
            elif isinstance(event, h11.Request):
                told = {name.decode(): value.decode() for name, value in event.headers}
                if await self._killed("headers", now):
                    return False
            elif isinstance(event, h11.Data):
                body += event.data
                if await self._killed("body", now):
                    return False
            else:
                return isinstance(event, h11.EndOfMessage) and await self._answer(writer, talk, told, body, now)

    async def _answer(
        self, writer: asyncio.StreamWriter, talk: h11.Connection, told: dict[str, str], body: bytes, now: str | None
    ) -> bool:
        stamp = told["x-crm-timestamp"]
        assert told["x-crm-signature"] == signature(SECRET, stamp, body)
        assert abs(int(stamp) - time.time()) < 30
        given = orjson.loads(body)
        status, answer, headers = self.answers.pop(0) if self.answers else (202, {}, {})
        if status < 300:
            self.taken.append(given)
            self.headers.append(told)
            answer = answer or {"ids": [f"p{len(self.taken)}-{part}" for part in range(given["segments"])]}
        if await self._killed("taken", now):
            return False
        content = orjson.dumps(answer)
        sent = (
            talk.send(h11.Response(status_code=status, headers=[("content-length", str(len(content))), *headers.items()])) or b""
        )
        sent += (talk.send(h11.Data(data=content)) or b"") + (talk.send(h11.EndOfMessage()) or b"")
        if now == "half an answer":
            writer.write(sent[:-3])
            await writer.drain()
            await self._killed("half an answer", now)
            return False
        writer.write(sent)
        await writer.drain()
        await self._killed("answer", now)
        return now is None


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway on a free port of loopback."""
    made = Gateway()
    await made.open()
    try:
        yield made
    finally:
        await made.kill()
        await asyncio.sleep(0)


async def account(office: Office, url: str, **values: Any) -> str:
    """A primary account that sends by this gateway."""
    given = {
        "code": "peer", "name": "测试通道", "driver": "HTTP", "url": url, "secret": SECRET, "signature": "江南科技",
        "primary": True, "perSecond": 1000, "segmentPrice": "0.05", "optOutText": "拒收请回复R", **values,
    }  # fmt: skip
    made = await office.admin.do("smsAccountCreate", "smsAccount { id }", input=given)
    return str(made["id"])


def settings(office: Office, **others: Any) -> Any:
    folder = others.pop("data_dir", None) or Path(mkdtemp())
    return make_settings(office.database, folder, **{"private_peers": True, **others})


@asynccontextmanager
async def sending(office: Office, **others: Any) -> AsyncIterator[sms.SmsSender]:
    """The sending side runs, for as long as the block lasts."""
    sender = sms.SmsSender(office.database, settings(office, **others))
    task = asyncio.create_task(Outgoing(office.database, sender).run())
    try:
        yield sender
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(office: Office, sql: str, reached: Callable[[Any], bool], seconds: float = 20) -> Any:
    """Wait until the value of a statement is as it should be."""
    found = None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not reached(found := await office.value(sql)):
                await asyncio.sleep(0.01)
    assert reached(found), found
    return found


async def code_template(office: Office, text: str) -> str:
    """A template for codes, which reach also those who want no other messages."""
    given = {"name": f"验证码 {text}", "category": "CODE", "text": text}
    return str((await office.admin.do("smsTemplateCreate", "smsTemplate { id }", input=given))["id"])


async def contact(who: Api, name: str, *numbers: str, party: str | None = None, **values: Any) -> dict[str, Any]:
    """A contact at a customer, with numbers."""
    if party is None:
        party = (await who.do("customerCreate", "customer { id }", input={"name": f"{name}的公司"}))["id"]
    given = {"partyId": party, "name": name, "phoneNumbers": [{"raw": number} for number in numbers], **values}
    made = await who.do("contactCreate", "contact { id party { id name } }", input=given)
    return dict(made)
