"""`crm serve`, `crm demo` and `crm worker`: the commands that stay."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from tempfile import TemporaryDirectory
from typing import Annotated

import structlog
import typer

from crm import logs
from crm.cli import demo_company, listening
from crm.cli.databases import prepare
from crm.config import SettingError, Settings, load_settings, with_secret_key
from crm.store.database import open_database
from crm.store.embedded import EmbeddedServer
from crm.store.errors import StoreError

LOCAL = "127.0.0.1"
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Not from `crm.metrics`, which must be imported after this is set."""

log = structlog.get_logger("crm.serve")

Port = Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free one.")]


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOCAL,
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes; more than one needs CRM_REDIS_URL.")] = 1,
) -> None:
    """Serve the API, with the embedded database when CRM_DATABASE_URL is not set."""
    settings = load_settings()
    if workers > 1 and not settings.redis_url:
        raise SettingError("--workers above 1 needs CRM_REDIS_URL: without it events reach only the process they happen in.")
    logs.configure(settings.log_format)
    with listening.listen(host, port) as sockets:
        settings = with_secret_key(settings)
        if not settings.embedded:
            _serve(settings, sockets, host, workers)
            return
        with EmbeddedServer(settings.data_dir) as server:
            _serve(settings.model_copy(update={"database_url": server.url}), sockets, host, workers, ours=True)


def worker(
    host: Annotated[str, typer.Option(help="Where /healthz, /readyz and /metrics are answered.")] = LOCAL,
    port: Port = 0,
) -> None:
    """Do the background work of a system whose serving processes share a Redis."""
    settings = load_settings()
    if not settings.redis_url:
        raise SettingError("crm worker needs CRM_REDIS_URL: without it crm serve does the background work itself.")
    if settings.embedded:
        raise SettingError("crm worker needs CRM_DATABASE_URL: the embedded database belongs to one crm serve.")
    logs.configure(settings.log_format)
    settings = with_secret_key(settings)
    with listening.listen(host, port) as sockets:
        asyncio.run(prepare(str(settings.database_url), may_migrate=False))
        listening.run(settings, sockets, works=True, on_ready=lambda address: log.info("working", address=address))


def demo(
    port: Port = 8000,
    host: Annotated[str, typer.Option(help="Only 127.0.0.1.", hidden=True)] = LOCAL,
    calls_per_minute: Annotated[int, typer.Option(min=0, max=600, help="Simulated incoming calls; 0 for none.")] = 6,
    serve: Annotated[bool, typer.Option(help="Serve after filling the database.")] = True,
) -> None:
    """Serve a demo company to look at, on this machine only."""
    if host != LOCAL:
        raise SettingError(f"crm demo listens on {LOCAL} only, because its passwords are known: use crm serve for {host}.")
    settings = load_settings(introspection="everyone", ide=True, log_format="console")
    if not settings.embedded:
        raise SettingError("crm demo makes its own database: unset CRM_DATABASE_URL, or use crm serve.")
    logs.configure(settings.log_format)
    with listening.listen(host, port) as sockets, EmbeddedServer(settings.data_dir) as server:
        settings = demo_company.with_secrets(settings).model_copy(update={"database_url": server.url})
        asyncio.run(demo_company.fill(server.url, settings.data_dir))
        if serve:
            _serve_demo(settings, sockets, calls_per_minute)


def _serve_demo(settings: Settings, sockets: listening.Sockets, calls_per_minute: int) -> None:
    """Serve, and ring beside it."""
    from crm.cli.demo.telephone import Telephone

    url, secret = str(settings.database_url), settings.hook_secrets[demo_company.HOOK_SOURCE].get_secret_value()
    asyncio.run(demo_company.begin_day(url))
    telephone = Telephone(url, secret, calls_per_minute)

    def ready(address: str) -> None:
        demo_company.welcome(address, settings, calls_per_minute)
        telephone.start(address)

    try:
        listening.run(settings, sockets, on_ready=ready)
    finally:
        telephone.stop()


def _serve(settings: Settings, sockets: listening.Sockets, host: str, workers: int, *, ours: bool = False) -> None:
    url = str(settings.database_url)
    asyncio.run(prepare(url, may_migrate=ours))
    if not listening.is_loopback(host):
        asyncio.run(_refuse_demo_password(url, host))
    with _handed_down(settings) if workers > 1 else nullcontext():
        listening.run(settings, sockets, workers=workers, on_ready=lambda address: log.info("serving", address=address))


async def _refuse_demo_password(url: str, host: str) -> None:
    from crm.services.system import accounts

    async with open_database(url, max_size=2) as database:
        if await accounts.demo_password_active(database):
            raise StoreError(f"An account still has the demo password: change it with crm user passwd before serving on {host}.")


@contextmanager
def _handed_down(settings: Settings) -> Iterator[None]:
    """Workers are new processes that read the environment; they must see the database and key that we settled on.

    They count into a folder of their own, so that whichever is asked for metrics answers for all.
    """
    os.environ["CRM_DATABASE_URL"] = str(settings.database_url)
    if settings.secret_key:
        os.environ["CRM_SECRET_KEY"] = settings.secret_key.get_secret_value()
    with TemporaryDirectory(prefix="crm-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder
        yield
