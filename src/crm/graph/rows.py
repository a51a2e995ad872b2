"""A row as resolvers see it: a plain record with its noun and the rights it was read under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Rights
from crm.core.errors import FieldForbidden
from crm.graph.declarations import Column
from crm.graph.nouns import Noun, hidden_fields


class Row:
    """One record. Fields are read through `read`, which refuses the hidden ones; relations go through the loaders."""

    __slots__ = ("hidden", "noun", "record")

    def __init__(self, noun: Noun, record: Mapping[str, Any], rights: Rights) -> None:
        self.noun = noun.concrete(record)
        self.record = record
        self.hidden = hidden_fields(self.noun, rights)

    @property
    def id(self) -> UUID:
        """The record's id."""
        found: UUID = self.record["id"]
        return found

    def check(self, name: str) -> None:
        """Refuse a field that no role of the viewer shows."""
        if name in self.hidden:
            raise FieldForbidden(self.noun.key(name))

    def read(self, name: str) -> object:
        """The value of a plain column."""
        self.check(name)
        declared = self.noun.fields[name]
        assert isinstance(declared, Column)
        value = self.record[declared.column]
        return str(value) if type(value) is UUID else value


def read_field(source: object, name: str) -> object:
    """Strawberry's default resolver: columns of rows, attributes of everything else."""
    return source.read(name) if type(source) is Row else getattr(source, name)
