"""Is it alive, can it serve, and how much has it done: for load balancers and for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from crm import metrics
from crm.config import Settings
from crm.store import migrate
from crm.store.database import Database

CHECK_SECONDS = 3

log = structlog.get_logger("crm.health")


def routes() -> list[Route]:
    """The three addresses that need no sign-in."""
    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]


async def healthz(_: Request) -> Response:
    """The process answers; nothing else is asked, so a broken database does not restart a good process."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Whether requests would be served: each thing needed, with its verdict."""
    state = request.app.state
    checks = {"database": _check_database(state.database)}
    if state.settings.redis_url:
        checks["redis"] = _check_redis(state.settings)
    verdicts = dict(zip(checks, await asyncio.gather(*map(_verdict, checks.values())), strict=True))
    ready = all(verdict == "ok" for verdict in verdicts.values())
    return JSONResponse({"ready": ready, "checks": verdicts}, status_code=200 if ready else 503)


async def show_metrics(_: Request) -> Response:
    """Counters of this process."""
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


async def _verdict(check: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(check, CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, the answer is "not ready"
        log.warning("not ready", reason=type(error).__name__)
        return "does not answer"


async def _check_database(database: Database) -> str:
    waiting = await migrate.pending(database)
    return f"waits for migration {waiting[0]}: run crm migrate" if waiting else "ok"


async def _check_redis(settings: Settings) -> str:
    client = Redis.from_url(str(settings.redis_url))
    try:
        await client.ping()
    finally:
        await client.aclose()
    return "ok"
