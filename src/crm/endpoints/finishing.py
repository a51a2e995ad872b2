"""What is begun is brought to its end, also when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")

_unwaited: set[asyncio.Future[Any]] = set()


async def finished(work: Awaitable[Result]) -> Result:
    """Wait for an execution; whoever stops waiting does not stop it.

    graphql-core makes the awaitables of a level before it begins the first. Cancelled in between it drops them, and Python warns
    of each. So an execution whose socket was cut goes on to its end, which its deadline bounds: `deadline` is inherited.
    """
    running: asyncio.Future[Result] = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if not running.done():
            _unwaited.add(running)
            running.add_done_callback(_dropped)
        raise


def _dropped(running: asyncio.Future[Any]) -> None:
    _unwaited.discard(running)
    if not running.cancelled():
        running.exception()  # looked at, or asyncio reports it as never retrieved
