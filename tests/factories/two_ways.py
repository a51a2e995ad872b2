"""The same question asked of two applications over one database: one runs plans, one is the reference. Answers must be equal.

Equal means equal bytes: the same data in the same order of fields, the same errors with their paths, codes and places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from tests.conftest import make_settings
from tests.factories.company import PEOPLE

from crm import metrics
from crm.app import create_app
from crm.config import Settings
from crm.store.database import Database

SHOWN = 1500


class Different(AssertionError):
    """The two ways disagree."""


@asynccontextmanager
async def client_of(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application of its own, without sockets and background."""
    app = create_app(settings, database, background=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as http:
        yield http


def headers_of(viewer: str) -> dict[str, str]:
    """How somebody of the fixture company says who they are; nobody else does."""
    return {"Authorization": f"Bearer {PEOPLE[viewer].token}"} if viewer in PEOPLE else {}


@dataclass
class TwoWays:
    """Both applications."""

    planned: httpx.AsyncClient
    reference: httpx.AsyncClient

    async def ask(self, viewer: str, body: dict[str, Any]) -> httpx.Response:
        """The answer of both; `Different` where there are two."""
        headers = {"Content-Type": "application/json", "X-Request-Id": "both", **headers_of(viewer)}
        content = orjson.dumps(body)
        one = await self.planned.post("/graphql", content=content, headers=headers)
        two = await self.reference.post("/graphql", content=content, headers=headers)
        compare(viewer, body, one, two)
        return one


@asynccontextmanager
async def two_ways(database: Database, folder: Path) -> AsyncIterator[TwoWays]:
    """Both applications over one database."""
    async with AsyncExitStack() as stack:
        opened = [client_of(make_settings(database, folder, plans=plans), database) for plans in (True, False)]
        one, two = [await stack.enter_async_context(each) for each in opened]
        yield TwoWays(one, two)


def compare(viewer: str, body: dict[str, Any], one: httpx.Response, two: httpx.Response) -> None:
    """Raise `Different`, with the question, both answers and the first places where they part."""
    if one.status_code == two.status_code and one.content == two.content:
        return
    told = [orjson.loads(each.content) for each in (one, two)]
    for each in told:
        each.pop("extensions", None)  # what an application tells of itself is no part of the answer
    if one.status_code == two.status_code and orjson.dumps(told[0]) == orjson.dumps(told[1]):
        return
    places = list(apart("", *told))[:8] or ["the order of the fields"]
    shown = [f"{name} {each.status_code} {each.text[:SHOWN]}" for name, each in (("planned  ", one), ("reference", two))]
    asked = [body["query"], f"variables {orjson.dumps(body.get('variables')).decode()}", str(body.get("operationName"))]
    raise Different("\n".join([f"as {viewer}:", *asked, *shown, *map(str, places)]))


def apart(place: str, one: Any, two: Any) -> Iterator[str]:
    """Where two answers part, the order of their fields included."""
    if isinstance(one, dict) and isinstance(two, dict) and set(one) == set(two):
        if list(one) != list(two):
            yield f"{place}: fields in another order, {list(one)} | {list(two)}"
        for name in one:
            yield from apart(f"{place}.{name}", one[name], two[name])
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for number, (left, right) in enumerate(zip(one, two, strict=True)):
            yield from apart(f"{place}[{number}]", left, right)
    elif one != two or type(one) is not type(two):
        yield f"{place}: {str(one)[:200]} | {str(two)[:200]}"


def plans_run() -> Counter[str]:
    """How many operations ran as a plan in this process so far, and how many did not, by outcome."""
    (family,) = metrics.graphql_plans.collect()
    return Counter({each.labels["outcome"]: int(each.value) for each in family.samples if each.name.endswith("_total")})
