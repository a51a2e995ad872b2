"""Values that came from outside, checked against the columns they are meant for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from crm.core.clock import print_instant
from crm.core.errors import DomainError, Invalid, Refusals, Required
from crm.core.money import exceeds
from crm.core.naming import camel_case
from crm.core.text import clean, has_nul

MAX_TEXT = 20_000
_INT32 = 2**31

Values = Mapping[str, Any]


def checked(model: type[Model], values: Values, path: tuple[str, ...] = ("input",)) -> dict[str, Any]:
    """The values as their columns take them. Everything that is wrong is refused together, so a form can mark every field."""
    errors: list[DomainError] = []
    result: dict[str, Any] = {}
    for name, value in values.items():
        where = (*path, camel_case(name))
        try:
            result[name] = _checked(model._meta.fields_map[name], value, where)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return result


def columns(model: type[Model], given: Values, lists: Sequence[str] = ()) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was given for the record's own row: (plain values, checked; references, still to be resolved).

    `lists` are those of its value rows, which have tables of their own. So have custom fields (`custom_values.py`).
    """
    own = {name: value for name, value in given.items() if name not in lists and name != "custom_fields"}
    references = {name: value for name, value in own.items() if name.endswith("_id")}
    return checked(model, {name: value for name, value in own.items() if name not in references}), references


def _checked(field: Any, value: Any, where: tuple[str, ...]) -> Any:
    if isinstance(value, str) and not isinstance(field, fields.UUIDField):
        value = _text(field, value, where)
    if value is None:
        if not field.null:
            raise Required("A value is needed here.", where)
        return None
    if isinstance(field, fields.DecimalField):
        return _decimal(field, value, where)
    if isinstance(field, fields.IntField | fields.SmallIntField) and not -_INT32 <= value < _INT32:
        raise Invalid("The number is too large.", where)
    return value


def _text(field: Any, value: str, where: tuple[str, ...]) -> str | None:
    """Text without stray spaces; an empty one is no value."""
    if has_nul(value):
        raise Invalid("The text has a NUL character.", where)
    multiline = isinstance(field, fields.TextField)
    text = value.strip() if multiline else clean(value)
    limit = MAX_TEXT if multiline else getattr(field, "max_length", MAX_TEXT)
    if len(text) > limit:
        raise Invalid(f"The text is longer than {limit} characters.", where)
    return text or None


def _decimal(field: Any, value: Decimal, where: tuple[str, ...]) -> Decimal:
    if exceeds(value, field.max_digits, field.decimal_places):
        raise Invalid(
            f"At most {field.max_digits - field.decimal_places} digits before the point and {field.decimal_places} after it.",
            where,
        )
    return value


def loggable(value: Any) -> Any:
    """A value as the change log keeps it: JSON that is printed as the API prints it."""
    if isinstance(value, datetime):
        return print_instant(value.astimezone(UTC))
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {key: loggable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [loggable(item) for item in value]
    return value
