"""The web application: what is routed where, and what is open while it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from math import ceil

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from crm import garbage, logs, worker
from crm.config import SettingError, Settings, load_settings, with_secret_key
from crm.endpoints import calendar, console, files, graphql, health, unsubscribe
from crm.endpoints.execution import Executor, Services
from crm.endpoints.hooks import calls as call_hooks
from crm.endpoints.hooks import sms as sms_hooks
from crm.endpoints.pushes.press import Press
from crm.endpoints.requests import Requests
from crm.endpoints.sockets.routes import Sockets
from crm.notify.brokers import Broker, broker_for
from crm.notify.customers.open_calls import open_events
from crm.notify.gateways.switchboards import gateways_of
from crm.notify.history import History
from crm.notify.hub import Hub
from crm.notify.presence import Presence
from crm.notify.rosters.memory import MemoryRoster
from crm.notify.rosters.roster import Roster
from crm.notify.rosters.shared import SharedRoster
from crm.services.topics import Stream
from crm.store.database import STATEMENT_SECONDS, Database, open_database

LARGEST_BODY = 256 * 1024


def create_app(settings: Settings, database: Database | None = None, *, background: bool = True) -> Starlette:
    """The application for these settings; tests hand it a database that is open already and stays theirs.

    Without `background` nothing is pushed and nothing falls due: for tests that look at requests alone.
    """
    executor, presence = Executor(settings), Presence(_roster(settings))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = database
            if opened is None:
                opened = await stack.enter_async_context(_opened(settings))
            broker = broker_for(opened, settings.redis_url, settings.redis_history)
            app.state.database, app.state.broker = opened, broker
            app.state.services = _services(executor, opened, presence, broker)
            stack.callback(app.state.services.hub.stop)
            if background:
                gateways = gateways_of(settings)
                work = worker.serving(app.state.services, broker, settings, alone=not settings.redis_url, gateways=gateways)
                await stack.enter_async_context(work)
            yield

    app = Starlette(
        routes=_routes(executor, settings),
        # Not Starlette's own `max_body_size`, which stands outside these: a refusal for size has its id and its log line too.
        middleware=[
            Middleware(Sockets, executor=executor),
            Middleware(Requests),
            Middleware(files.BodyLimits, request=LARGEST_BODY, file=settings.file_megabytes * 1024 * 1024),
            *_cross_origin(settings),
            Middleware(graphql.Direct, executor=executor),
        ],
        lifespan=lifespan,
    )
    app.state.database, app.state.broker = database, None
    return app


def _routes(executor: Executor, settings: Settings) -> list[BaseRoute]:
    return [
        *graphql.routes(executor),
        *call_hooks.routes(settings),
        *sms_hooks.routes(settings),
        *files.routes(settings),
        *calendar.routes(),
        *unsubscribe.routes(),
        *console.routes(),
        *health.routes(),
    ]


def create_worker(settings: Settings) -> Starlette:
    """The application of `crm worker`: it does the background work, and answers nothing but how it is."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with _opened(settings) as database:
            broker = broker_for(database, settings.redis_url, settings.redis_history)
            app.state.database, app.state.broker = database, broker
            async with worker.working(database, broker, _roster(settings), settings, gateways_of(settings)):
                yield

    return Starlette(routes=health.routes(), middleware=[Middleware(Requests)], lifespan=lifespan)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    url, seconds = str(settings.database_url), max(STATEMENT_SECONDS, ceil(settings.request_seconds))
    # What the server allows a statement is never less than what we do.
    async with open_database(url, max_size=settings.database_pool, statement_seconds=seconds) as database:
        with garbage.seldom():
            yield database


def _services(executor: Executor, database: Database, presence: Presence, broker: Broker) -> Services:
    """What operations reach; the press prints by it what the hub delivers."""
    press = Press(executor)
    hub = Hub(broker, History(database), press)
    hub.when_opened(Stream.INCOMING_CALLS, partial(open_events, database))
    services = executor.services(database, presence, hub)
    press.use(services)
    return services


def _roster(settings: Settings) -> Roster:
    """With a Redis there may be other processes."""
    return SharedRoster(settings.redis_url) if settings.redis_url else MemoryRoster()


def application() -> Starlette:
    """For servers that start several processes and take a name: `uvicorn --factory crm.app:application`."""
    settings = load_settings()
    if settings.embedded:
        raise SettingError("CRM_DATABASE_URL is required here: only `crm serve` and `crm demo` start the embedded database.")
    logs.configure(settings.log_format)
    return create_app(with_secret_key(settings))


def _cross_origin(settings: Settings) -> list[Middleware]:
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-Id", "Idempotency-Key", "Last-Event-ID"],
            expose_headers=["X-Request-Id", "Retry-After"],
            max_age=600,
        )
    ]
