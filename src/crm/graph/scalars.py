"""Scalars, printed exactly as PostgreSQL's `row_to_json` prints them: loaders and compiled statements give equal bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from crm.core.clock import print_instant
from crm.core.errors import BadUserInput

YEARS = range(1900, 2200)
"""Years that anything here can mean; beyond them sums overflow and the database says infinity."""


def _parse_instant(text: object) -> datetime:
    """RFC 3339 with a zone; a local time without one would mean something else to every reader."""
    if not isinstance(text, str):
        raise GraphQLError("An instant is a string such as 2026-01-31T09:00:00Z.")
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None and instant.year in YEARS:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError("An instant needs a date of 1900 to 2199, a time and a zone, such as 2026-01-31T09:00:00Z.")


def _parse_date(text: object) -> date:
    if isinstance(text, str) and len(text) == 10:
        try:
            day = date.fromisoformat(text)
            if day.year in YEARS:
                return day
        except ValueError:
            pass
    raise GraphQLError("A date of 1900 to 2199 looks like 2026-01-31.")


def _parse_decimal(text: object) -> Decimal:
    """From a string or an integer. A float has lost digits before it arrives, so it is refused."""
    if isinstance(text, str | int) and not isinstance(text, bool) and len(str(text)) <= 40:
        try:
            value = Decimal(text)
            if value.is_finite() and abs(value.adjusted()) <= 30:
                return value
        except InvalidOperation:
            pass
    raise GraphQLError('A decimal is a string such as "1250.00".')


_PARSERS: dict[type, Any] = {datetime: _parse_instant, date: _parse_date, Decimal: _parse_decimal}


def revived(kind: type, value: Any) -> Any:
    """A value of a filter that was kept as JSON, as the scalar makes it; what came with a request is that already."""
    if not isinstance(value, str) or kind not in _PARSERS:
        return value
    try:
        return _PARSERS[kind](value)
    except GraphQLError as error:
        raise BadUserInput("The segment asks for a value that is none.") from error


def _print_decimal(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


SCALARS: dict[Any, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, RFC 3339: `2026-01-31T01:00:00+00:00`. Any zone is taken, none is not.",
        serialize=print_instant,
        parse_value=_parse_instant,
    ),
    date: strawberry.scalar(name="Date", description="A day: `2026-01-31`.", serialize=date.isoformat, parse_value=_parse_date),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string with the column\'s scale: `"1250.0000"`. Never a float.',
        serialize=_print_decimal,
        parse_value=_parse_decimal,
    ),
}
