"""Bringing the schema to where the code expects it: Tortoise's own migrations, one process at a time.

Tortoise records a migration after its statements were committed; a crash between the two would run it again. Here both are in one
transaction, except for a migration that says `atomic = False`, because it does what PostgreSQL does not do inside one.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations import operations as ops
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.operations import Operation
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State as Models
from tortoise.migrations.schema_generator.state_apps import StateApps

from crm.store.advisory import advisory_lock
from crm.store.database import APP, MIGRATIONS, Database, open_database, tortoise_config
from crm.store.errors import StoreError

LOCK = "migrations"
ZERO = "zero"
HEAD = "head"
TABLE = "tortoise_migrations"

PLAIN = (ops.CreateModel, ops.AddField, ops.AlterModelOptions, ops.RunSQL)
"""Operations that need only the models as they are with all of them done, and no models that can be asked for rows."""
COMPARING = (ops.AlterField,)
"""Those that need the models as they were, too."""

Progress = Callable[[str, bool], None]
"""Called before each step with the migration's name and whether it is being undone."""


@dataclass(frozen=True)
class State:
    """What the code has and what the database has had done to it."""

    known: tuple[str, ...]
    applied: tuple[str, ...]

    @property
    def pending(self) -> list[str]:
        """Migrations the code has and the database has not."""
        return [name for name in self.known if name not in self.applied]

    @property
    def unknown(self) -> list[str]:
        """Migrations of a newer version of the code."""
        return [name for name in self.applied if name not in self.known]


def known() -> tuple[str, ...]:
    """The names of the migrations of this version, in order."""
    folder = import_module(MIGRATIONS).__path__
    return tuple(sorted(found.name for found in pkgutil.iter_modules(folder) if found.name[0].isdigit()))


async def state(database: Database) -> State:
    """Where this database stands."""
    async with database.connection() as connection:
        if await connection.fetchval("SELECT to_regclass($1)", TABLE) is None:
            return State(known(), ())
        rows = await connection.fetch("SELECT name FROM tortoise_migrations WHERE app = $1 ORDER BY name", APP)
    return State(known(), tuple(row["name"] for row in rows))


async def pending(database: Database) -> list[str]:
    """The migrations this database still needs."""
    return (await state(database)).pending


async def migrate(url: str, target: str = HEAD, progress: Progress | None = None) -> list[str]:
    """Go to `target` (`head`, `zero`, or a name or its number), forward or backward, and return the steps taken."""
    async with open_database(url, max_size=2, statement_seconds=0, shared=False) as database, advisory_lock(url, LOCK):
        before = await state(database)
        if before.unknown:
            raise StoreError(
                f"The database is newer than this version of crm (it has {before.unknown[-1]}): install the newer one."
            )
        name = _resolve(target, before.known)
        if name == ZERO and not before.applied:
            return []
        run = _Run(database, MigrationExecutor(database.client, tortoise_config("")["apps"]), before.applied)
        steps = await run.plan(name)
        for step in steps:
            if progress:
                progress(step.migration.name, step.backward)
            await run.take(step)
        return [step.migration.name for step in steps]


def _resolve(target: str, names: tuple[str, ...]) -> str:
    if target in (HEAD, ZERO) or target in names:
        return target
    matches = [name for name in names if name.startswith(target)]
    if len(matches) != 1:
        raise StoreError(
            f"There is no migration {target}: the names are {', '.join(names) or 'not there yet'}, or {HEAD} or {ZERO}."
        )
    return matches[0]


class _Run:
    """One way to a target.

    Tortoise's executor plans it and knows the models as of each migration; taking a step is ours, so that the step and its record
    are one transaction. The private names below are the price; the tests of this file notice when one of them moves.
    """

    def __init__(self, database: Database, executor: MigrationExecutor, applied: tuple[str, ...]) -> None:
        self.database = database
        self.executor = executor
        self.applied = {MigrationKey(APP, name) for name in applied}
        self.forward: Models | None = None
        self.backward: dict[MigrationKey, Models] = {}

    async def plan(self, name: str) -> list[PlanStep]:
        await self.executor.recorder.ensure_schema(self.executor._schema_editor(atomic=False))  # noqa: SLF001
        special = {HEAD: "__latest__", ZERO: "__first__"}
        steps = await self.executor.plan([MigrationTarget(APP, special.get(name, name))])
        with _without_querysets():
            if any(step.backward for step in steps):
                self.backward = await self.executor._project_state_cache(self.applied)  # noqa: SLF001
            else:
                self.forward = await self.executor._project_state(self.applied)  # noqa: SLF001
        return steps

    async def take(self, step: PlanStep) -> None:
        if not step.migration.atomic:
            await self._take(step, self.database.client)
            return
        async with self.database.transaction() as transaction:
            await self._take(step, transaction)

    async def _take(self, step: PlanStep, client: BaseDBAsyncClient) -> None:
        name = step.migration.name
        editor = self.executor._schema_editor(atomic=step.migration.atomic)  # noqa: SLF001
        editor.client = client
        recorder = MigrationRecorder(client)
        if step.backward:
            await self._backward(step, editor)
            await recorder.record_unapplied(APP, name)
        else:
            await self._forward(step, editor)
            await recorder.record_applied(APP, name)

    async def _forward(self, step: PlanStep, editor: BaseSchemaEditor) -> None:
        """As the migration does it itself; but for every operation that copies all models and makes their querysets twice.

        With fifty tables that was all but a tenth of the time a fresh database takes.
        """
        assert self.forward is not None
        if not _is_plain(step, PLAIN + COMPARING):
            self.forward.apps._build_initial_querysets()  # noqa: SLF001 -- it may ask for rows
            await step.migration.apply(self.forward, schema_editor=editor)
            return
        with _without_querysets():
            for operation in step.migration.operations:
                before = self.forward.clone() if isinstance(operation, COMPARING) else self.forward
                operation.state_forward(APP, self.forward)
                await operation.database_forward(APP, before, self.forward, editor)
        self.forward.validate_relations_initialized()

    async def _backward(self, step: PlanStep, editor: BaseSchemaEditor) -> None:
        """As the migration does it itself; but for every operation that copies all models twice."""
        before = self.backward[MigrationKey(APP, step.migration.name)]
        if not _is_plain(step, PLAIN + COMPARING) or not all(
            getattr(each, "reversible", True) for each in step.migration.operations
        ):
            before.apps._build_initial_querysets()  # noqa: SLF001 -- it may ask for rows
            await step.migration.unapply(before, schema_editor=editor)
            return
        with _without_querysets():
            after = before.clone()
            for operation in step.migration.operations:
                operation.state_forward(APP, after)
        for operation in reversed(step.migration.operations):
            await operation.database_backward(APP, after, before, editor)


def _is_plain(step: PlanStep, plain: tuple[type[Operation], ...]) -> bool:
    return bool(step.migration.atomic) and all(isinstance(each, plain) for each in step.migration.operations)


@contextmanager
def _without_querysets() -> Iterator[None]:
    """Models as of a migration that are made in this block can make tables, and no queries: those cost more than all the rest."""
    made = StateApps._build_initial_querysets  # noqa: SLF001
    StateApps._build_initial_querysets = lambda self: None  # type: ignore[method-assign] # noqa: SLF001, ARG005
    try:
        yield
    finally:
        StateApps._build_initial_querysets = made  # type: ignore[method-assign] # noqa: SLF001
