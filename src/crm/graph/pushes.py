"""What a subscription's payload is read from: the event's cursor, and the record it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.grants import Rights
from crm.access.select import by_ids
from crm.access.viewer import ANONYMOUS
from crm.graph.context import Database
from crm.graph.nouns import Noun, noun_named
from crm.graph.rows import Row


@dataclass(frozen=True, slots=True)
class Pushed:
    """The root of one event's selection."""

    cursor: str
    row: Row


@dataclass(frozen=True, slots=True)
class Subject:
    """The record of an event as it is now, for whoever the gate lets through."""

    noun: Noun
    record: Mapping[str, Any]

    def row(self, rights: Rights) -> Row:
        """As somebody with these rights reads it: fields that their roles hide stay hidden."""
        return Row(self.noun, dict(self.record), rights)


async def subject_of(database: Database, type_name: str, record_id: UUID) -> Subject | None:
    """Read a record once for all who are told of it. Who that is, is the gate's to say: here nobody is asked."""
    noun, binds = noun_named(type_name), Binds()
    text, values = binds.statement(by_ids(noun.source, [record_id], ANONYMOUS.rights, binds, card=True), ANONYMOUS)
    async with database.connection() as connection:
        rows = await connection.fetch(text, *values)
    return Subject(noun, rows[0]) if rows else None
