"""Sending what waits: claim, try, write down. One loop for every medium.

A claim is committed before the peer hears of the message, and an outcome is committed after it has spoken. So whatever is killed,
and whenever: a message that was not sent is still in the queue, and one that may have been sent is known for that.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from crm.core.clock import now
from crm.rules.messaging.sending import Medium, Outcome, Result
from crm.services.attempts import PASSING
from crm.store.database import Database
from crm.store.errors import is_away

MOST = 32
"""Messages of one account that are on their way at the same time, in this process: a peer that hangs holds up its own only."""
LONGEST_SLEEP = 1.0
"""Other processes may queue something sooner than what this one is waiting for."""
PASSED_OVER = 0.05
"""Seconds until what is due is asked for again; at once would be all the time."""
PAUSE_AFTER_FAILURE = 1.0
GRACE = 5.0
"""So long are messages waited for at a stop that are on their way."""

log = structlog.get_logger("crm.outbound")


class Posted(Protocol):
    """One try at a message."""

    @property
    def account_id(self) -> UUID:
        """The account that sends it."""


Letter = TypeVar("Letter", bound=Posted)


class Sender(Protocol[Letter]):
    """What a medium brings: how its messages are claimed, tried, and written down."""

    medium: Medium

    async def next_due(self, database: Database, full: Collection[UUID]) -> datetime | None:
        """When there is something to try, by other accounts than these."""

    async def take(self, database: Database, most: int, flying: Collection[Letter]) -> Sequence[Letter]:
        """Claim at most so many of each account, less those of it that are on their way: these it holds on."""

    async def send(self, letter: Letter) -> Outcome:
        """One try; it never raises for what a peer can do."""

    async def settle(self, database: Database, ended: Sequence[tuple[Letter, Outcome]]) -> None:
        """Write down how these ended."""

    async def lose(self, database: Database, letter: Letter) -> None:
        """Write down of one no more than that nobody knows how it ended, where the whole of it cannot be written."""

    async def close(self) -> None:
        """Give back what is open."""


class Outgoing(Generic[Letter]):
    """One medium being sent, by this process."""

    def __init__(self, database: Database, sender: Sender[Letter]) -> None:
        self.database, self.sender = database, sender
        self._flying: dict[asyncio.Task[Outcome], Letter] = {}
        self._ended: list[tuple[Letter, Outcome]] = []
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; then what is on its way gets some seconds to land."""
        self.database.bells.add(self._rung)
        try:
            while True:
                try:
                    await self._turn()
                except Exception as error:  # noqa: BLE001 - whatever it is, the queue waits and is gone on with
                    await self._failed(error)
        finally:
            self.database.bells.discard(self._rung)
            await self._land()
            await self.sender.close()

    async def _turn(self) -> None:
        """Write down what ended, send what is due, and wait for either."""
        self._bell.clear()
        await self._settle()
        taken = await self.sender.take(self.database, MOST, list(self._flying.values()))
        for letter in taken:
            self._flying[asyncio.create_task(self.sender.send(letter))] = letter
        if taken:
            await asyncio.sleep(0)
        full = [account for account, count in self._count().items() if count >= MOST]
        due = await self.sender.next_due(self.database, full)
        seconds = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, (due - now()).total_seconds())
        # What is due and was not taken is held by somebody, or its account has no room.
        await self._wait(seconds if seconds > 0 else 0.001 if taken else PASSED_OVER)

    def _count(self) -> Counter[UUID]:
        """How many of each account are on their way."""
        return Counter(letter.account_id for letter in self._flying.values())

    async def _wait(self, seconds: float) -> None:
        """Until something landed, something was queued, or something is due."""
        bell = asyncio.create_task(self._bell.wait())
        try:
            await asyncio.wait({bell, *self._flying}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()
        self._gather()

    def _gather(self) -> None:
        for task in [each for each in self._flying if each.done()]:
            letter = self._flying.pop(task)
            if task.cancelled():
                continue  # left as it is: its try becomes one whose answer never came
            if (error := task.exception()) is not None:
                log.error("sending failed", medium=self.sender.medium.value, exc_info=error)
                continue
            self._ended.append((letter, task.result()))

    async def _settle(self) -> None:
        if not self._ended:
            return
        ended = list(self._ended)
        try:
            await self.sender.settle(self.database, ended)
        except Exception as error:
            if _passes(error):
                raise
            log.warning("ends are written one by one", medium=self.sender.medium.value, reason=type(error).__name__)
            await self._settle_each()
        else:
            self._ended = self._ended[len(ended) :]

    async def _settle_each(self) -> None:
        """One that cannot be written down keeps no other from it."""
        while self._ended:
            letter, outcome = self._ended[0]
            try:
                await self.sender.settle(self.database, [(letter, outcome)])
            except Exception as error:
                if _passes(error):
                    raise
                log.exception("an end cannot be written", medium=self.sender.medium.value, account=str(letter.account_id))
                await self._lose(letter, outcome)
            self._ended.pop(0)

    async def _lose(self, letter: Letter, outcome: Outcome) -> None:
        """Or its peer would get it again. What was not taken is left to its hold: it is tried again then, not for ever."""
        if outcome.result in (Result.NOT_SENT, Result.THROTTLED):
            return
        try:
            await self.sender.lose(self.database, letter)
        except Exception as error:
            if _passes(error):
                raise
            log.exception("nor can that it is lost", medium=self.sender.medium.value, account=str(letter.account_id))

    async def _land(self) -> None:
        """What ended is written down; what has not by then is left to whoever claims it next."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=GRACE)
        self._gather()
        for task in self._flying:
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)
        with suppress(Exception):
            await self._settle()

    async def _failed(self, error: Exception) -> None:
        medium = self.sender.medium.value
        if is_away(error):
            log.warning("sending waits, the database is away", medium=medium, reason=type(error).__name__)
        else:
            log.exception("sending failed", medium=medium)
        await asyncio.sleep(PAUSE_AFTER_FAILURE)

    def _rung(self, news: Collection[object]) -> None:
        if not news or self.sender.medium in news:
            self._bell.set()


def _passes(error: Exception) -> bool:
    """The same again will do."""
    return is_away(error) or isinstance(error, PASSING)
