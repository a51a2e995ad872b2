"""An HTTP client for gateways, small because it has to know one thing exactly: whether a request can have reached its peer.

Nothing of a request is sent before its connection stands, so what fails until then was not sent. From the first byte on, anything
but a complete answer leaves it open.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import h11

from crm.notify.gateways.peers import Forbidden, addresses_of, first_of

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
LARGEST_ANSWER = 64 * 1024
KEPT = 8
"""Connections that are kept for the next request."""


class NotSent(Exception):
    """Nothing of the request left this process."""


class Unanswered(Exception):
    """It was sent, wholly or in part, and no complete answer came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Line:
    """One connection and where its conversation stands."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    talk: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT, LARGEST_ANSWER))

    @property
    def usable(self) -> bool:
        return not self.reader.at_eof() and not self.writer.is_closing() and self.talk.our_state is h11.IDLE


class Poster:
    """POSTs to one address. Without `private` it goes to no address of a private network, whatever its name resolves to."""

    def __init__(self, url: str, *, private: bool) -> None:
        self.parts: SplitResult = urlsplit(url)
        self.private = private
        self.port = self.parts.port or (443 if self.parts.scheme == "https" else 80)
        self.target = (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")
        self._idle: list[_Line] = []
        self._closed = False

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The peer's answer. `NotSent` or `Unanswered` where there is none; redirects are answers like any other."""
        request = self._request(body, headers)
        line = await self._line()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._ask(line, request, body)
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.IncompleteReadError) as error:
            line.writer.close()
            raise Unanswered(f"no answer came ({type(error).__name__})") from error
        except BaseException:
            line.writer.close()
            raise
        self._give_back(line)
        return answer

    async def close(self) -> None:
        """Close what is kept; what is on its way is closed when it comes back."""
        self._closed = True
        while self._idle:
            self._idle.pop().writer.close()

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if line.usable:
                return line
            line.writer.close()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                addresses = await addresses_of(self.parts.hostname or "", self.port, private=self.private)
            return await first_of(addresses, CONNECT_SECONDS, self._connect)
        except Forbidden as error:
            raise NotSent(str(error)) from None
        except (OSError, TimeoutError, ValueError) as error:
            # ValueError, too: that is what a name is answered with that cannot be one.
            raise NotSent(f"{self.parts.hostname}:{self.port} cannot be reached ({type(error).__name__})") from error

    async def _connect(self, address: str) -> _Line:
        """To the very address that was judged: a name that is asked twice may answer differently the second time."""
        context = ssl.create_default_context() if self.parts.scheme == "https" else None
        named = self.parts.hostname if context is not None else None
        reader, writer = await asyncio.open_connection(address, self.port, ssl=context, server_hostname=named)
        return _Line(reader, writer)

    def _request(self, body: bytes, headers: Mapping[str, str]) -> h11.Request:
        """Before there is a line: what cannot be written as a request was not sent."""
        own = [("host", self.parts.netloc.rpartition("@")[2]), ("content-length", str(len(body))), ("user-agent", "crm")]
        try:
            return h11.Request(method="POST", target=self.target, headers=[*own, *headers.items()])
        except (ValueError, h11.LocalProtocolError) as error:
            raise NotSent(f"the address cannot be written in a request ({type(error).__name__})") from error

    async def _ask(self, line: _Line, request: h11.Request, body: bytes) -> Answer:
        sent = [line.talk.send(part) for part in (request, h11.Data(data=body), h11.EndOfMessage())]
        line.writer.write(b"".join(part for part in sent if part is not None))
        await line.writer.drain()
        return await self._read(line)

    async def _read(self, line: _Line) -> Answer:
        response, body = None, bytearray()
        while True:
            event = line.talk.next_event()
            if event is h11.NEED_DATA:
                line.talk.receive_data(await line.reader.read(16 * 1024))
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LARGEST_ANSWER:
                    raise h11.RemoteProtocolError("the answer is too large")
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                told = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
                return Answer(response.status_code, told, bytes(body))
            elif isinstance(event, h11.ConnectionClosed):
                raise h11.RemoteProtocolError("closed")

    def _give_back(self, line: _Line) -> None:
        done = line.talk.our_state is h11.DONE and line.talk.their_state is h11.DONE
        if done and not self._closed and len(self._idle) < KEPT:
            line.talk.start_next_cycle()
            self._idle.append(line)
        else:
            line.writer.close()
