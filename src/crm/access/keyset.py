"""Order and keyset: where a page starts, told by the values of its order and never by an offset.

NULL counts as the largest value (PostgreSQL's own rule), so an ascending list ends with rows that have none and a descending one
starts with them, and one index serves both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from crm.access.binds import Binds, Later
from crm.core.errors import BadUserInput

CUSTOM = "_custom"
"""The column of a page that holds the value of the custom field it is ordered by."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term of an order: a column, its direction, its Python type, and whether it can be NULL.

    `field`: it is a custom field whose values stand in that column of their own table (`custom_orders.py`).
    """

    column: str
    descending: bool
    type: type
    nullable: bool = False
    field: UUID | None = None

    @property
    def shown(self) -> str:
        """The column of the rows of a page that holds its value."""
        return self.column if self.field is None else CUSTOM


def order_by(terms: Sequence[Term], alias: str, *, backwards: bool) -> str:
    """The ORDER BY list; a page that is read backwards is read in the opposite order and turned round afterwards."""
    return ", ".join(f"{alias}.{term.column} {_direction(term.descending is not backwards)}" for term in terms)


def beyond(terms: Sequence[Term], values: Sequence[object], alias: str, binds: Binds, *, backwards: bool) -> str:
    """Rows strictly after (or, `backwards`, before) the row that has these order values."""
    typed = [value if isinstance(value, Later) else order_value(term, value) for term, value in zip(terms, values, strict=True)]
    downs = [term.descending is not backwards for term in terms]
    # Downwards of a value there are only smaller values: NULL is the largest, so that an index can begin at the cursor here too.
    plain = not any(term.nullable for term in terms) or (downs[0] and None not in typed)
    if len(set(downs)) == 1 and plain:
        columns = ", ".join(f"{alias}.{term.column}" for term in terms)
        bound = ", ".join(binds.value(value) for value in typed)
        return f"({columns}) {'<' if downs[0] else '>'} ({bound})"
    alternatives = []
    for index, (term, value) in enumerate(zip(terms, typed, strict=True)):
        equal = [_equal(t, v, alias, binds) for t, v in zip(terms[:index], typed[:index], strict=True)]
        if (further := _further(term, value, alias, binds, down=downs[index])) is not None:
            alternatives.append(" AND ".join([*equal, further]))
    return f"({' OR '.join(f'({part})' for part in alternatives)})"


def _direction(descending: bool) -> str:
    return "DESC" if descending else "ASC"


def _equal(term: Term, value: object, alias: str, binds: Binds) -> str:
    column = f"{alias}.{term.column}"
    return f"{column} IS NULL" if value is None else f"{column} = {binds.value(value)}"


def _further(term: Term, value: object, alias: str, binds: Binds, *, down: bool) -> str | None:
    column = f"{alias}.{term.column}"
    if value is None:
        return f"{column} IS NOT NULL" if down else None
    if down:
        return f"{column} < {binds.value(value)}"
    test = f"{column} > {binds.value(value)}"
    return f"({test} OR {column} IS NULL)" if term.nullable else test


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return instant.astimezone(UTC)


_READERS: dict[type, Callable[[str], object]] = {
    str: str,
    UUID: UUID,
    datetime: _instant,
    date: date.fromisoformat,
    Decimal: Decimal,
}


def order_value(term: Term, value: object) -> object:
    """A cursor's value as the column's type. Cursors are a client's text: anything odd is refused before SQL sees it."""
    try:
        if value is None and term.nullable:
            return None
        if term.type in (int, bool) and type(value) is term.type and abs(int(value)) < 2**31:
            return value
        if term.type in _READERS and isinstance(value, str) and "\x00" not in value:
            return _READERS[term.type](value)
    except (ValueError, InvalidOperation, OverflowError):
        pass
    raise BadUserInput("The cursor is not one of this list.")
