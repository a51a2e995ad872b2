"""The types of custom fields: where their values stand, what can be asked of them, and what they can be turned into."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID

from crm.core.money import exceeds


class FieldType(StrEnum):
    """字段类型. What sort of value a custom field has."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    MONEY = "MONEY"
    DATE = "DATE"
    OPTION = "OPTION"
    MULTI_OPTION = "MULTI_OPTION"
    USER = "USER"
    RECORD = "RECORD"
    YES_NO = "YES_NO"


@dataclass(frozen=True, slots=True)
class Holding:
    """How values of a type are kept: the column, its Python type, and by which name clients ask about it.

    `order` is the column that lists are put in order by, None where there is no order that anybody would understand.
    `distinct`: whether two records can be kept from having the same.
    """

    column: str
    kind: type
    asked: str
    given: str
    order: str | None = None
    distinct: bool = False


_TEXT = Holding("text", str, "text", "text", "text_key", distinct=True)
_NUMBER = Holding("number", Decimal, "number", "number", "number", distinct=True)
HELD: Mapping[FieldType, Holding] = {
    FieldType.TEXT: _TEXT,
    FieldType.NUMBER: _NUMBER,
    FieldType.MONEY: _NUMBER,
    FieldType.DATE: Holding("day", date, "day", "day", "day", distinct=True),
    FieldType.OPTION: Holding("option_id", UUID, "option", "option_id"),
    FieldType.MULTI_OPTION: Holding("option_id", UUID, "option", "option_ids"),
    FieldType.USER: Holding("user_id", UUID, "user", "user_id", distinct=True),
    FieldType.RECORD: Holding("target_id", UUID, "record", "record_id", distinct=True),
    FieldType.YES_NO: Holding("yes_no", bool, "yesNo", "yes_no", "yes_no"),
}
ORDERS: Mapping[str, type] = {"text_key": str, "number": Decimal, "day": date, "yes_no": bool}
"""The columns that lists can be put in order by, and what is in them."""

WITH_DEFAULT = frozenset({FieldType.TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.OPTION, FieldType.YES_NO})
MOST_TEXT = 500
"""Characters of a text: more would not fit into an index."""
MOST_OPTIONS = 20
"""Options that one record has of one field."""
MOST_FIELDS = 100
"""Fields of one entity, retired ones included."""

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Conversion(StrEnum):
    """What has to be done with the values of a field whose type changes."""

    KEEP = "KEEP"
    PRINT = "PRINT"
    READ_NUMBER = "READ_NUMBER"
    READ_DATE = "READ_DATE"
    ONE_EACH = "ONE_EACH"


_NUMBERS = (FieldType.NUMBER, FieldType.MONEY)
_CONVERSIONS: Mapping[tuple[FieldType, FieldType], Conversion] = {
    (FieldType.NUMBER, FieldType.MONEY): Conversion.KEEP,
    (FieldType.MONEY, FieldType.NUMBER): Conversion.KEEP,
    (FieldType.OPTION, FieldType.MULTI_OPTION): Conversion.KEEP,
    (FieldType.MULTI_OPTION, FieldType.OPTION): Conversion.ONE_EACH,
    (FieldType.DATE, FieldType.TEXT): Conversion.PRINT,
    (FieldType.TEXT, FieldType.DATE): Conversion.READ_DATE,
    **{(kind, FieldType.TEXT): Conversion.PRINT for kind in _NUMBERS},
    **{(FieldType.TEXT, kind): Conversion.READ_NUMBER for kind in _NUMBERS},
}


def conversion(before: FieldType, after: FieldType) -> Conversion | None:
    """How values of one type become values of another; None where nobody could say what they would be."""
    return _CONVERSIONS.get((before, after))


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if exceeds(value, 20, 4):
        raise ValueError(text)
    return value


_READERS: Mapping[FieldType, Callable[[str], object]] = {
    FieldType.TEXT: str,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: date.fromisoformat,
    FieldType.OPTION: str,
    FieldType.YES_NO: {"true": True, "false": False}.__getitem__,
}


def default_of(kind: FieldType, text: str) -> object:
    """The default of a field, from the text it was written as; of an option its code. Raises ValueError for what is none."""
    try:
        return _READERS[kind](text)
    except (KeyError, InvalidOperation) as error:
        raise ValueError(text) from error
