"""What a subscription's payload is read from: the event's cursor, and the record it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.grants import Rights
from crm.access.select import by_ids
from crm.access.viewer import ANONYMOUS
from crm.graph.context import Database
from crm.graph.nouns import Noun, noun_named, noun_of_record
from crm.graph.rows import Row
from crm.services.topics import TOPICS, Topic


@dataclass(frozen=True, slots=True)
class Pushed:
    """The root of one event's selection."""

    cursor: str
    topic: Topic
    row: Row

    @property
    def deleted(self) -> bool:
        """Whether the record lies in the recycle bin: that it went is all that is told of it."""
        return self.row.record.get("deleted_at") is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """The record of an event as it is now, for whoever the gate lets through."""

    noun: Noun
    record: Mapping[str, Any]

    def row(self, rights: Rights) -> Row:
        """As somebody with these rights reads it: fields that their roles hide stay hidden."""
        return Row(self.noun, dict(self.record), rights)


def noun_of_event(topic: Topic, record_id: UUID) -> Noun | None:
    """The noun of the record that an event names; None for what nobody can read."""
    named = TOPICS[topic].type
    return noun_of_record(record_id) if named is None else noun_named(named)


async def subject_of(database: Database, topic: Topic, record_id: UUID) -> Subject | None:
    """Read a record once for all who are told of it. Who that is, is the gate's to say: here nobody is asked."""
    noun, binds = noun_of_event(topic, record_id), Binds()
    if noun is None:
        return None
    source = noun.source
    if TOPICS[topic].binned and noun.rule.recycled:
        source = replace(source, columns=(*source.columns, "deleted_at"))
    text, values = binds.statement(by_ids(source, [record_id], ANONYMOUS.rights, binds, card=True), ANONYMOUS)
    async with database.connection() as connection:
        rows = await connection.fetch(text, *values)
    return Subject(noun, rows[0]) if rows else None
