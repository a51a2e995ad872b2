"""`crm check`: each thing the installation leans on, with a verdict."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from crm import logs
from crm.cli.databases import database_url
from crm.cli.verdicts import Verdict
from crm.config import SettingError, Settings, load_settings, with_secret_key
from crm.store import migrate
from crm.store.binaries import find_server
from crm.store.database import Database, open_database, reason
from crm.store.errors import StoreError

OLDEST = 15
SECONDS = 5
PORTS = {"smtp": 25, "smtps": 465, "imap": 143, "imaps": 993, "http": 80, "https": 443, "smpp": 2775, "ami": 5038, "esl": 8021}
AMI_HINT = "(CRM_AMI_URL against manager.conf: user, secret, permit; read = call,agent and write = originate,reporting)"
ESL_HINT = "(CRM_ESL_URL against event_socket.conf.xml: password, apply-inbound-acl)"
COLOURS = {"ok": "green", "not set": "dim", "bad": "red"}


def check(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Look at the configuration, the database, mailboxes, Redis, mail, SMS and the PBX."""
    logs.configure("console")
    verdicts = [_configuration()]
    if verdicts[0].verdict == "ok":
        settings = load_settings()
        verdicts += [*_database(settings), *asyncio.run(_peers(settings))]
    if as_json:
        typer.echo(json.dumps([asdict(verdict) for verdict in verdicts]))
    else:
        _print(verdicts)
    if any(verdict.verdict == "bad" for verdict in verdicts):
        raise typer.Exit(1)


def _configuration() -> Verdict:
    try:
        settings = load_settings()
        if not settings.embedded:
            with_secret_key(settings)
    except SettingError as error:
        return Verdict("configuration", "bad", str(error))
    return Verdict("configuration", "ok", f"data in {settings.data_dir}")


def _database(settings: Settings) -> list[Verdict]:
    """Itself, and where it is all right, the mailboxes that stand in it."""
    try:
        if settings.embedded and not (settings.data_dir / "postgres").exists():
            binaries = find_server()
            return [Verdict("database", "ok", f"embedded, PostgreSQL {binaries.major}, made at the first start")]
        with database_url(settings) as url:
            return asyncio.run(_inside(url, with_secret_key(settings)))
    except StoreError as error:
        return [Verdict("database", "bad", str(error))]


async def _inside(url: str, settings: Settings) -> list[Verdict]:
    from crm.cli.check_mailboxes import mailboxes

    async with open_database(url, max_size=2) as database:
        verdict = await _looked_inside(database)
        return [verdict, *(await mailboxes(database, settings) if verdict.verdict == "ok" else ())]


async def _looked_inside(database: Database) -> Verdict:
    state = await migrate.state(database)
    async with database.connection() as connection:
        version = str(await connection.fetchval("SHOW server_version"))
        major = connection.get_server_version().major
    name = f"PostgreSQL {version.partition(' ')[0]}"
    if major < OLDEST:
        return Verdict("database", "bad", f"{name} is too old: crm needs {OLDEST} or newer")
    if state.unknown:
        return Verdict("database", "bad", f"{name}, newer than this version of crm: install the newer one")
    if state.pending:
        return Verdict("database", "bad", f"{name}, {len(state.pending)} migrations wait: run crm migrate")
    return Verdict("database", "ok", f"{name}, {len(state.applied)} migrations applied")


async def _peers(settings: Settings) -> list[Verdict]:
    """Redis is asked, switchboards are logged in to; of the others it is only known whether somebody listens there."""
    from crm.notify.gateways.ami import client as ami
    from crm.notify.gateways.esl import client as esl

    addresses = {
        "mail out": settings.smtp_url,
        "mail in": settings.imap_url,
        "SMS": settings.sms_url,
    }
    return [
        await _redis(settings.redis_url),
        *[await _listens(what, url) for what, url in addresses.items()],
        await _switchboard("PBX (AMI)", settings.ami_url, ami.greeted, AMI_HINT),
        await _switchboard("PBX (ESL)", settings.esl_url, esl.greeted, ESL_HINT),
    ]


async def _redis(url: str | None) -> Verdict:
    if not url:
        return Verdict("redis", "not set", "one process, events in memory")
    from redis.exceptions import RedisError

    from crm.notify.brokers.stream import connect

    client = connect(url, SECONDS)
    try:
        version = (await client.info("server"))["redis_version"]
    except (RedisError, OSError) as error:
        return Verdict("redis", "bad", f"{reason(error)}: check CRM_REDIS_URL")
    finally:
        await client.aclose()
    return Verdict("redis", "ok", f"version {version}")


async def _listens(what: str, url: str | None) -> Verdict:
    if not url:
        return Verdict(what, "not set", "")
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(parts.hostname, port), SECONDS)
        writer.close()
    except (OSError, TimeoutError) as error:
        return Verdict(what, "bad", f"nobody answers at {parts.hostname}:{port} ({reason(error)})")
    return Verdict(what, "ok", f"{parts.hostname}:{port} answers")


async def _switchboard(what: str, url: str | None, greeted: Callable[[str], Awaitable[str]], hint: str) -> Verdict:
    """Log in as the gateway does, and look at what goes on."""
    from crm.notify.gateways.wire import BadFrame, Disconnected, Refused

    if not url:
        return Verdict(what, "not set", "")
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
    try:
        return Verdict(what, "ok", f"{place}: {await greeted(url)}")
    except Refused as error:
        return Verdict(what, "bad", f"{place} refuses: {reason(error)} {hint}")
    except (BadFrame, Disconnected) as error:
        return Verdict(what, "bad", f"{place}: {reason(error)}")
    except (OSError, TimeoutError) as error:
        return Verdict(what, "bad", f"nobody answers at {place} ({reason(error)})")


def _print(verdicts: list[Verdict]) -> None:
    out = Console(soft_wrap=True, highlight=False)
    for verdict in verdicts:
        colour = COLOURS[verdict.verdict]
        out.print(f"{verdict.what:<14} [{colour}]{verdict.verdict:<8}[/{colour}] ", end="")
        out.print(verdict.note, markup=False)
