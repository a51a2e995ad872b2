"""Random documents over the whole schema: valid ones, whose values are right and wrong.

Everything is read from the schema object: a new type, field, argument or operator is asked for from the day it exists. What is
drawn is kept within bounds, so that one document costs milliseconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)
from tests.factories.choices import Choices
from tests.factories.documents_arguments import DEFAULT_PAGE, Arguments, Variables
from tests.factories.documents_values import Values
from tests.factories.walk import SCHEMA, element

Composite = GraphQLObjectType | GraphQLInterfaceType
DEEPEST = 9
MOST_FIELDS = 34
FEW = 2
"""Plain fields of a type that is there for what is below it: connections, edges."""
LONG = "a" * 63
"""As many bytes as PostgreSQL keeps of a name: aliases that begin like this differ only in what it would cut off."""
ALIASES = ("id", "name", "x", "nodes", "node", "data", "total", "_epoch", "_live", "_parent", "type", "order", "select", "K")


@dataclass(frozen=True)
class Asked:
    """One request."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None = None

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        return {"query": self.query, "variables": self.variables, "operationName": self.operation_name}


@dataclass
class Scope:
    """The response keys of one object of the answer: what stands under each, so that fields that merge may merge."""

    fields: dict[str, tuple[str, str, str, Scope]] = field(default_factory=dict)

    def fits(self, other: Scope) -> bool:
        """Whether selections of both may stand side by side."""
        return all(
            key not in self.fields or (self.fields[key][:3] == entry[:3] and self.fields[key][3].fits(entry[3]))
            for key, entry in other.fields.items()
        )

    def absorb(self, other: Scope) -> None:
        for key, entry in other.fields.items():
            if key in self.fields:
                self.fields[key][3].absorb(entry[3])
            else:
                below = Scope()
                below.absorb(entry[3])
                self.fields[key] = (*entry[:3], below)


@dataclass(frozen=True)
class Place:
    """Where a selection stands: how deep, under how many rows at most, and what is selected there already."""

    scope: Scope
    depth: int = 0
    rows: int = 1
    beside: Scope | None = None
    """Inside a named fragment: what is selected where it is first spread."""

    def below(self, scope: Scope, rows: int, beside: Scope | None) -> Place:
        return Place(scope, self.depth + 1, rows, beside)


class Writer:
    """Writes one operation."""

    def __init__(self, choose: Choices, values: Values, prefix: str, seen: Counter[tuple[str, str]]) -> None:
        self.choose, self.prefix, self.seen = choose, prefix, seen
        self.variables = Variables()
        self.arguments = Arguments(choose, values, self.variables)
        self.fragments: list[tuple[str, str, Scope]] = []
        self.texts: list[str] = []
        self.left = choose.number(1, MOST_FIELDS)
        self.roots = _roots(readable=not choose.chance(20))
        self.aliases = 0

    def operation(self, name: str) -> str:
        """The operation, with its fragments behind it."""
        assert SCHEMA.query_type
        chosen = self._selection(SCHEMA.query_type, Place(Scope()))
        declared = f"({', '.join(self.variables.declared)})" if self.variables.declared else ""
        head = f"query {name}{declared} " if name or declared or self.choose.chance(50) else ""
        return " ".join([f"{head}{chosen}", *self.texts])

    def _selection(self, made: Composite, place: Place) -> str:
        width = 1 if self.left <= 0 else self.choose.number(1, 5)
        return f"{{ {' '.join([self._part(made, place) for _ in range(width)])} }}"

    def _part(self, made: Composite, place: Place) -> str:
        way = self.choose.number(0, 99)
        if way >= 95:
            return f"__typename{self._directives()}"
        if way >= 84 and self.left > 0:
            return self._inline(made, place)
        if way >= 76 and self.left > 0:
            return self._spread(made, place)
        return self._field(made, place)

    def _inline(self, made: Composite, place: Place) -> str:
        if self.choose.chance(15):
            return f"...{self._directives()} {self._selection(made, place)}"
        other = self.choose.one(_conditions(made))
        return f"... on {other.name}{self._directives()} {self._selection(other, place)}"

    def _spread(self, made: Composite, place: Place) -> str:
        """A fragment written before, where it fits; else a new one, made to fit what stands here."""
        for name, type_name, scope in self.fragments:
            known = SCHEMA.type_map[type_name]
            if known in _conditions(made) and _all_fit(place, scope) and self.choose.chance(50):
                place.scope.absorb(scope)
                return f"...{name}{self._directives()}"
        other, own = self.choose.one(_conditions(made)), Scope()
        text = self._selection(other, Place(own, place.depth, place.rows, _both(place)))
        name = f"{self.prefix}{len(self.fragments)}"
        self.fragments.append((name, other.name, own))
        self.texts.append(f"fragment {name} on {other.name} {text}")
        place.scope.absorb(own)
        return f"...{name}{self._directives()}"

    def _field(self, made: Composite, place: Place) -> str:
        self.left -= 1
        name = self.choose.one(self._names(made, place))
        if name == "__typename":
            return name
        declared = made.fields[name]
        key, arguments, size, below, beside = self._keyed(made, name, declared, place)
        self.seen[made.name, name] += 1
        shown = (f"{key}: " if key != name or self.choose.chance(2) else "") + name + arguments + self._directives()
        inner = get_named_type(declared.type)
        if not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            return shown
        rows = max(1, place.rows * (size if element(declared) else 1))
        return f"{shown} {self._selection(inner, place.below(below, rows, beside))}"

    def _names(self, made: Composite, place: Place) -> tuple[str, ...]:
        """What may be selected here: nothing that goes further where the document is deep or long enough."""
        done = self.left < 0 or place.depth >= DEEPEST
        if made is SCHEMA.query_type:
            return ("__typename",) if done and place.scope.fields else self.roots
        leaves = _leaves(made)
        return leaves if done or (len(leaves) > FEW and self.choose.chance(40)) else _all(made)

    def _keyed(
        self, made: Composite, name: str, declared: GraphQLField, place: Place
    ) -> tuple[str, str, int, Scope, Scope | None]:
        """The response key and the arguments: as they stand here already, so that both merge, or under a key of its own."""
        for key, entry in {**(place.beside.fields if place.beside else {}), **place.scope.fields}.items():
            if entry[0] == name and entry[2] == str(declared.type) and self.choose.chance(50):
                below = place.scope.fields.setdefault(key, (*entry[:3], Scope()))[3]
                beside = place.beside.fields[key][3] if place.beside and key in place.beside.fields else None
                return key, entry[1], DEFAULT_PAGE, below, beside
        arguments, size = self.arguments.of(declared, place.rows)
        key = self._alias() if self.choose.chance(20) else name
        while key in place.scope.fields or (place.beside and key in place.beside.fields):
            key = self._new_alias()
        below = Scope()
        place.scope.fields[key] = (name, arguments, str(declared.type), below)
        return key, arguments, size, below, None

    def _alias(self) -> str:
        return self.choose.one(ALIASES) if self.choose.chance(50) else self._new_alias()

    def _new_alias(self) -> str:
        self.aliases += 1
        return f"{LONG if self.choose.chance(20) else 'a'}{self.aliases}"

    def _directives(self) -> str:
        text = ""
        for name in ("skip", "include"):
            if self.choose.chance(6):
                text += f" @{name}(if: {self.arguments.condition()})"
        return text


def asked(choose: Choices, values: Values, seen: Counter[tuple[str, str]]) -> Asked:
    """One random request. `seen` counts the fields that were selected."""
    first = Writer(choose, values, "F", seen)
    if not choose.chance(10):
        name = "Q" if choose.chance(20) else ""
        return Asked(first.operation(name), first.variables.given, name or None if choose.chance(50) else None)
    second = Writer(choose, values, "G", seen)
    text = f"{first.operation('Q')} {second.operation('R')}"
    given = [first.variables.given, second.variables.given]
    which = choose.number(0, 1)
    name = ("Q", "R")[which] if not choose.chance(10) else choose.one([None, "S", ""])
    return Asked(text, given[1 - which] | given[which], name)


def _both(place: Place) -> Scope:
    found = Scope()
    if place.beside:
        found.absorb(place.beside)
    found.absorb(place.scope)
    return found


def _all_fit(place: Place, scope: Scope) -> bool:
    return place.scope.fits(scope) and (place.beside is None or place.beside.fits(scope))


@cache
def _roots(*, readable: bool) -> tuple[str, ...]:
    """The root fields; `readable`: lists of records and single records, of which most documents are made."""
    assert SCHEMA.query_type
    fields = SCHEMA.query_type.fields
    lists = [name for name, made in fields.items() if "filter" in made.args]
    singles = [name for name, made in fields.items() if list(made.args) == ["id"]]
    return (*lists, *lists, *singles) if readable else tuple(fields)


@cache
def _all(made: Composite) -> tuple[str, ...]:
    """Every field, those that answer with records twice."""
    return (*made.fields, *(name for name, each in made.fields.items() if is_composite_type(get_named_type(each.type))))


@cache
def _leaves(made: Composite) -> tuple[str, ...]:
    found = tuple(
        name
        for name, each in made.fields.items()
        if not is_composite_type(get_named_type(each.type))
        and not any(isinstance(argument.type, GraphQLNonNull) for argument in each.args.values())
    )
    return found or ("__typename",)


@cache
def _conditions(made: Composite) -> list[Composite]:
    """The types that a fragment inside this one can be on, itself first."""
    own = set(_possible(made))
    others = [
        each
        for each in SCHEMA.type_map.values()
        if isinstance(each, GraphQLObjectType | GraphQLInterfaceType) and each is not made and own & set(_possible(each))
    ]
    return [made, *others]


def _possible(made: Any) -> list[GraphQLObjectType]:
    abstract = isinstance(made, GraphQLInterfaceType | GraphQLUnionType)
    return list(SCHEMA.get_possible_types(made)) if abstract else [made]
