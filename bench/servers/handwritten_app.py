"""A server that does nothing but Q1, Q2 and Q3, each in one statement by hand, under the same record rights as ours.

No GraphQL, no documents, no field rights. A token is looked up once and then believed for ever; the people below the viewer and
the ways a share reaches them are read with our own loader at that moment, so both sides bind the same ids.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn

from bench.documents import NAMES, handwritten
from crm.access.loading import load_by_token
from crm.cli.listening import SERVER
from crm.core.kinds import Kind

SHARED = "s.principal_id = ANY($2) AND (s.expires_at IS NULL OR s.expires_at > now())"
AT_HAND = f"""(p.owner_id IN (SELECT unnest($1::uuid[]))
  OR EXISTS (SELECT FROM share s WHERE s.record_id = p.id AND {SHARED} OFFSET 0))"""
FROM_FEW = f"""p.id IN (SELECT o.id FROM party o WHERE o.owner_id = ANY($1)
  UNION SELECT s.record_id FROM share s WHERE s.record_kind = {int(Kind.PARTY)} AND {SHARED})"""
"""Who writes by hand knows both forms too: the row at hand for people who see much, the few ids for those who see little.

`OFFSET 0` keeps PostgreSQL from turning the test of one row into a table of all 10,000 shares, made anew for each page: that
costs a page five times as much. `unnest` lets it look an owner up instead of comparing with 401 people one after the other.
"""

VARIABLES: dict[str, Callable[[dict[str, Any]], tuple[object, ...]]] = {
    "q1": lambda given: (UUID(given["id"]),),
    "q2": lambda given: (datetime.fromisoformat(given["before"]),),
    "q3": lambda given: (datetime.fromisoformat(given["before"]), given["lifecycle"]),
}
JSON = [(b"content-type", b"application/json")]


@dataclass(frozen=True, slots=True)
class Person:
    """What is bound of a viewer, and the statements in the form that suits them."""

    staff: list[UUID]
    principals: list[UUID]
    statements: dict[str, str]


class Application:
    """POST /q1, /q2, /q3 with the variables as JSON."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.people: dict[str, Person] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        try:
            status, content = 200, await self.answer(scope["path"][1:], dict(scope["headers"]), orjson.loads(body))
        except Exception as error:  # noqa: BLE001 -- told to the client, which stops the run
            status, content = 500, repr(error).encode()
        headers = [*JSON, (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def answer(self, name: str, headers: dict[bytes, bytes], given: dict[str, Any]) -> bytes:
        token = headers[b"authorization"].decode().removeprefix("Bearer ")
        person = self.people.get(token) or await self.person(token)
        values = VARIABLES[name](given)
        async with self.pool.acquire() as connection:
            found: bytes = await connection.fetchval(person.statements[name], person.staff, person.principals, *values)
        return found

    async def person(self, token: str) -> Person:
        async with self.pool.acquire() as connection:
            viewer = await load_by_token(connection, token)
        if viewer is None:
            raise PermissionError("this token is not good")
        lists = FROM_FEW if "party" in viewer.rights.narrow else AT_HAND
        statements = {name: handwritten(name).replace("{rights}", AT_HAND if name == "q1" else lists) for name in NAMES}
        self.people[token] = Person(list(viewer.staff), list(viewer.principals), statements)
        return self.people[token]


class Reader(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A pooled connection without the round trip that resets it: nothing is set on it."""

    def get_reset_query(self) -> str:
        return ""


async def raw_json(connection: asyncpg.Connection) -> None:
    """JSON comes as the bytes it is."""
    await connection.set_type_codec("json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")


async def main(url: str, size: int) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    settings = {"timezone": "UTC", "application_name": "by hand"}
    async with asyncpg.create_pool(
        url, min_size=1, max_size=size, connection_class=Reader, init=raw_json, server_settings=settings
    ) as pool:
        server = uvicorn.Server(uvicorn.Config(Application(pool), **(SERVER | {"lifespan": "off", "ws": "none"})))
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        await server.serve(sockets=[listening])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvicorn.Config(main).get_loop_factory()) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
