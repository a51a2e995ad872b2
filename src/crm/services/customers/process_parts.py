"""Writing what hangs on the records of the sales process: one tool for stakeholders, team, tasks and competitors.

Whoever may change the record may change these; they are told in its change log, and nothing else of the record changes: a
colleague who ticks off a task must not make a form that somebody else has open go stale. The record is locked first, so that the
rows of one record are written one after another, and what must be unique under it can be looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.access.grants import Action
from crm.core.errors import Duplicate, NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case, field_name
from crm.rules.customers.sales_processes import PROCESSES, SalesProcess
from crm.services.arguments import told_at
from crm.services.deeds import Deed
from crm.services.records import FieldChange, check_frozen, check_version, claim, entity_of, insert, record_change, revise
from crm.services.system.owned import models
from crm.services.values import loggable

RECORD = ("input", "recordId")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One sort of such rows: its model and kind, the list of the record that shows it, and its name in the verbs of the log."""

    model: type[Model]
    kind: Kind
    list: str
    word: str
    told: tuple[str, ...]
    """The columns that the change log tells."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row and the record it hangs on, both locked."""

    process: SalesProcess
    record: Any
    row: Any


async def record_of(deed: Deed, part: Part, record_id: str, action: Action = Action.UPDATE) -> tuple[SalesProcess, Any]:
    """Lock the record that a row is to be added to."""
    for process in PROCESSES:
        if parse_id(record_id, process.kind) is not None:
            record: Any = await claim(deed, _model(process), record_id, action, where=RECORD)
            _check_frozen(deed, part, record, RECORD)
            return process, record
    raise NotFound(RECORD)


async def held(deed: Deed, part: Part, row_id: str, action: Action = Action.UPDATE, *, version: int | None = None) -> Held:
    """Lock a row by way of its record. Which one that is never changes, so it can be read before the lock."""
    key = parse_id(row_id, part.kind)
    columns = ", ".join(process.column for process in PROCESSES)
    found = await deed.rows(f"SELECT {columns} FROM {part.model._meta.db_table} WHERE id = $1", key)
    for process in PROCESSES:
        if found and (record_id := found[0][process.column]) is not None:
            record: Any = await claim(deed, _model(process), str(record_id), action)
            row: Any = await part.model.filter(id=key).using_db(deed.tx).select_for_update(no_key=True).first()
            if row is None:
                break  # somebody removed it while we waited for its record
            check_version(row, version)
            _check_frozen(deed, part, record, ("id",))
            return Held(process, record, row)
    raise NotFound(("id",))


async def refuse_second(deed: Deed, part: Part, process: SalesProcess, record: Any, column: str, key: UUID, message: str) -> None:
    """A record names nobody twice."""
    query = f"SELECT 1 FROM {part.model._meta.db_table} WHERE {process.column} = $1 AND {column} = $2"
    if await deed.rows(query, record.id, key):
        raise Duplicate(message, ("input", camel_case(column)))


async def add(deed: Deed, part: Part, process: SalesProcess, record: Any, values: Mapping[str, Any]) -> Any:
    """Write a new row under its locked record."""
    row, _ = await insert(deed, part.model, part.kind, {**values, process.column: record.id})
    await _log(deed, part, record, f"add{part.word}", None, _told(part, row))
    return row


async def change(deed: Deed, part: Part, found: Held, values: Mapping[str, Any], verb: str = "update") -> UUID:
    """Write new values of a row; nothing is written where nothing changes."""
    before = _told(part, found.row)
    if await revise(deed, found.row, values):
        await _log(deed, part, found.record, f"{verb}{part.word}", before, _told(part, found.row))
    return UUID(str(found.row.id))


async def remove(deed: Deed, part: Part, found: Held) -> UUID:
    """Take a row away for good; what it was stands in the log of its record."""
    await found.row.delete(using_db=deed.tx)
    await _log(deed, part, found.record, f"remove{part.word}", _told(part, found.row), None)
    return UUID(str(found.row.id))


def _check_frozen(deed: Deed, part: Part, record: Any, where: tuple[str, ...]) -> None:
    """The list stands on the record's type; it is frozen or hidden as a field of that."""
    with told_at(*where):
        check_frozen(deed, entity_of(record), [part.list])


def _model(process: SalesProcess) -> type[Model]:
    return next(model for model in models() if model._meta.db_table == process.table)


def _told(part: Part, row: Any) -> dict[str, Any]:
    return {"id": str(row.id)} | {field_name(name): loggable(getattr(row, name)) for name in part.told}


async def _log(deed: Deed, part: Part, record: Any, verb: str, old: Any, new: Any) -> None:
    await record_change(deed, record, f"{entity_of(record)}.{verb}", [FieldChange(part.list, old, new)])
