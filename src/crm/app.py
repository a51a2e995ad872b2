"""The web application: what is routed where, and what is open while it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

from crm import logs
from crm.config import SettingError, Settings, load_settings, with_secret_key
from crm.endpoints import graphql, health
from crm.endpoints.requests import Requests
from crm.store.database import Database, open_database

LARGEST_BODY = 256 * 1024


def create_app(settings: Settings, database: Database | None = None) -> Starlette:
    """The application for these settings; tests hand it a database that is open already and stays theirs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.database = database or await stack.enter_async_context(
                open_database(str(settings.database_url), max_size=settings.database_pool)
            )
            yield

    app = Starlette(
        routes=[*graphql.routes(settings), *health.routes()],
        # Not Starlette's own `max_body_size`, which stands outside these: a refusal for size has its id and its log line too.
        middleware=[
            Middleware(Requests),
            Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY),
            *_cross_origin(settings),
        ],
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.database = database
    return app


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
            allow_headers=["Authorization", "Content-Type", "X-Request-Id", "Idempotency-Key"],
            expose_headers=["X-Request-Id", "Retry-After"],
            max_age=600,
        )
    ]
