"""A connection that is kept for as long as the process lives: made anew when it ends, sooner at first and later each time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from crm import metrics
from crm.notify.cancelling import heed_cancellation

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0
STEADY_SECONDS = 30.0
"""A connection that held for so long was a good one: the next one is tried at once again."""

log = structlog.get_logger("crm.gateways")

Session = Callable[[Callable[[], None]], Awaitable[None]]
"""One connection, from its making to its end. It calls what it is given once it is of use, and raises when it ends."""


async def supervised(name: str, session: Session) -> None:
    """Keep a connection, until cancelled."""
    loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
    gauge = metrics.gateway_connected.labels(name)
    while True:
        since: list[float] = []

        def of_use(since: list[float] = since) -> None:
            gauge.set(1)
            metrics.gateway_connections.labels(name).inc()
            since.append(loop.time())
            log.info("switchboard is heard", gateway=name)

        try:
            await session(of_use)
        except Exception as error:  # noqa: BLE001 -- whatever ended it, another one is made
            log.warning("switchboard is not heard", gateway=name, reason=f"{type(error).__name__}: {error}", again_in=pause)
        finally:
            gauge.set(0)
        heed_cancellation()
        if since and loop.time() - since[0] > STEADY_SECONDS:
            pause = FIRST_PAUSE
        # Not all at the same instant, where one switchboard that was restarted serves several of us.
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 -- no secret
        pause = min(pause * 2, LONGEST_PAUSE)
