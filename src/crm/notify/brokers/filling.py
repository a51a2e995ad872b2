"""Keeping the stream in Redis equal to the outbox; the work of the process that leads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from redis.asyncio import Redis

from crm import metrics
from crm.notify.brokers.events import Stamped
from crm.notify.brokers.stream import EventStream
from crm.notify.cancelling import heed_cancellation
from crm.notify.outbox import Outbox
from crm.store.database import reason

LOOK_SECONDS = 1.0
"""How often Redis is asked, when nothing happens, whether it still has what it was given."""
PAUSE_SECONDS = 0.25
BATCH = 500
LONGEST_QUEUE = 5_000

log = structlog.get_logger("crm.broker")


class Filling:
    """Appends what the relay offers; whatever Redis lacks before that comes from the outbox.

    What is numbered while Redis is away is not held up: it goes to the readers of this process, the others read the outbox, and
    the stream is brought up to date when Redis is back.
    """

    def __init__(self, client: Redis, outbox: Outbox) -> None:
        self._client = client
        self._outbox = outbox
        self._stream: EventStream | None = None
        self._queue: deque[Stamped] = deque()
        self._last = 0
        self._end: int | None = None
        self._woken = asyncio.Event()
        self._leads = asyncio.Event()

    def begin(self, stream: EventStream, last: int) -> None:
        """Fill this stream from now on, up to this number at least."""
        self._stream, self._last, self._end = stream, last, None
        self._queue.clear()
        self._woken.set()

    def lead(self, *, leading: bool) -> None:
        """Only the process that gives the numbers fills."""
        if leading:
            self._end = None  # another one may have filled meanwhile
            self._leads.set()
            self._woken.set()
        else:
            self._leads.clear()
            self._queue.clear()

    def offer(self, batch: Sequence[Stamped]) -> None:
        """These follow."""
        if not batch or not self._leads.is_set():
            return
        self._last = max(self._last, batch[-1].seq)
        self._queue.extend(batch)
        if len(self._queue) > LONGEST_QUEUE:  # Redis has been away for long: the outbox has them
            self._queue.clear()
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled, over every failure of Redis and of the database."""
        failing = False
        while True:
            heed_cancellation()
            await self._leads.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            self._woken.clear()
            try:
                while self._leads.is_set() and self._stream is not None and await self._fill(self._stream):
                    pass
                failing = False
            except Exception as error:  # noqa: BLE001 - two drivers raise what they like; nothing is lost by trying again
                self._end = None
                if not failing:
                    log.warning("redis was not filled", reason=type(error).__name__, what=reason(error))
                failing = True
                await asyncio.sleep(PAUSE_SECONDS)
                self._woken.set()

    async def _fill(self, stream: EventStream) -> bool:
        """Append one batch; whether more may follow."""
        if self._end is None or not self._queue:
            end = await self._found(stream)
        else:
            end = self._end
        batch = self._queued(end)
        again = not batch and end < self._last
        if again:
            batch = await self._outbox.after(max(end, self._last - stream.history), BATCH)
        if stream is not self._stream:  # begun anew while we asked
            return True
        if not batch:
            self._end = end
            return False
        self._end = await stream.append(self._client, end, batch)
        if self._end == batch[-1].seq:
            self._count(batch, again=again)
        return bool(self._queue) or self._end < self._last

    async def _found(self, stream: EventStream) -> int:
        """Where the stream ends, which Redis may have lost or another leader moved."""
        end = await stream.end(self._client)
        if end > self._last:
            self._last = max(self._last, await self._outbox.last())
            if end > self._last:
                # The database has lost what it had committed: these numbers will be given to other events.
                log.warning("redis was ahead of the database", redis=end, database=self._last)
                await stream.remove(self._client)
                return 0
        return end

    def _queued(self, end: int) -> list[Stamped]:
        """What the relay offered, where it continues the stream."""
        while self._queue and self._queue[0].seq <= end:
            self._queue.popleft()
        if not self._queue or self._queue[0].seq != end + 1:
            return []
        return [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]

    @staticmethod
    def _count(batch: Sequence[Stamped], *, again: bool) -> None:
        if again:
            metrics.broker_refilled.inc(len(batch))
            return
        now = datetime.now(UTC)
        for stamped in batch:
            metrics.broker_seconds.observe((now - stamped.recorded_at).total_seconds())
