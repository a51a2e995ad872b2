"""Custom fields in filters and orders: a key becomes the field it names, and what is asked of it a condition or an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from crm.access.catalogue import CustomField
from crm.access.conditions import Compare, Condition, Every, Not, Operator, Some, Valued
from crm.access.grants import Rights
from crm.access.keyset import Term
from crm.core.errors import BadUserInput, FieldForbidden
from crm.graph.nouns import Noun, hidden_fields
from crm.rules.system.field_types import ORDERS

MOST_ASKED = 20
HAS_VALUE = Every(())

Comparisons = Callable[[str, str, type, Any], Condition]
"""How the comparisons on one column become a condition: (name, column, type, what is asked)."""


def custom_condition(entry: Noun, asked: Sequence[dict[str, Any]], rights: Rights, compared: Comparisons) -> Condition:
    """What a filter asks of custom fields. Of an interface, the rows of each type are asked about the field of that type."""
    if len(asked) > MOST_ASKED:
        raise BadUserInput(f"`filter.customFields` takes at most {MOST_ASKED} conditions.")
    parts = []
    for each in asked:
        found = _named(entry, each["key"], rights, "filter.customFields")
        wanted = {name: value for name, value in each.items() if name != "key"}
        parts.append(Some(tuple(_typed(entry, field, _asked(field, wanted, compared)) for field in found)))
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def custom_terms(entry: Noun, key: str, rights: Rights, *, descending: bool) -> tuple[Term, ...]:
    """An order by a custom field."""
    (field,) = _named(entry, key, rights, "orderBy.customField")
    column = field.held.order
    if not field.sortable or column is None:
        raise BadUserInput(f"`orderBy.customField`: {field.key} is not sortable.")
    return Term(column, descending, ORDERS[column], nullable=True, field=field.id), Term("id", descending, UUID)


def _named(entry: Noun, key: str, rights: Rights, where: str) -> list[CustomField]:
    """The fields of this key, of each type behind the noun; refused where one is hidden or there is none."""
    if "custom_fields" in hidden_fields(entry, rights):
        raise FieldForbidden(entry.key("custom_fields"))
    found = [rights.custom.fields[entity, key] for entity in entry.entities if (entity, key) in rights.custom.fields]
    for field in found:
        if field.permission in rights.hidden:
            raise FieldForbidden(field.permission)
    if not found:
        raise BadUserInput(f"`{where}` names {key[:40]!r}, which is no custom field of {' or '.join(entry.entities)}.")
    return found


def _typed(entry: Noun, field: CustomField, condition: Condition) -> Condition:
    """Values belong to records of the field's own entity, so their type need not be asked; that there is none must be."""
    value = next((value for value, noun in entry.variants.items() if noun.entity == field.entity), None)
    return condition if value is None else Every((Compare(entry.rule.discriminator or "", Operator.EQ, value), condition))


def _asked(field: CustomField, wanted: dict[str, Any], compared: Comparisons) -> Condition:
    where = f"customFields.{field.key}"
    if not field.filterable:
        raise BadUserInput(f"`filter.{where}` cannot be asked about.")
    parts: list[Condition] = []
    for name, value in wanted.items():
        if value is None:
            raise BadUserInput(f"`filter.{where}.{name}` is null; leave it out, or ask `isNull`.")
        if name == "isNull":
            parts.append(_bare(field, value))
        elif name == field.held.asked:
            parts.append(_compared(field, where, value, compared))
        else:
            raise BadUserInput(f"`filter.{where}` is asked about by `{field.held.asked}`, not by `{name}`.")
    if not parts:
        raise BadUserInput(f"`filter.{where}` asks nothing.")
    return Every(tuple(parts))


def _bare(field: CustomField, bare: bool) -> Condition:
    held = Valued(field.id, HAS_VALUE)
    return Not(held) if bare else held


def _compared(field: CustomField, where: str, value: Any, compared: Comparisons) -> Condition:
    """Comparisons of one value with several bounds are about the same value; what no value may be is asked by itself."""
    asked = value if isinstance(value, dict) else _given(value)
    column, kind = field.held.column, field.held.kind
    parts: list[Condition] = []
    together = {name: operand for name, operand in asked.items() if name not in ("ne", "isNull")}
    if together:
        parts.append(Valued(field.id, compared(where, column, kind, together)))
    if "ne" in asked:
        parts.append(Not(Valued(field.id, compared(where, column, kind, {"eq": asked["ne"]}))))
    if asked.get("isNull") is not None:
        parts.append(_bare(field, asked["isNull"]))
    return Every(tuple(parts))


def _given(value: Any) -> dict[str, Any]:
    from crm.graph.filters import given  # filters are made of these conditions, and these of filters

    return given(value)
