"""Typed filters, made from a noun's declaration: operators, `and`/`or`/`not`, conditions on related records.

`customers(filter: {lifecycle: {in: [LEAD]}, contacts: {some: {name: {startsWith: "王"}}}})`
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from crm.access.branches import named
from crm.access.conditions import Compare, Condition, During, Every, Not, Operator, Related, Some, Tagged
from crm.access.grants import Rights
from crm.access.periods import Period
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.ids import parse_id
from crm.core.text import escape_like
from crm.graph.custom_fields import custom_condition
from crm.graph.declarations import Column, ToMany, ToOne
from crm.graph.nouns import Noun, hidden_fields, list_of, noun_named, optional, reference
from crm.graph.scalars import revived
from crm.graph.segments import Segments

strawberry.enum(Period, description="A stretch of the viewer's calendar (时段), named from today: in their time zone.")

MAX_LISTED = 100
MAX_DEPTH = 6
"""Filters nest no deeper, and `in` takes no more values, than a person's screen or a sane client needs."""

_DESCRIPTIONS = {
    "eq": "Equal to this.",
    "ne": "Not equal to this; rows without a value count as not equal.",
    "in": "Equal to one of these (at most 100).",
    "lt": "Less than this.",
    "lte": "Less than or equal to this.",
    "gt": "Greater than this.",
    "gte": "Greater than or equal to this.",
    "startsWith": "Begins with this, letter case included. `%` and `_` stand for themselves.",
    "contains": "Contains this, in any letter case. `%` and `_` stand for themselves.",
    "isNull": "Has no value (true) or has one (false).",
    "during": "Lies in this period of the viewer's: their time zone, weeks from Monday.",
    "before": "Is earlier than this period of the viewer's began.",
}
_ORDERED = ("eq", "ne", "in", "lt", "lte", "gt", "gte", "isNull")
_TIMELY = (*_ORDERED, "during", "before")
_OPERATORS: dict[type, tuple[str, tuple[str, ...]]] = {
    str: ("Text", ("eq", "ne", "in", "startsWith", "contains", "isNull")),
    bool: ("Boolean", ("eq", "isNull")),
    int: ("Int", _ORDERED),
    Decimal: ("Decimal", _ORDERED),
    datetime: ("DateTime", _TIMELY),
    date: ("Date", _TIMELY),
    UUID: ("Id", ("eq", "ne", "in", "isNull")),
}
_made: dict[object, type] = {}


def _input(name: str, fields: dict[str, tuple[Any, str]], description: str, *, key: str | None = None) -> type:
    """A Strawberry input type with these optional fields: GraphQL name → (type, description). `key` is a text that it needs."""
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    if key is not None:
        namespace |= {"__annotations__": {"key": str}, "key": strawberry.field(description=key)}
    for field_name, (kind, text) in fields.items():
        python_name = f"{field_name}_"
        namespace["__annotations__"][python_name] = kind | None if isinstance(kind, type) else kind
        namespace[python_name] = strawberry.field(name=field_name, description=text, default=strawberry.UNSET)
    return strawberry.input(type(name, (), namespace), name=name, description=description)


def _operators(python_type: type) -> type:
    """The comparison input of a Python type, such as `TextFilter` or `LifecycleFilter`."""
    if python_type not in _made:
        enumerated = issubclass(python_type, enum.Enum)
        name, operators = (python_type.__name__, ("eq", "ne", "in", "isNull")) if enumerated else _OPERATORS[python_type]
        value: Any = strawberry.ID if python_type is UUID else python_type
        periods = dict.fromkeys(("during", "before"), Period | None)
        kinds: dict[str, Any] = {"in": list[value] | None, "isNull": bool | None, **periods}
        fields = {
            key: (kinds.get(key, value | None if isinstance(value, type) else optional(value)), _DESCRIPTIONS[key])
            for key in operators
        }
        _made[python_type] = _input(f"{name}Filter", fields, f"Conditions on one {name} value; all given ones must hold.")
    return _made[python_type]


def filter_of(target: type) -> type:
    """The filter input of a noun: every filterable column, every relation, and `and`, `or`, `not`."""
    entry = noun_named(target.__name__)
    room_name = f"{target.__module__.split('.')[2]}.{target.__name__}"
    own: Any = reference(room_name, "Filter")
    fields: dict[str, tuple[Any, str]] = {
        "and": (optional(list_of(own)), "All of these hold."),
        "or": (optional(list_of(own)), "At least one of these holds."),
        "not": (optional(own), "This does not hold."),
    }
    for name, made in entry.fields.items():
        label = to_camel_case(name)
        match made:
            case Column(filterable=True, type=kind):
                chosen = UUID if name == "id" else kind
                fields[label] = (optional(_operators(chosen)), f"Condition on `{label}`.")
            case ToOne(target=other, card=card, along=None):
                fields[label] = (optional(reference(other, "Filter")), f"Condition on the visible record at `{label}`.")
                if card:
                    fields[f"{label}Id"] = (optional(_operators(UUID)), f"Condition on the id at `{label}`.")
            case ToMany(target=other, owned=False):
                fields[label] = (optional(_list_filter(other)), f"Condition on the visible records in `{label}`.")
            case _:
                pass
    if entry.rule.owned and entry.rule.kind is not None:
        fields["tags"] = (optional(list[strawberry.ID]), "Has at least one of the tags with these ids.")
        fields["customFields"] = (optional(list_of(_custom_filter())), CUSTOM)
    if entry.segmented:
        fields["inSegment"] = (optional(strawberry.ID), SEGMENT)
    return _input(
        f"{target.__name__}Filter", fields, f"Which rows of a list of {target.__name__}; all given conditions must hold."
    )


CUSTOM = "Conditions on custom fields (自定义字段), at most 20; all of them hold."
SEGMENT = "Is in the segment (客群) with this id, as far as the viewer sees segment and record."
_ASKED = {"text": str, "number": Decimal, "day": date, "yesNo": bool, "option": UUID, "user": UUID, "record": UUID}


def _custom_filter() -> type:
    """The condition on one custom field: its key, and beside it what is asked, under the name for the type of its values."""
    if "custom" not in _made:
        fields: dict[str, tuple[Any, str]] = {
            name: (optional(_operators(kind)), f"Condition on the `{name}` of its value.") for name, kind in _ASKED.items()
        }
        fields["isNull"] = (optional(bool), "Has no value (true) or has one (false).")
        text = "A condition on one custom field (自定义字段); all that is asked of it must hold."
        _made["custom"] = _input("CustomValueFilter", fields, text, key="The key of the field.")
    return _made["custom"]


def _list_filter(target: str) -> type:
    name = target.rpartition(".")[2]
    if target not in _made:
        inner = optional(reference(target, "Filter"))
        fields = {
            "some": (inner, "At least one visible record fulfils this."),
            "none": (inner, "No visible record fulfils this."),
        }
        _made[target] = _input(f"{name}ListFilter", fields, f"Conditions on a list of {name}.")
    return _made[target]


def given(value: Any) -> dict[str, Any]:
    """The fields of a filter that the client wrote, by GraphQL name: of Strawberry's input, or of what that is made from."""
    if isinstance(value, dict):
        return value
    definition = get_object_definition(value, strict=True)
    pairs = ((item.graphql_name or item.python_name, getattr(value, item.python_name)) for item in definition.fields)
    return {name: found for name, found in pairs if found is not strawberry.UNSET}


def condition_of(entry: Noun, wanted: Any, rights: Rights, depth: int = 1, saved: Segments = Segments()) -> Condition:  # noqa: B008 -- of no segment nothing is known
    """A client's filter as a condition; fields the viewer may not see cannot be asked about. `saved` are segments it names."""
    if depth > MAX_DEPTH:
        raise BadUserInput(f"`filter` nests deeper than {MAX_DEPTH}.")
    parts: list[Condition] = []
    for name, value in given(wanted).items():
        if value is None:
            raise BadUserInput(f"`filter.{name}` is null; leave it out, or ask `isNull`.")
        parts.append(_part(entry, name, value, rights, depth, saved))
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _part(entry: Noun, name: str, value: Any, rights: Rights, depth: int, saved: Segments) -> Condition:
    match name:
        case "and" | "or":
            parts = tuple(condition_of(entry, item, rights, depth + 1, saved) for item in _listed(name, value))
            return Every(parts) if name == "and" else Some(parts)
        case "not":
            return Not(condition_of(entry, value, rights, depth + 1, saved))
        case "inSegment" if entry.segmented:
            return saved.condition(entry, value, rights, condition_of)
        case "tags" | "customFields" if entry.rule.owned and entry.rule.kind is not None:
            return _beside(entry, name, value, rights)
    return _declared_part(entry, name, value, rights, depth, saved)


def _beside(entry: Noun, name: str, value: Any, rights: Rights) -> Condition:
    """What hangs on records of all owned nouns."""
    if name == "customFields":
        return custom_condition(entry, [given(each) for each in _listed(name, value)], rights, _comparisons)
    if "tags" in hidden_fields(entry, rights):
        raise FieldForbidden(entry.key("tags"))
    return Tagged(tuple(_ids(_listed(name, value))))


def _declared_part(entry: Noun, name: str, value: Any, rights: Rights, depth: int, saved: Segments) -> Condition:
    field_name, made = _declared(entry, name)
    if field_name in hidden_fields(entry, rights):
        raise FieldForbidden(entry.key(field_name))
    match made:
        case Column(column=column, type=kind):
            return _comparisons(name, column, UUID if field_name == "id" else kind, value)
        case ToOne(column=column, card=True) if name == f"{to_camel_case(field_name)}Id":
            return _comparisons(name, column, UUID, value)
        case ToOne(target=target, column=column, card=card):
            other = noun_named(target)
            inner = condition_of(other, value, rights, depth + 1, saved)
            return Related(other.rule, column, "id", _typed(other, inner), card)
        case ToMany(target=target, column=column):
            return _over_list(noun_named(target), column, value, rights, depth, saved)
    raise BadUserInput(f"`filter.{name}` cannot be asked about.")


def _declared(entry: Noun, name: str) -> tuple[str, Any]:
    found = _by_label(entry).get(name)
    if found is None:
        raise BadUserInput(f"`filter.{name}` cannot be asked about.")
    return found


@cache
def _by_label(entry: Noun) -> dict[str, tuple[str, Any]]:
    """Name in a filter → field and declaration; a reference can be asked about by its id as well."""
    labels = {to_camel_case(name): (name, made) for name, made in entry.fields.items()}
    ids = {f"{label}Id": found for label, found in labels.items() if isinstance(found[1], ToOne)}
    return ids | labels


def _typed(entry: Noun, condition: Condition) -> Condition:
    """Where one table holds several types, only rows of this one count."""
    fixed = tuple(Compare(column, Operator.EQ, value) for column, value in entry.source.fixed)
    return Every((*fixed, condition)) if fixed else condition


def _over_list(other: Noun, column: str, value: Any, rights: Rights, depth: int, saved: Segments) -> Condition:
    parts: list[Condition] = []
    for quantifier, wanted in given(value).items():
        if wanted is None:
            raise BadUserInput(f"`{quantifier}` is null; leave it out.")
        related = Related(
            named(other.rule.name), "id", column, _typed(other, condition_of(other, wanted, rights, depth + 1, saved))
        )
        parts.append(related if quantifier == "some" else Not(related))
    return Every(tuple(parts))


def _comparisons(name: str, column: str, kind: type, value: Any) -> Condition:
    parts: list[Condition] = []
    for operator, operand in given(value).items():
        if operand is None:
            raise BadUserInput(f"`filter.{name}.{operator}` is null; ask `isNull`.")
        if operator in ("during", "before"):
            parts.append(During(column, Period(str(_value(name, operand))), before=operator == "before", days=kind is date))
        else:
            parts.append(Compare(column, Operator(operator), _operand(name, Operator(operator), kind, operand)))
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _operand(name: str, operator: Operator, kind: type, operand: Any) -> object:
    if operator is Operator.IS_NULL:
        return bool(operand)
    if operator is Operator.IN:
        values = _listed(name, operand)
        return _ids(values) if kind is UUID else [_value(name, revived(kind, item)) for item in values]
    if kind is UUID:
        return parse_id(operand) or UUID(int=0)
    value = _value(name, revived(kind, operand))
    if operator is Operator.STARTS_WITH:
        return f"{escape_like(str(value))}%"
    return f"%{escape_like(str(value))}%" if operator is Operator.CONTAINS else value


def _value(name: str, value: Any) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str) and ("\x00" in value or len(value) > 1000):
        raise BadUserInput(f"`filter.{name}` has a text that no record can hold.")
    return value


def _listed(name: str, values: list[Any]) -> list[Any]:
    if len(values) > MAX_LISTED or None in values:
        raise BadUserInput(f"`filter.{name}` takes at most {MAX_LISTED} values, none of them null.")
    return values


def _ids(values: list[str]) -> list[UUID]:
    """Ids that cannot be ours match nothing, as unknown ones do."""
    return [found for value in values if (found := parse_id(value)) is not None]
