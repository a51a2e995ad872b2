"""The fixture company behind both ways of reading, for viewers taken as seeing much and as seeing little."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type
from structlog.testing import capture_logs
from tests.factories import walk
from tests.factories.clients import look_narrow
from tests.factories.company import PEOPLE, VIEWERS, build
from tests.factories.documents_values import Order, Values
from tests.factories.two_ways import Different, TwoWays, plans_run, two_ways
from tests.servers import Databases, cloned

from crm.access import viewers
from crm.endpoints import execution

ME = {"query": "{ me { id } }"}
MODES = ("rows", "ids")
"""Whether lists test each row or start from the ids that a viewer sees."""


FILLED = 3
"""Values from which on an answer counts as one that tells something."""


@dataclass
class Offices:
    """Both ways in both modes, and the values to ask with."""

    modes: dict[str, TwoWays]
    values: Values
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    filled: int = 0
    before: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def outcomes(self) -> Counter[str]:
        """What became of the operations asked here: planned, or left to the reference, or failed as a plan."""
        return plans_run() - self.before

    async def ask(self, mode: str, viewer: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask both ways. A crash is a failure even where both crash alike."""
        response = await self.modes[mode].ask(viewer, body)
        if self.failures:
            raise Different(f"as {viewer}: {body}\na plan failed, and the reference answered: {self.failures.pop()}")
        told: dict[str, Any] = orjson.loads(response.content)
        codes = [error["extensions"]["code"] for error in told.get("errors", ())]
        assert "INTERNAL" not in codes, (viewer, body, told["errors"])
        self.errors.update(codes)
        self.asked += 1
        self.filled += _values(told.get("data")) >= FILLED
        return told


@dataclass
class _Listener:
    """In the place of the log: a plan that fails is told there, and the client is answered by the reference all the same."""

    failures: list[str]

    def exception(self, event: str) -> None:
        self.failures.append(f"{event}: {traceback.format_exc(limit=-4)}")


@asynccontextmanager
async def opened(databases: Databases, folder: Path) -> AsyncIterator[Offices]:
    """The company written once, served four times."""
    company = build()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(cloned(databases))
        await company.write(database)
        modes = {mode: await stack.enter_async_context(two_ways(database, folder)) for mode in MODES}
        found = Offices(modes, Values(company))
        # Requests are logged with all their variables; printing that would take a good part of the run.
        with pytest.MonkeyPatch.context() as patch, capture_logs():
            patch.setattr(execution, "log", _Listener(found.failures))
            patch.setattr(viewers, "SECONDS", 10**6)  # whoever is loaded as seeing little stays so
            for mode in MODES:
                look_narrow(patch, narrow=mode == "ids")
                for viewer in VIEWERS:
                    await found.ask(mode, viewer, ME)
            await _collect(found)
            found.asked = found.filled = 0
            found.errors.clear()
            found.before = plans_run()
            yield found


@cache
def reachable() -> frozenset[tuple[str, str]]:
    """Every (type, field) that a query can select."""
    found: set[tuple[str, str]] = set()
    waiting, met = [walk.SCHEMA.query_type], set()
    while waiting:
        made = waiting.pop()
        if not isinstance(made, GraphQLObjectType | GraphQLInterfaceType) or made.name in met:
            continue
        met.add(made.name)
        found |= {(made.name, name) for name in made.fields}
        waiting += [get_named_type(each.type) for each in made.fields.values()]
        waiting += walk.SCHEMA.get_possible_types(made) if isinstance(made, GraphQLInterfaceType) else []
    return frozenset(found)


async def _collect(found: Offices) -> None:
    """Cursors of every list, in its own order, in every order of one field, and in some of two and three."""
    for each in walk.root_lists():
        await _cursors(found, each.type, each.arguments, lambda list_: f"{{ {list_} }}", each.name)
        for name in walk.lists_of(each.type):
            made = walk.fields_of(each.type)[name]
            other = walk.element(made)
            if other is not None and (other, ()) not in found.values.cursors:
                await _cursors(found, other, made.args, _under(each.name), name)


def _under(root: str) -> Any:
    return lambda list_: f"{{ {root}(first: 40) {{ nodes {{ {list_} }} }} }}"


async def _cursors(found: Offices, type_name: str, arguments: dict[str, Any], around: Any, name: str) -> None:
    names = walk.orders_of(arguments)
    orders: list[Order] = [(), *(((each, way),) for each in names for way in ("ASC", "DESC"))]
    orders += [((one, "DESC"), (two, "ASC")) for one, two in pairwise(names)]
    orders += [((one, "ASC"), (two, "ASC"), (three, "ASC")) for one, two, three in zip(names, names[2:], names[1:], strict=False)]
    asked = []
    for place, order in enumerate(orders):
        terms = ", ".join(f"{{field: {each}, direction: {way}}}" for each, way in order)
        asked.append(f"c{place}: {name}(first: 9, orderBy: [{terms}]) {{ edges {{ cursor }} }}")
    headers = {"Authorization": f"Bearer {PEOPLE['admin'].token}"}
    response = await found.modes["rows"].reference.post("/graphql", json={"query": around(" ".join(asked))}, headers=headers)
    told = response.json()["data"]
    for place, order in enumerate(orders):
        held = found.values.cursors.setdefault((type_name, order), [])
        held += _all_cursors(told, f"c{place}")


def _values(told: Any) -> int:
    """How many texts, numbers and truths an answer holds."""
    if isinstance(told, dict):
        return sum(_values(each) for name, each in told.items() if name != "__typename")
    return sum(map(_values, told)) if isinstance(told, list) else told is not None


def _all_cursors(told: Any, key: str) -> list[str]:
    if isinstance(told, list):
        return [cursor for each in told for cursor in _all_cursors(each, key)]
    if not isinstance(told, dict):
        return []
    if isinstance(told.get(key), dict):
        return [edge["cursor"] for edge in told[key]["edges"]]
    return [cursor for each in told.values() for cursor in _all_cursors(each, key)]
