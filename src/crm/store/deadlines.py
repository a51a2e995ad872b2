"""A point in time after which what a request asks of the database is of no use to anybody, and is cancelled on the server.

The deadline travels in a context variable, because not everything a request reads is read by the request's own task: loaders
gather what several fields want, and send it from a task that nobody cancels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from crm.store.errors import DeadlinePassed

Result = TypeVar("Result")

_deadline: ContextVar[float | None] = ContextVar("crm_deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Give what this task, and tasks it starts, ask of the database inside the block only so long.

    Start no task inside that outlives the block: it would keep the deadline.
    """
    token = _deadline.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


async def in_time(work: Coroutine[Any, Any, Result]) -> Result:
    """Wait for a statement until the deadline; then it is cancelled, here and on the server, and `DeadlinePassed` is raised."""
    end = _deadline.get()
    if end is None:
        return await work
    if end <= asyncio.get_running_loop().time():
        work.close()
        raise DeadlinePassed
    try:
        async with asyncio.timeout_at(end) as scope:
            return await work
    except TimeoutError:
        if scope.expired():
            raise DeadlinePassed from None
        raise
