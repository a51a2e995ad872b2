"""Arguments of generated documents: paging, orders, filters of every shape, and how they are written.

A value is made first, as a tree. Then it is written down: any part of it as a literal, as a variable, or as a variable's default.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
)
from tests.factories import inputs
from tests.factories.choices import Choices
from tests.factories.documents_values import Order, Values
from tests.factories.walk import SCHEMA, element

MOST_ROWS = 300
"""Rows that a chain of nested lists may multiply to."""
DEFAULT_PAGE = 20
WRONG_SIZES = (0, -1, 101, 2**31 - 1)
BROKEN = ("", "x", "WyJ4Il0", "!!!", "é", "bnVsbA", "eyJhIjoxfQ")
SOUGHT = {
    "query": ("agent", "customer", "outsider", "contact of", "word", "1380", "a", "%"),
    "entities": ("customer", "contact", "activity", "opportunity", "contract", "tag"),
    "states": ("LEAD", "ACTIVE", "OPEN", "PLANNED", "nothing"),
}
"""What is searched for, by the argument; of other arguments that are texts, names of entities."""
CUSTOM = "custom:"
"""Before the key of a custom field that a list is in the order of."""
ASKED = {
    "TEXT": "text", "NUMBER": "number", "MONEY": "number", "DATE": "day", "OPTION": "option", "MULTI_OPTION": "option",
    "USER": "user", "RECORD": "record", "YES_NO": "yesNo",
}  # fmt: skip
"""Type of a custom field → the name by which a filter asks about its values."""
BOUNDS = ("2025-12-20T00:00:00Z", "2026-04-01T00:00:00+08:00", "2026-12-31T00:00:00Z", "2040-01-01T00:00:00Z")


@dataclass
class Variables:
    """The variables of one operation."""

    declared: list[str] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)

    def add(self, declaration: str) -> str:
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {declaration}")
        return name


class Arguments:
    """Makes and writes the arguments of one operation's fields."""

    def __init__(self, choose: Choices, values: Values, variables: Variables) -> None:
        self.choose, self.values, self.variables = choose, values, variables

    def of(self, made: GraphQLField, rows: int) -> tuple[str, int]:
        """The arguments of a field, and how many rows one parent may then have. `rows`: how many parents there may be."""
        type_name = element(made)
        size = 1
        if type_name is None:
            given = {name: self._single(made, name, argument) for name, argument in made.args.items() if self._wanted(argument)}
        else:
            given, size = self._paging(type_name, rows)
            given |= self._listing(made, type_name, given)
        texts = [f"{name}: {self.write(made.args[name].type, value)}" for name, value in given.items() if name in made.args]
        return (f"({', '.join(texts)})" if texts else ""), size

    def condition(self) -> str:
        """The `if` of a directive."""
        value = self.choose.chance(50)
        if not self.choose.chance(40):
            return json.dumps(value)
        if self.choose.chance(30):
            return f"${self.variables.add(f'Boolean = {json.dumps(value)}')}"
        name = self.variables.add("Boolean!")
        self.variables.given[name] = value
        return f"${name}"

    def _wanted(self, argument: GraphQLArgument) -> bool:
        return isinstance(argument.type, GraphQLNonNull) or self.choose.chance(60)

    def _single(self, made: GraphQLField, name: str, argument: GraphQLArgument) -> Any:
        """An argument of a field that is no list of nouns."""
        inner = get_named_type(argument.type)
        if inner.name == "ID":
            meant = _meant(made, name)
            several = isinstance(get_nullable_type(argument.type), GraphQLList)
            found = [self.values.id(self.choose, meant if meant in _NOUNS else None) for _ in range(self.choose.number(1, 3))]
            return found if several else found[0]
        if inner.name == "DateTime":
            return self.choose.one(BOUNDS if name != "to" else BOUNDS[::-1])
        if isinstance(inner, GraphQLInputObjectType):
            return self.filter(inner.name, 1) if inner.name.endswith("Filter") else inputs.example(inner)
        if isinstance(inner, GraphQLEnumType):
            return self.choose.one(list(inner.values))
        if inner.name in ("Boolean", "Int"):
            return self.choose.chance(50) if inner.name == "Boolean" else self.choose.number(-1, 60)
        return self.choose.one(SOUGHT.get(name, ("customer", "contact", "tag", "call", "role", "share", "x", "")))

    def _paging(self, type_name: str, rows: int) -> tuple[dict[str, Any], int]:
        """How many rows, and from where; `orderBy` with it, since a cursor belongs to one order."""
        choose, given = self.choose, {}
        most = max(1, min(100, MOST_ROWS // rows))
        size = choose.number(1, min(5, most)) if not choose.chance(15) else most
        if choose.chance(4):
            given[choose.one(["first", "last"])] = choose.one(WRONG_SIZES)
        elif choose.chance(2):
            given |= {"first": size, "last": size}
        elif most < DEFAULT_PAGE or choose.chance(75):
            given["last" if choose.chance(25) else "first"] = size
        else:
            size = DEFAULT_PAGE
            given |= {"first": None} if choose.chance(10) else {}
        order = self._order(type_name)
        if order is not None:
            given["orderBy"] = [_term(name, way) for name, way in order]
        known = bool(self.values.cursors.get((type_name, order or ())))
        for name in ("after", "before"):
            if choose.chance(9 if known else 3):  # of an order that was not asked for yet it would be a wrong one
                given[name] = self._cursor(type_name, order or ())
        return given, size

    def _order(self, type_name: str) -> Order | None:
        if not self.choose.chance(50):
            return None
        custom = self.values.custom_orders(type_name)
        if custom and self.choose.chance(15):
            return ((f"{CUSTOM}{self.choose.one(custom)}", self.choose.one(["ASC", "DESC"])),)
        known = self.values.orders(type_name)
        if known and self.choose.chance(80):
            return self.choose.one(known)
        made = SCHEMA.type_map.get(f"{type_name}OrderField")
        names = list(made.values) if isinstance(made, GraphQLEnumType) else []
        least = 4 if self.choose.chance(3) else 0
        chosen = self.choose.some(names, least, max(least, 3)) + (names[:1] if self.choose.chance(3) else [])
        return tuple((name, self.choose.one(["ASC", "DESC"])) for name in chosen)

    def _cursor(self, type_name: str, order: Order) -> str | None:
        own = self.values.cursors.get((type_name, order), [])
        if own and not self.choose.chance(12):
            return self.choose.one(own)
        if self.choose.chance(50):
            return self.choose.one([None, *BROKEN])
        lists = sorted(name for name, held in self.values.cursors.items() if held)
        return self.choose.one(self.values.cursors[self.choose.one(lists)]) if lists else "x"

    def _listing(self, made: GraphQLField, type_name: str, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "entity" in made.args:
            found["entity"] = self.choose.one(["customer", "contact", "tag", "call", "role", "share", "x", "announcement"])
        if "filter" in made.args and self.choose.chance(35):
            found["filter"] = None if self.choose.chance(3) else self.filter(f"{type_name}Filter", 1)
        if "search" in made.args and self.choose.chance(20):
            label = "displayName" if type_name == "User" else "name"
            found["search"] = self.values.text(self.choose, type_name, label, "startsWith")
        return found

    def filter(self, type_name: str, depth: int) -> Any:
        """A filter over a noun: one or two conditions, nested; at times too deep, empty, or null where that is refused."""
        made = SCHEMA.type_map[type_name]
        assert isinstance(made, GraphQLInputObjectType)
        if depth == 1 and self.choose.chance(2):
            return _nested(7, {"id": {"isNull": False}})
        names = list(made.fields)
        deep = [name for name in names if _is_deep(made, name)]
        plain = [name for name in names if name not in deep]
        found: dict[str, Any] = {}
        for _ in range(self.choose.number(1, 2) if not self.choose.chance(3) else 0):
            name = self.choose.one(deep if deep and depth < 5 and self.choose.chance(45) else plain)
            found[name] = None if self.choose.chance(1) else self._condition(made, type_name.removesuffix("Filter"), name, depth)
        return found

    def _condition(self, made: GraphQLInputObjectType, noun: str, name: str, depth: int) -> Any:
        inner = get_named_type(made.fields[name].type)
        if name in ("and", "or"):
            parts = [self.filter(inner.name, depth + 1) for _ in range(self.choose.number(1, 3))]
            return parts[0] if self.choose.chance(15) else parts if not self.choose.chance(4) else []
        if name == "inSegment":
            return self.values.segment(self.choose, noun)
        if name == "customFields":
            return [self._custom(inner, noun) for _ in range(2 if self.choose.chance(20) else 1)]
        if not isinstance(inner, GraphQLInputObjectType):
            return [self.values.id(self.choose, "Tag") for _ in range(self.choose.number(0, 3))]
        if "some" in inner.fields:
            other = get_named_type(inner.fields["some"].type).name
            return {each: self.filter(other, depth + 1) for each in self.choose.some(["some", "none"], 1, 2)}
        if "and" in inner.fields:
            return self.filter(inner.name, depth + 1)
        return {each: self._operand(inner, noun, name, each) for each in self.choose.some(list(inner.fields), 1, 2)}

    def _custom(self, made: Any, noun: str) -> dict[str, Any]:
        """A condition on a custom field: mostly one that the noun has, and mostly by the name for its type."""
        fields = self.values.custom_fields(noun)
        field = self.choose.one(fields) if fields and not self.choose.chance(4) else None
        asked = (
            ASKED[field["type"]]
            if field is not None and not self.choose.chance(4)
            else self.choose.one(sorted(set(ASKED.values())))
        )
        if self.choose.chance(30):
            return {"key": field["key"] if field else "nothing", "isNull": self.choose.chance(30)}
        inner = get_named_type(made.fields[asked].type)
        held = self.values.custom_values(field) if field is not None else []
        operators = self.choose.some([each for each in inner.fields if each != "isNull"], 1, 2 if self.choose.chance(20) else 1)
        compared: dict[str, Any] = {}
        for operator in operators:
            periods = getattr(get_named_type(inner.fields[operator].type), "values", None)  # of an enum
            value = self.choose.one(sorted(periods)) if periods else self.choose.one(held) if held else "1"
            compared[operator] = [value, *held[:3]] if operator == "in" else value
        return {"key": field["key"] if field else "nothing", asked: compared}

    def _operand(self, made: GraphQLInputObjectType, noun: str, name: str, operator: str) -> Any:
        inner = get_named_type(made.fields[operator].type)
        if self.choose.chance(2):
            return None
        if operator == "isNull":
            return self.choose.chance(50)
        if operator == "in":
            count = 101 if self.choose.chance(2) else self.choose.number(0, 4)
            several = [self.values.scalar(self.choose, inner, noun, name) for _ in range(min(count, 5))]
            return several if count < 100 else (several * 101)[:101]
        return self.values.scalar(self.choose, inner, noun, name, operator)

    def write(self, made: GraphQLInputType, value: Any) -> str:
        """A value in the document: any part of it may be a variable instead."""
        if self.choose.chance(12):
            return self._variable(made, value)
        inner = get_nullable_type(made)
        if value is None:
            return "null"
        if isinstance(inner, GraphQLList) and isinstance(value, list):
            return f"[{', '.join(self.write(inner.of_type, each) for each in value)}]"
        if isinstance(inner, GraphQLList):
            return _literal(inner.of_type, value)  # one value stands for a list of it; a variable would have to be a list
        if isinstance(inner, GraphQLInputObjectType):
            return f"{{{', '.join(f'{name}: {self.write(inner.fields[name].type, each)}' for name, each in value.items())}}}"
        return _literal(inner, value)

    def _variable(self, made: GraphQLInputType, value: Any) -> str:
        """`$v`: given, given over a default, only by its default, null, or not at all."""
        inner, required = get_nullable_type(made), isinstance(made, GraphQLNonNull)
        way = self.choose.number(0, 9)
        if way == 0 and not required:
            return f"${self.variables.add(str(inner))}"  # absent
        if way <= 2 and value is not None:
            name = self.variables.add(f"{inner} = {_literal(inner, value)}")
            if way == 1:
                self.variables.given[name] = value
            return f"${name}"
        name = self.variables.add(f"{inner}!" if required or (value is not None and way <= 5) else str(inner))
        self.variables.given[name] = value
        return f"${name}"


_NOUNS = frozenset(
    name for name in SCHEMA.type_map if f"{name}Filter" in SCHEMA.type_map and f"{name}Connection" in SCHEMA.type_map
)
"""Types whose ids the company knows by name of the type."""


def _term(name: str, way: str) -> dict[str, str]:
    """A term of an order; of a custom field by its key."""
    if name.startswith(CUSTOM):
        return {"customField": name.removeprefix(CUSTOM), "direction": way}
    return {"field": name, "direction": way}


def _is_deep(made: GraphQLInputObjectType, name: str) -> bool:
    inner = get_named_type(made.fields[name].type)
    return isinstance(inner, GraphQLInputObjectType) and bool({"and", "some"} & set(inner.fields))


def _nested(depth: int, inside: dict[str, Any]) -> dict[str, Any]:
    return inside if depth <= 1 else {"not": _nested(depth - 1, inside)}


def _literal(made: Any, value: Any) -> str:
    """A value as GraphQL writes it; enum values stand without quotes."""
    inner = get_nullable_type(made)
    if isinstance(inner, GraphQLList):
        return f"[{', '.join(_literal(inner.of_type, each) for each in (value if isinstance(value, list) else [value]))}]"
    if isinstance(inner, GraphQLInputObjectType) and isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_literal(inner.fields[name].type, each)}' for name, each in value.items())}}}"
    if isinstance(inner, GraphQLEnumType) and isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


NAMED = {"owner": "User", "survivor": "Customer", "merged": "Customer", "record": "Customer"}
"""Of which noun an id is that an argument of such a name takes, where that is not the name itself."""


def _meant(made: GraphQLField, name: str) -> str:
    """The noun whose ids an argument takes: most of them find something only by the right one."""
    if name == "id":
        return get_named_type(made.type).name
    stem = re.sub("Ids?$", "", name)
    return NAMED.get(stem, stem[:1].upper() + stem[1:])
