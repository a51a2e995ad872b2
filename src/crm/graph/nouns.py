"""Nouns: what the read side knows of an entity, taken from its one declaration on the Strawberry type."""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryOptional, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from crm.access.branches import Visible, named
from crm.access.grants import Action, Rights
from crm.access.keyset import Term
from crm.access.select import Source
from crm.core.ids import kind_of
from crm.graph.declarations import DECLARED, WHOLE_ROW, Column, Computed, Declared, Lacking, ToOne

Cls = TypeVar("Cls", bound=type)


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.INTERFACE], name="visible", description="Whose rows a viewer reads."
)
class VisibleBy:
    """Printed on every type: the rule in `access` that decides which rows of it a viewer reads."""

    by: str = strawberry.directive_field(name="by")


@dataclass(frozen=True, slots=True, eq=False)
class Noun:
    """One entity as the read side sees it. `entity` is the name roles grant; None for parts of another type."""

    name: str
    type: type
    rule: Visible
    entity: str | None
    fields: Mapping[str, Declared]
    source: Source
    order: tuple[Term, ...]
    part_of: str | None = None
    label: str = "name"
    editors_only: frozenset[str] = frozenset()
    segmented: bool = False
    variants: dict[str, Noun] = field(default_factory=dict)

    def concrete(self, record: Mapping[str, Any]) -> Noun:
        """The noun of a row: of an interface's table, the type that the discriminator names."""
        return self.variants[record[self.rule.discriminator or ""]] if self.variants else self

    def key(self, field_name: str) -> str:
        """The grant key of a field: `customer.creditLimit`."""
        return f"{self.entity or self.name}.{to_camel_case(field_name)}"

    def grant_keys(self, field_name: str) -> tuple[str, ...]:
        """All grant keys a field answers to: of an interface, those of each type behind it."""
        return tuple(noun.key(field_name) for noun in (self.variants.values() or (self,)))

    @property
    def entities(self) -> tuple[str, ...]:
        """The names that roles grant for its rows: of an interface, those of the types behind it."""
        return tuple(noun.entity for noun in (*self.variants.values(), self) if noun.entity is not None)

    def gate_open(self, rights: Rights) -> bool:
        """Whether any row of this noun can be visible at all."""
        if not self.rule.gated or not self.rule.entities:
            return True
        return any(rights.allows(entity, Action.READ) for entity in self.entities)


_NOUNS: dict[str, Noun] = {}


def noun_named(name: str) -> Noun:
    """The noun of a GraphQL type."""
    return _NOUNS[name.rpartition(".")[2]]


def nouns() -> tuple[Noun, ...]:
    """All nouns, in the order of their declaration."""
    return tuple(_NOUNS.values())


def noun_of_record(key: UUID) -> Noun | None:
    """The noun whose table an id's record stands in: of several types, their interface. None for what is no record itself."""
    kind = kind_of(key)
    found = (entry for entry in nouns() if entry.rule.kind is kind and not entry.source.fixed)
    return next((entry for entry in found if "id" in entry.fields), None)


def module_of(target: str) -> str:
    """Where a type named `room.Type` is declared: (layer, room, entity) finds everything."""
    room, _, name = target.partition(".")
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    return f"crm.schema.{room}.{snake}"


def reference(target: str, suffix: str = "") -> Any:
    """A lazy GraphQL type for an annotation: rooms and files name each other without importing each other."""
    return typing.Annotated[target.rpartition(".")[2] + suffix, strawberry.lazy(module_of(target))]


def optional(kind: Any) -> Any:
    """`kind | None` for types that are made at run time, which take no `|`."""
    return typing.Optional.__getitem__(kind)


def list_of(kind: Any) -> Any:
    """`list[kind]` for types that are made at run time."""
    return list.__class_getitem__(kind)


def noun(
    rule: str,
    *,
    description: str,
    order: str,
    entity: str | None = None,
    fixed: str | None = None,
    part_of: str | None = None,
    label: str = "name",
    interface: bool = False,
    extra: tuple[str, ...] = (),
    editors_only: tuple[str, ...] = (),
    segmented: bool = False,
) -> Callable[[Cls], Cls]:
    """Make a class a GraphQL type and enter it among the nouns.

    `rule` names its `visible`; `order` is the default order, a field with `-` for descending; `entity` the name roles grant;
    `label` the column that people know a row by; `fixed` the discriminator's value where one table holds several types;
    `extra` columns that resolvers read and nobody sees; `editors_only` the fields, in GraphQL names, that the change log tells
    only to those who may change the record; `segmented`: segments can hold its records.
    """

    def declare(cls: Cls) -> Cls:
        declared = named(rule)
        directives = [VisibleBy(by=rule if part_of is None else f"{rule}, part of {part_of}")]
        make = strawberry.interface if interface else strawberry.type
        made = make(cls, description=description, directives=directives)
        fields = declared_fields(made)
        source = Source(declared, _columns(fields, extra, declared), _fixed(declared, fixed))
        hold = frozenset(editors_only)
        entry = Noun(made.__name__, made, declared, entity, fields, source, (), part_of, label, hold, segmented)
        object.__setattr__(entry, "order", order_terms(entry, [(order.lstrip("-"), order.startswith("-"))]))
        _NOUNS[made.__name__] = entry
        if fixed is not None:
            _interface_over(entry).variants[fixed] = entry
        return made

    return declare


def _interface_over(entry: Noun) -> Noun:
    """The noun of the interface whose table this type shares."""
    return next(above for above in _NOUNS.values() if above.rule is entry.rule and not above.source.fixed)


@typing.dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def part(of: str, description: str) -> Callable[[Cls], Cls]:
    """Make a class a GraphQL type that is no noun: what it shows was read with, and under the rights of, `of`."""

    def declare(cls: Cls) -> Cls:
        return strawberry.type(cls, description=description, directives=[VisibleBy(by=f"part of {of}")])

    return declare


def order_terms(entry: Noun, wanted: list[tuple[str, bool]]) -> tuple[Term, ...]:
    """The keyset terms of an order, the id last to make it total."""
    terms = []
    for name, descending in wanted:
        column = entry.fields[name]
        if not isinstance(column, Column) or column.sort is None:
            raise TypeError(f"{entry.name}.{name} is no order.")
        kind = str if column.sort != column.column else column.type
        terms.append(Term(column.sort, descending, kind, column.nullable))
    down = terms[-1].descending if terms else False
    return (*terms, Term("id", down, UUID))


def declared_fields(cls: type) -> dict[str, Declared]:
    """Field name → declaration, with the types of plain columns read from the class's annotations."""
    definition = get_object_definition(cls, strict=True)
    found: dict[str, Declared] = {}
    for item in definition.fields:
        made = item.metadata.get(DECLARED)
        if isinstance(made, Column):
            python_type, nullable = _column_type(item, cls)
            made = Column(
                made.column or item.python_name,
                python_type,
                nullable,
                made.filterable,
                _sort(made, item),
                made.requires,
                made.hidden_with,
            )
        if made is not None:
            found[item.python_name] = made
    return found


def _sort(made: Column, item: StrawberryField) -> str | None:
    return (made.column or item.python_name) if made.sort == "" else made.sort


def _column_type(item: StrawberryField, cls: type) -> tuple[type, bool]:
    """The annotation of a column without its `| None`, and whether it had one."""
    annotation = item.type_annotation.raw_annotation if item.type_annotation else None
    if isinstance(annotation, str):
        origin = item.origin if isinstance(item.origin, type) else cls
        annotation = eval(annotation, vars(sys.modules[origin.__module__]))  # noqa: S307 -- our own source, not a client's
    arguments = typing.get_args(annotation)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        inner = next(argument for argument in arguments if argument is not type(None))
        return _plain(inner), True
    return _plain(annotation), False


def _plain(annotation: Any) -> type:
    if isinstance(annotation, type) and (
        issubclass(annotation, enum.Enum) or annotation in (str, int, bool, Decimal, datetime, date)
    ):
        return annotation
    if isinstance(annotation, type):
        return annotation
    return str


def _columns(fields: Mapping[str, Declared], extra: tuple[str, ...], rule: Visible) -> tuple[str, ...]:
    """Every column a read of this noun may need: plain ones, references, sort keys, what computed fields read."""
    wanted: list[str] = ["id"]
    for made in fields.values():
        match made:
            case Column(column=column, sort=sort):
                wanted += [column, *([sort] if sort else [])]
            case ToOne(column=column):
                wanted.append(column)
            case Computed(needs=needs, reads=reads):
                wanted += needs
                wanted += (column for column in reads if column != WHOLE_ROW)
            case _:
                pass
    if rule.discriminator:
        wanted.append(rule.discriminator)
    return tuple(dict.fromkeys((*wanted, *extra)))


def _fixed(rule: Visible, value: str | None) -> tuple[tuple[str, str], ...]:
    return () if value is None or rule.discriminator is None else ((rule.discriminator, value),)


@lru_cache(maxsize=4096)
def hidden_fields(entry: Noun, rights: Rights) -> frozenset[str]:
    """The fields of a noun that this permission set may not read, filter by or order by."""
    hidden = set()
    for name, made in entry.fields.items():
        keys = set(entry.grant_keys(name))
        beside = made.hidden_with if isinstance(made, Column) else made.of if isinstance(made, Lacking) else None
        keys.update(() if beside is None else entry.grant_keys(beside))
        if isinstance(made, Computed):
            keys.update(key for need in made.needs for key in entry.grant_keys(need))
        if keys & rights.hidden or (made.requires is not None and not rights.holds(made.requires)):
            hidden.add(name)
    return frozenset(hidden)


def hideable_fields(entity: str) -> frozenset[str]:
    """The fields of an entity that a role may hide, in GraphQL names: those that can be null; none for no entity of ours."""
    return frozenset(name for name, nullable in _shown_fields(entity) if nullable)


def freezable_fields(entity: str) -> frozenset[str]:
    """The fields of an entity that a role may freeze: all of its own, in GraphQL names."""
    return frozenset(name for name, _ in _shown_fields(entity))


def _shown_fields(entity: str) -> list[tuple[str, bool]]:
    """(GraphQL name, whether it can be null) of every declared field."""
    entry = next((noun for noun in _NOUNS.values() if noun.entity == entity and noun.part_of is None), None)
    if entry is None:
        return []
    definition = get_object_definition(entry.type, strict=True)
    return [
        (to_camel_case(item.python_name), isinstance(item.type, StrawberryOptional))
        for item in definition.fields
        if item.python_name in entry.fields
    ]
