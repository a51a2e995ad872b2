"""One subscription as an event stream: from its opening to its end, whoever ends it.

Hub, rights and limits are those of sockets, and what closes a socket ends the stream. How it ends says what a close code would:
after `complete` there is nothing to come back for; an end without it means come back, with the cursor.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crm import metrics
from crm.access.viewer import Viewer
from crm.core.errors import RequestError, Unauthenticated
from crm.endpoints.answers import told
from crm.endpoints.execution import ENDED
from crm.endpoints.pushes.selections import WrongVariables
from crm.endpoints.refusals import Refused, troubled, unauthenticated
from crm.endpoints.requests import STREAMS
from crm.endpoints.streams.frames import COMMENT, last_words, next_event, retry_after
from crm.endpoints.streams.opening import Opening
from crm.endpoints.streams.wire import TooSlow, Wire
from crm.notify import feeds
from crm.store.errors import UNAVAILABLE

COMMENT_SECONDS = 12.0
"""As often as a socket is pinged: proxies close what is silent."""
SHORTEST_RETRY, LONGEST_RETRY = 500, 2500
"""Milliseconds. A restart sends everybody away at once: they must not all come back at once."""
CROWDED_SECONDS = 5

log = structlog.get_logger("crm.streams")


class Ending(Enum):
    """Why a stream is ended from outside."""

    SESSION = auto()
    RESTART = auto()
    GONE = auto()


class Stream(Response):
    """The answer to a subscription that was asked for by HTTP; `refusing` makes the one where it is refused before it begins."""

    def __init__(self, opening: Opening, refusing: Callable[[Refused], Response]) -> None:
        super().__init__()
        self.services, self.facts = opening.services, opening.facts
        self._opening, self._refusing = opening, refusing
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From the first byte to the last."""
        scope["state"][STREAMS] = True
        try:
            await self._serve(Wire(scope, receive, send))
        except Refused as refusal:
            await self._refusing(refusal)(scope, receive, send)

    async def end_session(self) -> None:
        """The session was revoked, has expired, or its person was disabled."""
        self._end(Ending.SESSION)

    def begin_anew(self) -> None:
        """The server stops, or the database was restored: the client is to come back."""
        self._end(Ending.RESTART)

    def gone(self) -> None:
        """The client is not there any more."""
        self._end(Ending.GONE)

    def _end(self, ending: Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    async def _serve(self, wire: Wire) -> None:
        with _trouble_told():
            viewer = await self.services.viewers.enter(self.facts.token or "")
        if viewer is None:
            raise unauthenticated(ENDED)
        if not self.services.presence.admit(viewer, self):
            told = "This session has too many sockets and streams."
            raise Refused(429, told, "RATE_LIMITED", {"Retry-After": str(CROWDED_SECONDS)}, retryAfter=CROWDED_SECONDS)
        wire.carry(self)
        try:
            await self._open(wire, viewer)
        except TooSlow:
            metrics.sockets_evicted.inc()
            await wire.cut()
        finally:
            wire.carry(None)
            self.services.presence.leave(viewer, self)

    async def _open(self, wire: Wire, viewer: Viewer) -> None:
        feed = feeds.Feed()
        try:
            with _trouble_told():
                subscription = await self._opening.begin(viewer, feed)
        except Unauthenticated:
            raise unauthenticated(ENDED) from None
        except (RequestError, WrongVariables) as error:
            await wire.begin()
            await wire.finish(last_words(self._told(error)))
            return
        try:
            await wire.begin()
            await wire.write(retry_after(random.randint(SHORTEST_RETRY, LONGEST_RETRY)))  # noqa: S311 -- spreads, hides nothing
            await self._listen(wire, feed)
        finally:
            self.services.hub.leave(subscription)

    async def _listen(self, wire: Wire, feed: feeds.Feed) -> None:
        """Push until something ends it, and say so."""
        gone = asyncio.create_task(wire.gone())
        work = [gone, asyncio.create_task(_push(wire, feed)), asyncio.create_task(_comment(wire))]
        try:
            waiting: list[asyncio.Future[Any]] = [*work, self._ended]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left = gone.done()
            for task in work:
                task.cancel()
            outcomes = await asyncio.gather(*work, return_exceptions=True)
        ending = self._ended.result() if self._ended.done() else None
        failed = next((each for each in outcomes if isinstance(each, Exception)), None)
        if left or ending is Ending.GONE:
            return
        if ending is None and isinstance(failed, TooSlow):
            raise failed
        await wire.finish(self._last_words(ending, failed))

    def _last_words(self, ending: Ending | None, failed: Exception | None) -> bytes:
        """What the client is told at the end; nothing where it is to come back."""
        if ending is Ending.SESSION:
            return last_words(self._told(Unauthenticated(ENDED)))
        if isinstance(failed, feeds.TooSlow):
            metrics.sockets_evicted.inc()
            return b""
        if ending is Ending.RESTART or failed is None:
            return b""
        if isinstance(failed, UNAVAILABLE):
            log.warning("stream interrupted, the database is away", reason=type(failed).__name__)
            return b""
        return last_words(self._told(failed))

    def _told(self, error: Exception) -> list[dict[str, Any]]:
        if isinstance(error, WrongVariables):
            return [told(each, self.facts.id) for each in error.errors]
        if isinstance(error, RequestError):
            return [{"message": error.message, "extensions": error.extensions}]
        log.error("stream crashed", exc_info=error)
        return [{"message": "Something went wrong.", "extensions": {"code": "INTERNAL", "reference": self.facts.id}}]


@contextmanager
def _trouble_told() -> Iterator[None]:
    """What the database cannot do now is refused with a status, as for any request."""
    try:
        yield
    except UNAVAILABLE as error:
        refusal = troubled(error)
        if refusal is None:
            raise
        raise refusal from None


async def _push(wire: Wire, feed: feeds.Feed) -> None:
    async for edition in feed:
        await wire.write(next_event(edition.body, edition.cursor))


async def _comment(wire: Wire) -> None:
    while True:
        await asyncio.sleep(COMMENT_SECONDS)
        await wire.write(COMMENT)
