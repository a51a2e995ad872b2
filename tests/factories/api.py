"""A client of the API as tests use it: one person asking, and an office that hires people and counts rows.

A test module makes its fixture from these: `office = pytest.fixture(opened)` has a database of each test's own,
`office = pytest.fixture(scope="module")(kept)` one for all tests of the file, for files that only read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
from graphql import GraphQLField, GraphQLObjectType, OperationType
from tests.conftest import make_settings
from tests.servers import Databases, cloned

from crm.app import create_app
from crm.core.ids import make_id
from crm.core.kinds import Kind
from crm.models import Role, User
from crm.resolvers.root import build_schema
from crm.services.system import departments, passwords, roles, users
from crm.services.system.accounts import create_sessions, system_deed
from crm.services.system.defaults import ADMINISTRATOR
from crm.store.counting import StatementCount, count_statements
from crm.store.database import Database

PASSWORD = "a right long one"
USER_ERRORS = "userErrors { code message field currentVersion }"
EVERYTHING = ("CREATE", "READ", "UPDATE", "DELETE", "SHARE", "TRANSFER", "EXPORT", "IMPORT", "ADMINISTER")


@dataclass(frozen=True)
class Answer:
    """What came back of one request."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def errors(self) -> list[dict[str, Any]]:
        return list(self.body.get("errors", ()))

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


class Api:
    """One caller. Argument types are read from the schema, so a test writes only names and values."""

    def __init__(self, client: httpx.AsyncClient, token: str | None = None, id: str = "", username: str = "") -> None:
        self.client = client
        self.token = token
        self.id = id
        self.username = username

    async def post(self, body: Any, **headers: str) -> Answer:
        """Send a body as it is; bytes are sent untouched."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        told = {"Content-Type": "application/json"} | sent | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.post("/graphql", headers=told, **content)
        return Answer(answer.status_code, answer.json(), answer.headers)

    async def run(self, query: str, **variables: Any) -> Answer:
        """Run a document."""
        return await self.post({"query": query, "variables": variables})

    async def read(self, query: str, **variables: Any) -> Any:
        """The data of a document that must succeed."""
        answer = await self.run(query, **variables)
        assert answer.errors == [], answer.body
        assert answer.status == 200, answer.body
        return answer.data

    async def ask(self, name: str, selection: str = "", **arguments: Any) -> Any:
        """The value of one root field of Query."""
        return (await self.read(document("query", name, selection, arguments), **arguments))[name]

    async def asked(self, name: str, selection: str = "", **arguments: Any) -> Answer:
        """The same, where errors may be the point."""
        return await self.run(document("query", name, selection, arguments), **arguments)

    async def tried(self, name: str, selection: str = "", **arguments: Any) -> Any:
        """The payload of a mutation, refused or not."""
        return (await self.read(document("mutation", name, f"{selection} {USER_ERRORS}", arguments), **arguments))[name]

    async def do(self, name: str, selection: str = "", **arguments: Any) -> Any:
        """The payload of a mutation that must be done: the record it selects, or all of it."""
        payload = await self.tried(name, selection, **arguments)
        assert payload["userErrors"] == [], payload
        found = [value for key, value in payload.items() if key != "userErrors"]
        return found[0] if len(found) == 1 else payload

    async def refusals(self, name: str, **arguments: Any) -> list[tuple[str, list[str] | None]]:
        """The codes and fields of a mutation's refusals."""
        payload = await self.tried(name, **arguments)
        assert payload["userErrors"], "nothing was refused"
        return [(error["code"], error["field"]) for error in payload["userErrors"]]

    async def pages(self, name: str, size: int, *, backwards: bool = False, **arguments: Any) -> AsyncIterator[list[str]]:
        """The ids of every page of a root list, walked by cursors from one end to the other."""
        cursor: str | None = None
        while True:
            step = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
            page = await self.ask(name, PAGE, **arguments, **{key: value for key, value in step.items() if value is not None})
            yield [node["id"] for node in page["nodes"]]
            info = page["pageInfo"]
            if not info["hasPreviousPage" if backwards else "hasNextPage"]:
                return
            cursor = info["startCursor" if backwards else "endCursor"]


PAGE = "nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


@cache
def root_field(operation: str, name: str) -> GraphQLField:
    """A field of Query or Mutation as the schema has it."""
    kind = build_schema()._schema.get_root_type(OperationType(operation))
    assert isinstance(kind, GraphQLObjectType)
    return kind.fields[name]


def document(operation: str, name: str, selection: str, arguments: Iterable[str]) -> str:
    """A document with one root field whose arguments are all variables."""
    takes = root_field(operation, name).args
    names = list(arguments)
    declared = ", ".join(f"${each}: {takes[each].type}" for each in names)
    given = ", ".join(f"{each}: ${each}" for each in names)
    chosen = f" {{ {selection} }}" if selection.strip() else ""
    return f"{operation}{f'({declared})' if names else ''} {{ {name}{f'({given})' if names else ''}{chosen} }}"


class Office:
    """A database with the people a test hires, over one application."""

    admin: Api

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client = client
        self.database = database
        self.anonymous = Api(client)

    async def signed_in(self, username: str) -> Api:
        """Another session of somebody who works here."""
        user = await User.get(username=username)
        tokens = await create_sessions(self.database, username, 1) if user.active else [None]
        return Api(self.client, tokens[0], str(user.id), username)

    async def hire(
        self,
        username: str,
        grants: Mapping[str, str] | None = None,
        *,
        hidden: Iterable[str] = (),
        frozen: Iterable[str] = (),
        **values: Any,
    ) -> Api:
        """A new person. `grants` are `{"customer.READ": "OWN", "contact.*": "ALL"}`; `hidden`, `frozen` are `entity.field`."""
        given = {"username": username, "display_name": username, "password": PASSWORD, **values}
        if grants is not None:
            given["role_ids"] = [str(await self.role(f"role of {username}", grants, hidden=hidden, frozen=frozen))]
        async with system_deed(self.database, "hire") as deed:
            await users.create(deed, given)
        return await self.signed_in(username)

    async def role(self, name: str, grants: Mapping[str, str], *, hidden: Iterable[str] = (), frozen: Iterable[str] = ()) -> UUID:
        """A new role."""
        rows = []
        for key, scope in grants.items():
            entity, _, action = key.partition(".")
            actions = EVERYTHING if action == "*" else (action,)
            rows += [{"entity": entity, "action": each, "scope": scope} for each in actions]
        kept = [(key, "HIDDEN") for key in hidden] + [(key, "FROZEN") for key in frozen]
        restrictions = [
            dict(zip(("entity", "field"), key.split(".", 1), strict=True)) | {"restriction": restriction}
            for key, restriction in kept
        ]
        async with system_deed(self.database, "role") as deed:
            return await roles.create(deed, {"name": name, "grants": rows, "field_grants": restrictions})

    async def department(self, name: str, parent: UUID | None = None) -> UUID:
        """A new department."""
        async with system_deed(self.database, "department") as deed:
            return await departments.create(deed, {"name": name, "parent_id": str(parent) if parent else None})

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """Rows of a statement of the test's own."""
        async with self.database.connection() as connection:
            return list(await connection.fetch(sql, *values))

    async def value(self, sql: str, *values: object) -> Any:
        """The one value of a statement of the test's own."""
        return (await self.rows(sql, *values))[0][0]

    async def numbered(self) -> None:
        """Wait until a relay has given its number to all that was recorded.

        That is a moment later where nothing wakes the relay, and whoever begins to listen before it is told of it.
        """
        async with asyncio.timeout(20):
            while await self.value("SELECT count(*) FROM event WHERE seq IS NULL"):
                await asyncio.sleep(0.01)

    async def checksums(self) -> dict[str, tuple[int, int]]:
        """Of every table: how many rows, and what they hold. But for the hearts of workers, which beat by themselves."""
        tables = [
            row[0]
            for row in await self.rows(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'procrastinate_workers' ORDER BY 1"
            )
        ]
        sums = [
            f"SELECT '{name}' t, count(*) n, coalesce(sum(hashtextextended(x::text, 0)), 0) h FROM \"{name}\" x"
            for name in tables
        ]
        return {row["t"]: (row["n"], row["h"]) for row in await self.rows(" UNION ALL ".join(sums))}

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """Nothing that happens inside changes a row of any table."""
        before = await self.checksums()
        yield
        after = await self.checksums()
        changed = sorted(name for name in before if before[name] != after[name])
        assert not changed, f"these tables changed: {', '.join(changed)}"

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[StatementCount]:
        """The statements sent inside."""
        with count_statements() as count:
            yield count


def cheap_passwords() -> None:
    """Hashing that costs next to nothing, for this process's tests."""
    if not passwords.COST:
        passwords.COST.update(time_cost=1, memory_cost=8, parallelism=1)
        passwords._hasher.cache_clear()
        passwords._nobody.cache_clear()


async def staffed(client: httpx.AsyncClient, database: Database) -> Office:
    """An office with its first administrator."""
    cheap_passwords()
    office = Office(client, database)
    role = await Role.get(name=ADMINISTRATOR)
    office.admin = await office.hire("admin", display_name="管理员", role_ids=[str(role.id)])
    return office


async def opened(client: httpx.AsyncClient, database: Database) -> Office:
    """Fixture: an office of the test's own."""
    return await staffed(client, database)


async def kept(databases: Databases) -> AsyncIterator[Office]:
    """Fixture of a whole file: an office that its tests only read."""
    with TemporaryDirectory() as folder:
        async with cloned(databases) as database:
            app = create_app(make_settings(database, Path(folder)), database, background=False)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client,
            ):
                yield await staffed(client, database)


def unknown(kind: Kind) -> str:
    """An id of this kind that nothing has; always the same, so that it can stand in the name of a test."""
    return str(make_id(kind, 1_700_000_000_000, 42))
