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

Patience = Callable[[Exception], Awaitable[float]]
"""Told why a connection ended; how many seconds at least pass before the next."""


async def no_longer(_: Exception) -> float:
    """Whatever ended it, the next one is tried as soon as any."""
    return 0.0


async def supervised(
    name: str,
    session: Session,
    *,
    what: str = "switchboard",
    longest: float | None = None,
    patience: Patience = no_longer,
    label: str | None = None,
) -> None:
    """Keep a connection, until cancelled. Those of one `label` are counted together."""
    loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
    gauge = metrics.gateway_connected.labels(label or name)
    while True:
        since: list[float] = []

        def of_use(since: list[float] = since) -> None:
            gauge.inc()
            metrics.gateway_connections.labels(label or name).inc()
            since.append(loop.time())
            log.info("%s is heard", what, gateway=name)

        least = 0.0
        try:
            await session(of_use)
        except Exception as error:  # noqa: BLE001 -- whatever ended it, another one is made
            least = await patience(error)
            reason = f"{type(error).__name__}: {error}"
            log.warning("%s is not heard", what, gateway=name, reason=reason, again_in=max(pause, least))
        finally:
            gauge.dec(len(since))
        heed_cancellation()
        if since and loop.time() - since[0] > STEADY_SECONDS:
            pause = FIRST_PAUSE
        # Not all at the same instant, where one switchboard that was restarted serves several of us.
        await asyncio.sleep(max(pause, least) * random.uniform(0.75, 1.25))  # noqa: S311 -- no secret
        pause = min(pause * 2, LONGEST_PAUSE if longest is None else longest)
