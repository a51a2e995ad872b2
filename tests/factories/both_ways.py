"""One office asked both ways: every reading is answered by a plan and by the reference, and must be the same to the byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from tests.conftest import make_settings
from tests.factories.api import Answer, Api, Office, document
from tests.factories.two_ways import Different, client_of


class BothWays:
    """Whoever asks, asks twice."""

    def __init__(self, office: Office, reference: Any) -> None:
        self.office, self.reference = office, reference

    async def run(self, who: Api, query: str, **variables: Any) -> Answer:
        """The answer of both ways."""
        one = await who.run(query, **variables)
        other = Api(self.reference, who.token, who.id, who.username)
        two = await other.run(query, **variables)
        if orjson.dumps(_told(one)) != orjson.dumps(_told(two)):
            raise Different(f"{query}\n{variables}\nplanned   {_told(one)}\nreference {_told(two)}")
        return one

    async def ask(self, who: Api, name: str, selection: str, **arguments: Any) -> Any:
        """The value of one root field of Query, which must be answered."""
        answer = await self.asked(who, name, selection, **arguments)
        assert answer.errors == [], answer.body
        return answer.data[name]

    async def asked(self, who: Api, name: str, selection: str, **arguments: Any) -> Answer:
        """The same, where errors may be the point."""
        return await self.run(who, document("query", name, selection, arguments), **arguments)

    async def walked(self, who: Api, name: str, **arguments: Any) -> tuple[list[str], list[str]]:
        """The names of a list's records, walked by pages of two from the start, and from the end."""
        page = "nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        ways: list[list[str]] = []
        for size, cursor, more, end in (
            ("first", "after", "hasNextPage", "endCursor"),
            ("last", "before", "hasPreviousPage", "startCursor"),
        ):
            names: list[str] = []
            place: dict[str, Any] = {}
            while True:
                found = await self.ask(who, name, page, **arguments, **{size: 2}, **place)
                nodes = [node["name"] for node in found["nodes"]]
                names = names + nodes if size == "first" else nodes + names
                if not found["pageInfo"][more]:
                    break
                place = {cursor: found["pageInfo"][end]}
            ways.append(names)
        return ways[0], ways[1]


def _told(answer: Answer) -> Any:
    return {"status": answer.status, "data": answer.data, "errors": answer.errors}


@asynccontextmanager
async def both_ways(office: Office, folder: Path) -> AsyncIterator[BothWays]:
    """The office, and beside its application one without plans."""
    async with client_of(make_settings(office.database, folder, plans=False), office.database) as reference:
        yield BothWays(office, reference)
