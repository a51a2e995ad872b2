"""The GraphQL schema as the house tests walk it: what is a list, what is a record, what can be asked in a filter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
)
from tests.factories.company import Company, Fact
from tests.factories.company_custom import HELD
from tests.factories.oracle import PARTIES, TABLES, TO_MANY, TO_ONE, snake

from crm.core.clock import print_instant
from crm.resolvers.root import build_schema

SCHEMA = build_schema()._schema
CONNECTION = "Connection"
T = TypeVar("T")


def batched(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The things in lists of at most `size`: as many aliases as fit into one document."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


@dataclass(frozen=True)
class RootList:
    """A paged list among the root fields."""

    name: str
    type: str
    arguments: dict[str, Any]


def element(field: GraphQLField) -> str | None:
    """The type of the rows of a paged list; None for any other field."""
    named = get_named_type(field.type)
    if isinstance(named, GraphQLObjectType) and named.name.endswith(CONNECTION) and "nodes" in named.fields:
        return get_named_type(named.fields["nodes"].type).name
    return None


def root_lists() -> list[RootList]:
    """`customers`, `contacts`, …: the lists of nouns, which take filters and orders."""
    assert SCHEMA.query_type
    found = []
    for name, made in SCHEMA.query_type.fields.items():
        type_ = element(made)
        if type_ is not None and {"filter", "orderBy"} <= set(made.args):
            found.append(RootList(name, type_, made.args))
    return found


def root_singles() -> dict[str, str]:
    """`customer(id)` and its like: field → type."""
    assert SCHEMA.query_type
    return {
        name: get_named_type(made.type).name
        for name, made in SCHEMA.query_type.fields.items()
        if element(made) is None
        and set(made.args) == {"id"}
        and isinstance(get_named_type(made.type), GraphQLObjectType | GraphQLInterfaceType)
    }


def nodes() -> list[str]:
    """Every object type that `node(id)` can answer."""
    return sorted(made.name for made in SCHEMA.get_possible_types(SCHEMA.type_map["Node"]))  # type: ignore[arg-type]


def fields_of(type_name: str) -> dict[str, GraphQLField]:
    """The fields of an object or interface type."""
    made = SCHEMA.type_map[type_name]
    assert isinstance(made, GraphQLObjectType | GraphQLInterfaceType)
    return made.fields


def lists_of(type_name: str) -> dict[str, str]:
    """The paged lists of a type: field → type of its rows."""
    return {name: other for name, made in fields_of(type_name).items() if (other := element(made)) is not None}


def orders_of(arguments: dict[str, Any]) -> list[str]:
    """What a list can be ordered by, as enum names."""
    wanted = get_named_type(arguments["orderBy"].type)
    named = get_named_type(wanted.fields["field"].type)
    assert isinstance(named, GraphQLEnumType)
    return list(named.values)


def written(value: Any) -> Any:
    """A fact's value as a client writes it."""
    if isinstance(value, datetime):
        return print_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value if isinstance(value, str | int | bool | None) else str(value)


def filters_of(company: Company, type_name: str) -> list[dict[str, Any]]:
    """Filters over every field that a list of this type can be filtered by, with values that rows of the company have."""
    made = SCHEMA.type_map[f"{type_name}Filter"]
    assert isinstance(made, GraphQLInputObjectType)
    rows = [fact for fact in company.of(TABLES[type_name]) if type_name not in PARTIES or fact["type"] == PARTIES[type_name]]
    found: list[dict[str, Any]] = []
    for place, (name, item) in enumerate(made.fields.items()):
        inner = get_named_type(item.type)
        if name in ("and", "or", "not"):
            one, other = ({"id": {"eq": str(rows[index % len(rows)].id)}} for index in (3, 8))
            found.append({name: other if name == "not" else [one, other]})
        elif name == "customFields":
            found += [{name: [asked]} for asked in custom_filters(company, type_name)]
        elif name == "inSegment":
            found += [{name: str(row.id)} for row in company.of("segment") if row["holds"].title() in (type_name, "Party")]
        elif name == "tags":
            found += [{name: [str(tag.id)]} for tag in company.of("tag")]
        elif name in TO_MANY.get(TABLES[type_name], {}):
            found += _list_filters(company, name, TO_MANY[TABLES[type_name]][name][0], place)
        elif name in TO_ONE.get(TABLES[type_name], {}):
            target = TO_ONE[TABLES[type_name]][name][1]
            found += [{name: part} for part in related_filters(company, target, place)]
        else:
            edge = TO_ONE.get(TABLES[type_name], {}).get(name.removesuffix("Id")) if name.endswith("Id") else None
            column = edge[0] if edge else snake(name)
            found += [{name: asked} for asked in _comparisons(inner, [row[column] for row in rows], place)]
    return found


def related_filters(company: Company, type_name: str, place: int) -> Iterator[dict[str, Any]]:
    """Some conditions on a related row: that there is one, which one, by one of its own columns, and one level further."""
    rows = company.of(TABLES[type_name])
    yield {}
    yield {"id": {"in": [str(fact.id) for fact in rows[place % 7 :: 5]][:20]}}
    made = SCHEMA.type_map[f"{type_name}Filter"]
    assert isinstance(made, GraphQLInputObjectType)
    names = list(made.fields)
    name = names[4 + place % (len(names) - 4)]
    inner = get_named_type(made.fields[name].type)
    if isinstance(inner, GraphQLInputObjectType) and "isNull" in inner.fields and "key" not in inner.fields:
        yield {name: {"isNull": False}}
    for further, (other, _) in TO_MANY.get(TABLES[type_name], {}).items():
        if further not in made.fields:
            continue  # another type of the same table has it
        yield {further: {"some": {}}} if place % 2 else {further: {"none": {"id": {"ne": str(company.of(TABLES[other])[0].id)}}}}
    for further, (_, other, card) in TO_ONE.get(TABLES[type_name], {}).items():
        if not card and further in made.fields:
            yield {further: {"id": {"in": [str(fact.id) for fact in company.of(TABLES[other])[::3]][:40]}}}


def custom_filters(company: Company, type_name: str) -> Iterator[dict[str, Any]]:
    """Conditions on each custom field of a type: that there is a value, and comparisons with those that records have."""
    made = SCHEMA.type_map["CustomValueFilter"]
    assert isinstance(made, GraphQLInputObjectType)
    for place, field in enumerate(row for row in company.of("custom_field") if row["entity"] == snake(type_name)):
        if field["deleted_at"] is None:
            column = HELD[field["type"]]
            values = [row[column] for row in company.of("custom_value") if row["field_id"] == field.id]
            asked = {"option_id": "option", "user_id": "user", "target_id": "record", "yes_no": "yesNo"}.get(column, column)
            yield {"key": field["key"], "isNull": bool(place % 2)}
            for compared in _comparisons(get_named_type(made.fields[asked].type), values, place):
                yield {"key": field["key"], asked: compared}


def _list_filters(company: Company, name: str, other: str, place: int) -> Iterator[dict[str, Any]]:
    yield {name: {"some": {}}}
    yield {name: {"none": {}}}
    for part in related_filters(company, other, place):
        if part:
            yield {name: {"some": part}}


def _comparisons(made: Any, values: list[Any], place: int) -> Iterator[dict[str, Any]]:
    """Two or three conditions on a column, the operators taking turns from column to column."""
    held = sorted({written(value) for value in values if value is not None}, key=str)
    assert isinstance(made, GraphQLInputObjectType)
    operators = [name for name in made.fields if name not in ("isNull", "in", "during", "before")]
    yield {"isNull": bool(place % 2)}
    if "during" in made.fields:
        yield {"during": "THIS_YEAR"} if place % 2 else {"before": "TODAY"}
    if not held:
        return
    if "in" in made.fields:
        yield {"in": [held[place % len(held)], held[len(held) // 2]]}
    for turn in range(2):
        operator = operators[(place + turn) % len(operators)]
        value = held[(place * 5 + turn * 11) % len(held)]
        if operator == "startsWith":
            yield {operator: value[: max(3, len(value) // 2)]}
        elif operator == "contains":
            yield {operator: value[1 : 1 + max(3, len(value) // 2)].upper()}
        else:
            yield {operator: value}


def value_of(fact: Fact, name: str) -> Any:
    """The value of a plain field as the API prints it."""
    return written(fact["written" if name == "raw" else snake(name)])
