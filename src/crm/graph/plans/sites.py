"""The places of an operation that take arguments: what is asked there, apart from the values.

The form of what is asked (columns, operators, null tests, order, size of the page) decides the text of a statement and is part of
its key. The values are bound when it is run. A page's size is form: not knowing it, PostgreSQL plans for a tenth of the table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from graphql import FieldNode, GraphQLField, get_argument_values
from graphql.execution.values import VariableValues

from crm.access.binds import Later
from crm.access.conditions import parametrised
from crm.access.grants import Rights
from crm.access.keyset import Term, order_value
from crm.core.errors import FieldForbidden
from crm.core.ids import parse_id
from crm.graph.declarations import DECLARED
from crm.graph.lists import Asked, asked
from crm.graph.nouns import Noun, noun_of_record
from crm.graph.plans.templates import has_variable, names_segment, template_of
from crm.graph.segments import Segments

DEFINITION = "strawberry-definition"
PYTHON_NAMES = {"orderBy": "order_by"}


@dataclass(frozen=True, slots=True)
class Refused:
    """What is asked there names something hidden from this permission set, or its gate is closed."""

    key: str


@dataclass(frozen=True, slots=True)
class Kind:
    """An id names a record of this noun; or of none, and then there is nothing. `given`: a client gave it, perhaps long ago."""

    noun: Noun | None
    given: bool = False


Form = Asked | Refused | Kind
Values = tuple[object, ...]


class Site(Protocol):
    """One place with arguments."""

    dynamic: bool

    def ask(self, number: int, variables: VariableValues, rights: Rights, saved: Segments) -> tuple[Form, Values]:
        """The form of what is asked at this, the `number`th place, and its values; `saved` are the segments that are named."""


class Arguments:
    """The arguments of one field, as its resolver would get them; `dynamic` where a variable or a segment is among them."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self.definition, self.node = definition, node
        self.dynamic = has_variable(node) or names_segment(node)
        self.template = template_of(definition, node) if self.dynamic else None

    def read(self, variables: VariableValues) -> dict[str, Any]:
        """Coerced, by the names that Python has for them; inputs stay the dicts that Strawberry would make objects of."""
        if not self.node.arguments:
            return {}
        given = None if self.template is None else self.template.fill(variables)
        if given is None:
            given = get_argument_values(self.definition, self.node, variables)
        return {PYTHON_NAMES.get(name, name): value for name, value in given.items()}


@dataclass(slots=True)
class ListSite:
    """The arguments of a list."""

    arguments: Arguments
    noun: Noun
    dynamic: bool

    def ask(self, number: int, variables: VariableValues, rights: Rights, saved: Segments) -> tuple[Form, Values]:
        """Refusals of arguments go through; only what rights forbid is a form of its own."""
        try:
            wanted = asked(self.noun, self.arguments.read(variables), rights, saved)
        except FieldForbidden as error:
            return Refused(str(error.details["permission"])), ()
        values: list[object] = []

        def keep(value: object) -> Later:
            values.append(tuple(value) if isinstance(value, list) else value)
            return Later(number, len(values) - 1)

        condition = None if wanted.condition is None else parametrised(wanted.condition, keep)

        def bound(cursor: tuple[object, ...] | None) -> tuple[object, ...] | None:
            return None if cursor is None else tuple(_bound(term, at) for term, at in zip(wanted.order, cursor, strict=True))

        def _bound(term: Term, value: object) -> object:
            typed = order_value(term, value)
            return None if typed is None else keep(typed)

        page = wanted.page
        if page.after is not None or page.before is not None:
            page = replace(page, after=bound(page.after), before=bound(page.before))
        return Asked(condition, wanted.order, page), tuple(values)


@dataclass(slots=True)
class IdSite:
    """The argument `id` of `customer(id)`, whose noun is known, or of `node(id)`, whose noun the id itself names."""

    arguments: Arguments
    noun: Noun | None
    dynamic: bool

    def ask(self, number: int, variables: VariableValues, rights: Rights, saved: Segments) -> tuple[Form, Values]:  # noqa: ARG002 -- a site's shape
        """A malformed id and one of another kind ask for nothing."""
        text = self.arguments.read(variables)["id"]
        if self.noun is not None:
            kind = self.noun.rule.kind
            return Kind(self.noun, given=True), (None if kind is None else parse_id(text, kind),)
        key = parse_id(text)
        found = None if key is None else noun_of_record(key)
        return (Kind(None), ()) if found is None else (Kind(found, given=True), (key,))


@dataclass(slots=True)
class GivenSite:
    """A record that is known by its id before anything is read: what a mutation or an event is about."""

    noun: Noun
    dynamic: bool = False

    def ask(self, number: int, variables: VariableValues, rights: Rights, saved: Segments) -> tuple[Form, Values]:  # noqa: ARG002 -- a site's shape
        """The id comes with each run."""
        return Kind(self.noun), ()


def declared(definition: GraphQLField) -> Any:
    """What our vocabulary said of a GraphQL field, if anything."""
    field = definition.extensions.get(DEFINITION)
    return None if field is None else field.metadata.get(DECLARED)


__all__ = ["Arguments", "Form", "GivenSite", "IdSite", "Kind", "ListSite", "Refused", "Site", "Values", "declared"]
