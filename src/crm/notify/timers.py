"""Doing what is due when it is due: a loop that sleeps until the next instant, and looks again after every announced commit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime

import structlog

from crm.core.clock import now
from crm.services.topics import Topic
from crm.store.database import Database
from crm.store.errors import is_away

LONGEST_SLEEP = 1.0
"""Other processes may plan something sooner than what this one is waiting for."""
PAUSE_AFTER_FAILURE = 1.0
AWAY = "timer waits, the database is away"
"""No defect of ours, and each second of it is not worth a traceback."""

log = structlog.get_logger("crm.timers")


async def when_due(
    topic: Topic,
    database: Database,
    next_due: Callable[[Database], Awaitable[datetime | None]],
    act: Callable[[Database, datetime], Awaitable[int]],
) -> None:
    """Call `act` whenever the earliest due instant has come, until cancelled. A failure is logged and tried again.

    News of the topic may be a plan that is due sooner; other news is not looked at, or 200 calls a second would be 200 looks.
    """
    name, bell = topic.value, asyncio.Event()

    def rung(news: Collection[object]) -> None:
        if not news or topic in news:
            bell.set()

    database.bells.add(rung)
    try:
        while True:
            bell.clear()
            try:
                due = await next_due(database)
                at = now()
                if due is not None and due <= at:
                    # What is due and cannot be done (another process has it in hand, it fails) is not tried without a pause.
                    if not await act(database, at) and await next_due(database) == due:
                        await asyncio.sleep(PAUSE_AFTER_FAILURE)
                    continue
            except Exception as error:
                if is_away(error):
                    log.warning(AWAY, timer=name, reason=type(error).__name__)
                else:
                    log.exception("timer failed", timer=name)
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
                continue
            seconds = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, (due - at).total_seconds())
            await _sleep(bell, seconds)
    finally:
        database.bells.discard(rung)


async def each(name: str, database: Database, seconds: float, act: Callable[[Database], Awaitable[int]]) -> None:
    """Call `act` every so many seconds, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await act(database)
        except Exception as error:
            if is_away(error):
                log.warning(AWAY, timer=name, reason=type(error).__name__)
            else:
                log.exception("timer failed", timer=name)


async def _sleep(bell: asyncio.Event, seconds: float) -> None:
    # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the bell.
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0.001)):
            await bell.wait()
