"""The broker of several processes: a stream in Redis, which every process reads and the one that leads fills.

Redis may lose everything at any time, for the outbox has it all. Each process knows the number up to which its readers were told,
and numbers have no gaps: where the stream goes on with another number than the next, or Redis does not answer, `carries` turns
false and the relay of this process reads the outbox, until the stream has caught up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from crm import metrics
from crm.notify.brokers.bells import Bells
from crm.notify.brokers.events import Stamped
from crm.notify.brokers.filling import Filling
from crm.notify.brokers.order import Lapsed, Order, Sink
from crm.notify.brokers.stream import EventStream, connect
from crm.notify.cancelling import heed_cancellation
from crm.notify.outbox import Outbox
from crm.store.database import reason

WAIT_SECONDS = 1.0
"""How long a read waits for something to come."""
AT_ONCE = 0.01
"""So long where it is not known yet whether Redis answers; 0 would be for ever."""
READING_SECONDS = 2.0
"""When a read has not come back by then, Redis hangs."""
WRITING_SECONDS = 1.0
PAUSE_SECONDS = 0.25

log = structlog.get_logger("crm.broker")


class RedisBroker:
    """Redis Streams, over the outbox of the database."""

    def __init__(self, url: str, outbox: Outbox, history: int) -> None:
        self._reading = connect(url, READING_SECONDS)
        self._writing = connect(url, WRITING_SECONDS)
        self._history = history
        self._order = Order()
        self._filling = Filling(self._writing, outbox)
        self._bells = Bells(self._writing)
        self._stream: EventStream | None = None
        self._begun = asyncio.Event()
        self._moved = asyncio.Event()
        self._answers: bool | None = None
        self._gap = False

    @property
    def position(self) -> int:
        """The number up to which readers have been told everything."""
        return self._order.position

    @property
    def carries(self) -> bool:
        """Whether Redis answers, and has what comes next."""
        return self._answers is True and not self._gap

    def read(self, sink: Sink, lapsed: Lapsed) -> None:
        """Add a reader."""
        self._order.read(sink, lapsed)

    def begin_anew(self, epoch: int, last: int) -> None:
        """Go on after this number, in the stream of this epoch."""
        self._stream = EventStream(epoch, self._history)
        self._gap = False
        self._order.begin_anew(last)
        self._filling.begin(self._stream, last)
        self._bells.hang(self._stream.bell)
        self._begun.set()

    async def publish(self, batch: Sequence[Stamped]) -> None:
        """Tell the readers here at once, and the others by Redis where this process leads."""
        self._order.take(batch, whole=True)
        self._gap = False
        self._moved.set()
        self._filling.offer(batch)

    def lead(self, *, leading: bool) -> None:
        """Fill the stream, and listen for the others' bells."""
        self._filling.lead(leading=leading)
        self._bells.lead(leading=leading)

    def ring(self) -> None:
        """Wake whoever leads."""
        self._bells.ring()

    async def run(self, wake: Callable[[], None]) -> None:
        """Read, fill, ring and listen, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(wake))
                group.create_task(self._filling.run())
                group.create_task(self._bells.run())
                group.create_task(self._bells.listen(wake))
        finally:
            await self._reading.aclose()
            await self._writing.aclose()

    def verdict(self) -> str:
        """Whether Redis answers; events go on without it."""
        return "ok" if self._answers else "Redis does not answer: events are read from the database"

    async def _read(self, wake: Callable[[], None]) -> None:
        await self._begun.wait()
        while True:
            heed_cancellation()
            try:
                await self._read_once(wake)
            except Exception as error:  # noqa: BLE001 - whatever it is, the outbox has what this would have brought
                self._note(answers=False, why=f"{type(error).__name__}: {reason(error)}")
                wake()
                await asyncio.sleep(PAUSE_SECONDS)

    async def _read_once(self, wake: Callable[[], None]) -> None:
        stream = self._stream
        assert stream is not None
        batch = await stream.after(self._reading, self.position, WAIT_SECONDS if self._answers else AT_ONCE)
        if stream is not self._stream:  # begun anew while we waited
            return
        self._note(answers=True)
        if not self._order.take(batch, whole=False):
            await self._look_up(wake)

    async def _look_up(self, wake: Callable[[], None]) -> None:
        """Have the relay read what the stream lacks."""
        metrics.broker_gaps.inc()
        self._gap = True
        self._moved.clear()
        wake()
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_SECONDS):
                await self._moved.wait()

    def _note(self, *, answers: bool, why: str = "") -> None:
        if answers == self._answers:
            return
        if not answers:
            log.warning("redis does not answer", why=why)
        elif self._answers is False:
            metrics.broker_reconnects.inc()
            log.info("redis answers again")
        self._answers = answers
        metrics.broker_answers.set(1 if answers else 0)
