"""Is it alive, can it serve, and how much has it done: for load balancers and for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from crm import metrics
from crm.notify.brokers import Broker
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
    database, broker = request.app.state.database, request.app.state.broker
    verdict = await _verdict(_check_database(database))
    ready = verdict == "ok" and broker is not None
    return JSONResponse(
        {"ready": ready, "checks": {"database": verdict, "broker": _check_broker(broker)}}, status_code=200 if ready else 503
    )


async def show_metrics(_: Request) -> Response:
    """Counters of this process, or of all that share its port."""
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


def _check_broker(broker: Broker | None) -> str:
    """How events travel. Without Redis they take longer and arrive: taking every process out of service would stop them."""
    return "not open yet" if broker is None else broker.verdict()
