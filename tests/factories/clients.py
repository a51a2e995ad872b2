"""The fixture company behind the real HTTP endpoint, asked by name of viewer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import orjson
import pytest
from structlog.testing import capture_logs
from tests.factories.company import Company
from tests.factories.two_ways import TwoWays, headers_of, two_ways
from tests.servers import Databases, cloned

from crm.access import loading
from crm.access.branches import Via, declared
from crm.resolvers import deeds
from crm.services.deeds import deed
from crm.services.system import passwords
from crm.store.database import Database

SOAK = bool(os.environ.get("CRM_SOAK"))


@dataclass
class Client:
    """Asks as any of the company's people; `anonymous` sends no token."""

    http: httpx.AsyncClient
    database: Database
    log: list[Any]
    """What the server logged; crashes stand in it with their cause."""
    reference: httpx.AsyncClient | None = None
    """An application that runs no plans: of it is asked, too, what reads and is in its turn, and must be answered alike."""

    async def send(self, viewer: str, query: str, variables: dict[str, Any] | None = None) -> httpx.Response:
        body = {"query": query, "variables": variables or {}}
        if self.reference is not None and not query.lstrip().startswith("mutation") and in_turn(viewer, body):
            return await TwoWays(self.http, self.reference).ask(viewer, body)
        return await self.http.post("/graphql", json=body, headers=headers_of(viewer))

    async def ask(self, viewer: str, query: str, variables: dict[str, Any] | None = None) -> Answer:
        response = await self.send(viewer, query, variables)
        body = response.json()
        assert "data" in body or response.status_code == 401, (viewer, body, query[:2000], variables)
        return Answer(response.status_code, body.get("data") or {}, body.get("errors", []))


def in_turn(viewer: str, body: dict[str, Any]) -> bool:
    """Whether the reference is asked, too: each question by a quarter of the viewers, in the soak by all of them (ADR 0073)."""
    if SOAK:
        return True
    return crc32(orjson.dumps([viewer, body])) % 4 == 0


@dataclass
class Answer:
    """What came back."""

    status: int
    data: dict[str, Any]
    errors: list[dict[str, Any]]

    @cached_property
    def codes(self) -> dict[tuple[str, ...], str]:
        """Where there are errors (list positions left out), and of which code."""
        return {
            tuple(part for part in error.get("path", ()) if isinstance(part, str)): str(error["extensions"]["code"])
            for error in self.errors
        }

    def code(self, *path: str) -> str | None:
        """The code of the error at exactly this path."""
        return self.codes.get(path)


@asynccontextmanager
async def serving(databases: Databases, company: Company, folder: Path, *, both: bool = False) -> AsyncIterator[Client]:
    """The company in a database of its own, served; `both` ways of reading, where what is looked at is reading."""
    async with cloned(databases) as database:
        await company.write(database)
        async with two_ways(database, folder) as ways:
            # Crashes are for the tally to count; printed with all their variables they would take most of the run.
            with capture_logs() as log:
                yield Client(ways.planned, database, log, ways.reference if both else None)


def look_narrow(patch: pytest.MonkeyPatch, *, narrow: bool) -> None:
    """Lists start from the set of visible ids (what viewers of little get), or test each row (what viewers of much get).

    Tables seen by way of another are judged after it, whatever order the rules happen to be imported in.
    """
    patch.setattr(
        loading, "declared", lambda: sorted(declared(), key=lambda rule: any(isinstance(each, Via) for each in rule.branches))
    )
    patch.setattr(loading, "NARROW_SHARE", 1e9 if narrow else -1)


def undo_all(patch: pytest.MonkeyPatch) -> None:
    """Every deed is done and then rolled back: what may be done is asked of the product itself and leaves no trace."""

    class Undone(Exception):
        pass

    @asynccontextmanager
    async def undone(*arguments: Any, **options: Any) -> AsyncIterator[Any]:
        try:
            async with deed(*arguments, **options) as opened:
                yield opened
                raise Undone  # noqa: TRY301 -- leaving the block by an error is what rolls back
        except Undone:
            pass

    patch.setattr(deeds, "deed", undone)


def hash_cheaply(patch: pytest.MonkeyPatch) -> None:
    """Passwords are not what these tests are about."""
    patch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    passwords._hasher.cache_clear()
