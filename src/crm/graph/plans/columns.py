"""How PostgreSQL prints a column as the API does, and how Python reads back what it printed.

`row_to_json` prints texts, whole numbers, booleans, ids, days and instants (with the session's zone UTC) as our scalars do.
Decimals go out as text, which keeps the column's scale.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

import crm.models
from crm.graph.declarations import Column

PLAIN = "{}"
AS_TEXT = "{}::text"
_PRINTED: dict[type, str] = {str: PLAIN, int: PLAIN, bool: PLAIN, datetime: PLAIN, date: PLAIN, Decimal: AS_TEXT}

_READERS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (fields.DatetimeField, PLAIN, datetime.fromisoformat),
    (fields.DateField, PLAIN, date.fromisoformat),
    (fields.DecimalField, AS_TEXT, Decimal),
    (fields.UUIDField, PLAIN, UUID),
    (fields.JSONField, AS_TEXT, str),  # as the driver hands it to the reference way
)


def printed(column: Column) -> str | None:
    """How a field's column becomes JSON; None for types that only Python can print.

    The members of our enums are named as their values are stored; one that is not is left to Python.
    """
    if issubclass(column.type, enum.Enum):
        return PLAIN if all(member.name == member.value for member in column.type) else None
    return _PRINTED.get(column.type)


@cache
def _by_table() -> Mapping[str, Mapping[str, fields.Field[Any]]]:
    models = [each for each in vars(crm.models).values() if isinstance(each, type) and issubclass(each, Model)]
    return MappingProxyType({
        model._meta.db_table: {made.source_field or name: made for name, made in model._meta.fields_map.items()}
        for model in models
    })  # fmt: skip


@cache
def carried(table: str, column: str) -> tuple[str, Callable[[Any], Any] | None]:
    """How a raw column travels to Python inside JSON: its expression, and what makes it the driver's value again."""
    made = _by_table()[table].get(column)
    for kind, expression, reader in _READERS:
        if isinstance(made, kind):
            return expression, reader
    if made is None or isinstance(made, fields.relational.ForeignKeyFieldInstance):
        return PLAIN, UUID  # the column of a reference, which its model names without `_id`
    return PLAIN, None
