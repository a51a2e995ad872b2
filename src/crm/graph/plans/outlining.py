"""From a GraphQL selection to an outline, for one permission set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type
from graphql.execution import Executor
from graphql.execution.collect_fields import collect_fields
from strawberry import Schema

from crm.access.grants import Rights
from crm.graph.context import NotPlanned
from crm.graph.declarations import WHOLE_ROW, Column, Computed, Declared, Lacking, Root, Through, ToMany, ToOne
from crm.graph.nouns import Noun, hidden_fields, noun_named
from crm.graph.plans.columns import printed
from crm.graph.plans.outline import (
    Edges,
    Form,
    Hidden,
    Info,
    Island,
    Lack,
    Leaf,
    Level,
    Linked,
    Nodes,
    One,
    Owned,
    Paged,
    PagePart,
    Part,
    Rows,
    Sighted,
    Total,
    TypeName,
)
from crm.graph.plans.sites import DEFINITION, Arguments, IdSite, ListSite, Site, declared

TYPENAME = "__typename"
MOST_PARTS = 4000
"""Beyond this a statement would be larger than what it saves; limits before execution lie lower for honest documents."""


class Outliner:
    """Makes the outline of one operation, or of one field of it, and collects the sites of its arguments on the way."""

    def __init__(self, schema: Schema, executor: Executor[Any], rights: Rights) -> None:
        self.schema = schema
        self.core: GraphQLSchema = schema._schema
        self.executor = executor
        self.rights = rights
        self.sites: list[Site] = []
        self._site_of: dict[tuple[int, str], int] = {}
        self._levels: dict[tuple[str, tuple[int, ...]], Level] = {}
        self.parts = 0

    def roots(self) -> list[tuple[str, Nodes, Root | None, GraphQLField | None]]:
        """The root fields of the operation: response key, nodes, and what the vocabulary says of the field."""
        kind = self.core.query_type
        assert kind is not None
        run = self.executor
        collected = collect_fields(run.schema, run.fragments, run.variable_values, kind, run.operation)
        found = []
        for key, details in collected.grouped_field_set.items():
            nodes = Nodes.of(details)
            definition = kind.fields.get(nodes.first.name.value)
            made = None if definition is None else declared(definition)
            found.append((key, nodes, made if isinstance(made, Root) else None, definition))
        return found

    def paged(self, definition: GraphQLField, nodes: Nodes, noun: Noun, column: str | None, *, window: bool = False) -> Paged:
        """A connection, of a whole table (or what lies behind its window) where there is no column."""
        kind = get_named_type(definition.type)
        assert isinstance(kind, GraphQLObjectType)
        site = self._site(nodes, ListSite(Arguments(definition, nodes.first), noun, dynamic=False))
        parts = tuple(
            (key, self._page_part(kind, Nodes.of(details), noun)) for key, details in self._fields(kind, nodes.details).items()
        )
        return Paged(site, noun, column, parts, nodes, window)

    def identified(self, definition: GraphQLField, nodes: Nodes, noun: Noun | None) -> int:
        """The site of a root field's `id`."""
        return self._site(nodes, IdSite(Arguments(definition, nodes.first), noun, dynamic=False))

    def level(self, noun: Noun, nodes: Nodes) -> Level:
        """What is shown of the rows of a noun; of an interface, of each type behind it."""
        key = (noun.name, nodes.ids)
        if key not in self._levels:
            forms = self._forms(noun, nodes)
            same = all(form == forms[0][1] for _, form in forms)
            self._levels[key] = Level(noun, ((None, forms[0][1]),) if same else tuple(forms))
        return self._levels[key]

    def _forms(self, noun: Noun, nodes: Nodes) -> list[tuple[str | None, Form]]:
        if not noun.variants:
            return [(None, self._form(noun, nodes))]
        return [(value, self._form(variant, nodes)) for value, variant in noun.variants.items()]

    def _form(self, noun: Noun, nodes: Nodes) -> Form:
        kind = self.core.type_map[noun.name]
        assert isinstance(kind, GraphQLObjectType)
        return tuple(
            (key, self._part(noun, kind, Nodes.of(details))) for key, details in self._fields(kind, nodes.details).items()
        )

    def _part(self, noun: Noun, kind: GraphQLObjectType, nodes: Nodes) -> Part:
        name = nodes.first.name.value
        if name == TYPENAME:
            return TypeName()
        definition = kind.fields[name]
        field = definition.extensions[DEFINITION].python_name
        made = noun.fields.get(field)
        if not isinstance(made, Computed) and field in hidden_fields(noun, self.rights):
            return Hidden(noun.key(field), nodes)
        return self._declared(noun, kind, nodes, definition, made)

    def _declared(
        self, noun: Noun, kind: GraphQLObjectType, nodes: Nodes, definition: GraphQLField, made: Declared | None
    ) -> Part:
        match made:
            case Column(column=column) if (expression := printed(made)) is not None:
                return Leaf(column, expression)
            case Column(column=column):
                return Island(noun, kind, (column,), nodes)
            case ToOne(target=target, column=column, card=card, window=window, along=along):
                sighted = None if along is None else _sighted(noun, along)
                return One(column, self.level(noun_named(target), nodes), card, window, sighted)
            case Lacking(of=of):
                return Lack(_sighted(noun, of))
            case ToMany(target=target, column=column, owned=True, limit=limit):
                return Owned(column, self.level(noun_named(target), nodes), limit)
            case ToMany(target=target, column=column):
                return self.paged(definition, nodes, noun_named(target), column)
            case Through(target=target, link=link, near=near, far=far, card=card):
                return Linked(link, near, far, self.level(noun_named(target), nodes), card)
            case Computed(needs=needs, reads=reads) if WHOLE_ROW not in reads:
                return Island(
                    noun, kind, tuple(dict.fromkeys(("id", *needs, *reads))) if "id" in noun.source.columns else needs, nodes
                )
            case _:
                return Island(noun, kind, noun.source.columns, nodes)

    def _page_part(self, kind: GraphQLObjectType, nodes: Nodes, noun: Noun) -> PagePart:
        match nodes.first.name.value:
            case "nodes":
                return Rows(self.level(noun, nodes))
            case "edges":
                edge = get_named_type(kind.fields["edges"].type)
                assert isinstance(edge, GraphQLObjectType)
                fields = self._fields(edge, nodes.details).items()
                return Edges(tuple((key, self._edge_part(edge, Nodes.of(details), noun)) for key, details in fields))
            case "pageInfo":
                info = get_named_type(kind.fields["pageInfo"].type)
                assert isinstance(info, GraphQLObjectType)
                fields = self._fields(info, nodes.details).items()
                return Info(tuple((key, _info_part(info, details[0].node)) for key, details in fields))
            case "totalCount":
                return Total()
            case name if name == TYPENAME:
                return TypeName(kind.name)
            case name:
                raise NotPlanned(f"{kind.name}.{name}")

    def _edge_part(self, edge: GraphQLObjectType, nodes: Nodes, noun: Noun) -> Level | TypeName | None:
        match nodes.first.name.value:
            case "node":
                return self.level(noun, nodes)
            case "cursor":
                return None
            case _:
                return TypeName(edge.name)

    def _fields(self, kind: GraphQLObjectType, details: Sequence[Any]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = self.executor.collect_subfields(kind, list(details)).grouped_field_set
        self.parts += len(found)
        if self.parts > MOST_PARTS:
            raise NotPlanned("the selection is too large")
        return found

    def _site(self, nodes: Nodes, site: ListSite | IdSite) -> int:
        """One number for one field of the document, however many types share it."""
        key = (nodes.ids[0], site.noun.name if site.noun is not None else "")
        if key not in self._site_of:
            site.dynamic = site.arguments.dynamic
            self._site_of[key] = len(self.sites)
            self.sites.append(site)
        return self._site_of[key]


def _sighted(noun: Noun, name: str) -> Sighted:
    made = noun.fields[name]
    assert isinstance(made, ToOne)
    if made.along is not None:
        raise NotPlanned(f"{noun.name}.{name} itself goes along with another")
    return Sighted(made.column, replace(noun_named(made.target).source, columns=("id",), window=made.window), made.card)


def _info_part(info: GraphQLObjectType, node: FieldNode) -> str | TypeName:
    return TypeName(info.name) if node.name.value == TYPENAME else node.name.value
