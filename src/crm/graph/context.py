"""One operation: its viewer, its loaders, its way to the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from graphql import DocumentNode
from strawberry.dataloader import DataLoader

from crm.access.binds import Binds
from crm.access.grants import Rights
from crm.access.select import guarded
from crm.access.viewer import Viewer, same_rights
from crm.core.errors import RequestError, Unauthenticated


class Connection(Protocol):
    """A database connection, as far as reading needs it."""

    async def fetch(self, query: str, *args: object) -> list[Mapping[str, Any]]:
        """All rows."""

    async def execute(self, query: str) -> Any:
        """Run what has no rows."""

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """A block that is a transaction."""


class Database(Protocol):
    """Where reading connections come from."""

    def connection(self) -> AbstractAsyncContextManager[Any]:
        """A connection for reading."""


class RightsMoved(RequestError):
    """Rights changed while an operation was reading. Queries are run again; clients see this only at the end of a mutation."""

    code = "CONFLICT"

    def __init__(self) -> None:
        super().__init__("Your rights changed while this was being read. Ask again.")


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of the request that an operation came in."""

    id: str
    address: str
    user_agent: str | None = None
    token: str | None = None


Render = Callable[[Rights, Binds], str]
Prepare = Callable[[Viewer], tuple[str, list[object]]]


class NotPlanned(Exception):
    """This operation, or this part of it, is left to graphql-core; the text says why."""


class Plans(Protocol):
    """The fast way of reading, as far as a resolver needs it."""

    async def record(self, operation: Operation, info: Any, noun: Any, key: UUID, *, known: bool) -> Any:
        """What the field at hand shows of one record."""


@dataclass(slots=True)
class Operation:
    """The context of one GraphQL operation (over a socket: of one event), fresh each time, so that nothing in it gets old."""

    database: Database
    viewer: Viewer
    request: Request
    reload: Callable[[], Awaitable[Viewer | None]]
    services: Any = None
    plans: Plans | None = None
    document: DocumentNode | None = None
    moved: bool = False
    wrote: bool = False
    reads: int = 0
    proven: bool = False
    """Whoever an event is rendered for may see its record, all of them: it is not judged again (`endpoints/pushes/gate.py`)."""
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def rights(self) -> Rights:
        """The viewer's permission set."""
        return self.viewer.rights

    def loader(self, key: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        """The one loader of this operation under a key; made on first use."""
        if key not in self._loaders:
            self._loaders[key] = DataLoader(load_fn=load)
        return self._loaders[key]

    def forget(self) -> None:
        """Drop all that was read: after a mutation's commit every payload is read anew."""
        self._loaders.clear()
        self.reads = 0

    async def fetch(self, render: Render) -> list[Mapping[str, Any]]:
        """Run one guarded statement under the viewer's rights; its rows without the guard's own columns being empty."""

        def prepare(viewer: Viewer) -> tuple[str, list[object]]:
            binds = Binds()
            return binds.statement(guarded(render(viewer.rights, binds), binds), viewer)

        return await self.run(prepare)

    async def run(self, prepare: Prepare, *, generic: bool = False) -> list[Mapping[str, Any]]:
        """Run one statement that says beside its rows whether the viewer it was made for still is who they were.

        `generic`: by a plan that is made once for all values, where making one takes longer than running it.

        A stale viewer means starting over (`RightsMoved`, which the endpoint answers by running the query again): permissions
        and filters were judged, and rows perhaps read, under rights that are gone. Only the first read after a mutation's
        commit, which looks up the payload's record and nothing else, goes on with the viewer loaded anew.
        """
        for _ in range(3):
            viewer = self.viewer
            text, values = prepare(viewer)
            async with self.database.connection() as connection:
                rows = await (_by_one_plan(connection, text, values) if generic else connection.fetch(text, *values))
            if _fresh(rows[0], viewer):
                self.reads += 1
                return rows
            # Two statements under way at once both find the viewer stale; the second uses what the first has loaded.
            if self.viewer is viewer and await self._holds(rows[0], viewer):
                self.reads += 1
                return rows
        raise RightsMoved

    async def _holds(self, row: Mapping[str, Any], viewer: Viewer) -> bool:
        """Load the viewer anew; whether nothing of theirs has changed.

        The epoch is everybody's: where somebody else's rights were edited, what was read holds, because the viewer had the same
        rights before and after. Otherwise people who are being hired one after another would keep all others from reading.
        """
        fresh = await self.reload()
        if fresh is not None and row["_live"] and same_rights(fresh, viewer):
            self.viewer = fresh
            return True
        if self.reads or not self.wrote:
            self.moved = True
            raise RightsMoved
        if fresh is None:
            raise Unauthenticated("The session has ended. Sign in again.")
        self.viewer = fresh
        return False


async def _by_one_plan(connection: Connection, text: str, values: Sequence[object]) -> list[Mapping[str, Any]]:
    """Run a statement by its generic plan. Said inside a transaction, so that nothing of it stays, however this ends."""
    async with connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        rows: list[Mapping[str, Any]] = await connection.fetch(text, *values)
    return rows


def _fresh(row: Mapping[str, Any], viewer: Viewer) -> bool:
    """Whether the viewer under whose rights the statement was rendered still had them when it ran."""
    live = row["_live"] or viewer.session is None
    return bool(live) and row["_epoch"] == viewer.epoch
