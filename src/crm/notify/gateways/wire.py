"""One connection to a switchboard: bytes that come are cut into frames, and whoever waits for an answer learns when it ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from crm.notify.cancelling import heed_cancellation
from crm.rules.customers.phone_numbers import SHORT_CODE_DIGITS

ANSWER_SECONDS = 10.0
CONNECT_SECONDS = 5.0
PING_SECONDS = 15.0
CLOSE_SECONDS = 1.0
PIECE = 64 * 1024
_EXTENSION = re.compile(r"[A-Za-z0-9_.-]+")


class BadFrame(Exception):
    """What comes is not the protocol, or what should be sent could not be told from two commands."""


class Disconnected(Exception):
    """The connection is gone. What was asked may have been done: nothing is asked again."""


class Refused(Exception):
    """The switchboard said no: nothing was done."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a switchboard listens, as whom we log in, and how it dials for people.

    `channel` is how it calls the telephone of an extension, `context` where its dialling plan finds numbers, `prefix` what it
    wants before a number outside.
    """

    host: str
    port: int
    user: str
    secret: str
    channel: str
    context: str
    prefix: str

    @classmethod
    def of(cls, url: str, *, port: int, channel: str, context: str) -> Address:
        """From an address with a user, a password and perhaps `?channel=…&context=…&prefix=…`, and what holds without them."""
        parts = urlsplit(url)
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return cls(
            parts.hostname or "localhost", parts.port or port, unquote(parts.username or ""), unquote(parts.password or ""),
            given.get("channel", channel), given.get("context", context), given.get("prefix", ""),
        )  # fmt: skip

    def telephone(self, extension: str) -> str:
        """What rings the telephone of an extension. It becomes part of a command, so it is a plain word."""
        if not _EXTENSION.fullmatch(extension):
            raise BadFrame(f"No telephone is called by the extension {extension!r}.")
        return self.channel.replace("{extension}", extension)

    def prefixed(self, digits: str) -> str:
        """What is dialled for digits; numbers inside have no prefix."""
        return f"{self.prefix}{digits}" if len(digits) > SHORT_CODE_DIGITS else digits


F_co = TypeVar("F_co", covariant=True)
F = TypeVar("F")


class Cutter(Protocol[F_co]):
    """Takes bytes as they come, and gives back whole frames."""

    def feed(self, piece: bytes) -> Iterator[F_co]:
        """The frames that are complete with this piece. Raises `BadFrame`."""


class Wire(Generic[F]):
    """A connection that is read from its beginning on. `on_frame` is called for each frame, in order, and must not wait."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cutter: Cutter[F], on_frame: Callable[[F], None]
    ) -> None:
        self._reader, self._writer, self._cutter, self._on_frame = reader, writer, cutter, on_frame
        self._waiting: set[asyncio.Future[F]] = set()
        self._reading = asyncio.create_task(self._read(), name="switchboard")

    @classmethod
    async def open(cls, address: Address, cutter: Cutter[F], on_frame: Callable[[F], None]) -> Wire[F]:
        """Connect. Raises `OSError` or `TimeoutError`."""
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(address.host, address.port, limit=PIECE)
        return cls(reader, writer, cutter, on_frame)

    def promise(self) -> asyncio.Future[F]:
        """What an answer will be put into; it fails with `Disconnected` when the connection ends."""
        if self._reading.done():
            raise self._why()
        answer: asyncio.Future[F] = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)
        answer.add_done_callback(self._waiting.discard)
        return answer

    def send(self, command: bytes) -> None:
        """Send it; what the peer does not take waits in memory, until it does not answer in time."""
        self._writer.write(command)

    async def answered(self, answer: asyncio.Future[F], what: str) -> F:
        """Wait for an answer, but not for ever."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise Disconnected(f"The switchboard does not answer {what}.") from None

    async def ended(self, ping: Callable[[], Awaitable[object]]) -> None:
        """Wait for the end of the connection, asking now and then whether anybody is there. Always raises: why it ended."""
        while True:
            done, _ = await asyncio.wait({self._reading}, timeout=PING_SECONDS)
            if done:
                raise self._why()
            await ping()

    async def close(self) -> None:
        """End it; what waits for answers fails."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._reading
        self._writer.close()
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._writer.wait_closed()
        heed_cancellation()

    async def _read(self) -> None:
        why: Exception = Disconnected("The switchboard closed the connection.")
        try:
            while piece := await self._reader.read(PIECE):
                for frame in self._cutter.feed(piece):
                    self._on_frame(frame)
        except BadFrame as error:
            why = error
            raise
        finally:
            for answer in list(self._waiting):
                if not answer.done():
                    answer.set_exception(why)
                    answer.exception()  # whoever waited may be gone as well

    def _why(self) -> Exception:
        error = None if self._reading.cancelled() else self._reading.exception()
        if isinstance(error, BadFrame):
            return error
        return Disconnected(f"The connection broke: {error}." if error else "The switchboard closed the connection.")
