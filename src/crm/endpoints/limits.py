"""What a document may be at most: one walk over the parsed document, before it is validated.

Each fragment is looked at once, however often it is spread, so that the walk takes as long as the document is and not as long as
what it stands for. Validation has rules that compare each with each; what passes here is short enough for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_introspection_query,
    get_named_type,
    is_composite_type,
    parse,
)

from crm.core.errors import QueryTooComplex
from crm.endpoints.formulas import CEILING, Cost, Formula, Part
from crm.endpoints.prices import LONGEST_NUMBER, Prices

MOST_DEPTH = 20
"""Fields within fields. A screen needs 10; what tools ask the schema about itself has 15."""
MOST_LEVELS = 100
"""The same with every fragment counted as a level: how deep this walk goes down."""
MOST_FIELDS = 1000
MOST_ALIASES = 100
MOST_FRAGMENTS = 100
MOST_SPREADS = 300
MOST_OPERATIONS = 25
"""Files of generated clients hold all operations of a page. Some rules of validation look at each fragment for each of them."""

INTROSPECTION_FIELDS = {"__schema", "__type"}


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection amounts to: how deep it goes, what it costs once, and what it costs for each row of its connection."""

    depth: int
    once: Cost
    each: Cost = 0


NOTHING = Weight(0, 0)


@dataclass(frozen=True, slots=True)
class Priced:
    """What the operations of a document cost. `defaults` are those of their variables that can be sizes."""

    formula: Formula
    costs: Mapping[str, Cost]
    defaults: Mapping[str, Mapping[str, int]]


@cache
def prices_of(schema: GraphQLSchema) -> Prices:
    """The prices of a schema; introspection is measured against what tools ask."""
    prices = Prices(schema)
    asked = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    (cost,) = measure(schema, prices, parse(asked)).costs.values()
    assert isinstance(cost, int)
    prices.standard = cost
    return prices


def measure(schema: GraphQLSchema, prices: Prices, document: DocumentNode) -> Priced:
    """What a document costs; raises `QueryTooComplex` for one beyond a limit."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    walk = _Walk(schema, prices, document)
    _check("operations", len(operations), MOST_OPERATIONS)
    _check("fragments", len(walk.fragments), MOST_FRAGMENTS)
    weights = [walk.operation(node) for node in operations]
    for name in walk.fragments:  # those that nothing spreads are counted too
        walk.fragment(name, 0)
    _check("fields", walk.fields, MOST_FIELDS)
    _check("aliases", walk.aliases, MOST_ALIASES)
    _check("spreads", walk.spreads, MOST_SPREADS)
    for weight in (*weights, *walk.known.values()):
        _check("levels of fields", weight.depth, MOST_DEPTH)
    for weight in weights:
        if weight.once == CEILING:  # nobody's budget is larger; a variable could only add to it
            raise QueryTooComplex("cost", CEILING, CEILING, "What the document asks for cannot even be counted.")
    names = [node.name.value if node.name else "" for node in operations]
    costs = {name: weight.once for name, weight in zip(names, weights, strict=True)}
    return Priced(walk.formula, costs, {name: _defaults(node) for name, node in zip(names, operations, strict=True)})


def _check(limit: str, found: int, allowed: int) -> None:
    if found > allowed:
        raise QueryTooComplex(limit, found, allowed)


def _defaults(node: OperationDefinitionNode) -> dict[str, int]:
    """The numbers that variables are where nobody says otherwise."""
    return {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in node.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode) and len(definition.default_value.value) <= LONGEST_NUMBER
    }


class _Walk:
    """One walk; `known` are the fragments that were looked at. One met within itself counts nothing: validation refuses it."""

    def __init__(self, schema: GraphQLSchema, prices: Prices, document: DocumentNode) -> None:
        self.schema = schema
        self.prices = prices
        self.fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        self.known: dict[str, Weight] = {}
        self.formula = Formula()
        self.fields = self.aliases = self.spreads = 0

    def operation(self, node: OperationDefinitionNode) -> Weight:
        return self.selections(node.selection_set, self.schema.get_root_type(node.operation), 1)

    def fragment(self, name: str, level: int) -> Weight:
        known = self.known.get(name)
        if known is not None:
            return known
        node = self.fragments.get(name)
        if node is None:
            return NOTHING
        self.known[name] = NOTHING
        weight = self.selections(node.selection_set, self.schema.get_type(node.type_condition.name.value), level + 1)
        self.known[name] = weight
        return weight

    def selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int) -> Weight:
        if level > MOST_LEVELS:
            raise QueryTooComplex("levels", level, MOST_LEVELS, f"Selections go more than {MOST_LEVELS} levels down.")
        depth, once, each = 0, list[Part](), list[Part]()
        for selection in node.selections:
            weight = self.selection(selection, parent, level)
            depth = max(depth, weight.depth)
            once.append((1, weight.once))
            each.append((1, weight.each))
        return Weight(depth, self.formula.sum(0, once), self.formula.sum(0, each))

    def selection(self, node: SelectionNode, parent: GraphQLNamedType | None, level: int) -> Weight:
        if isinstance(node, FieldNode):
            return self.field(node, parent, level)
        if isinstance(node, FragmentSpreadNode):
            self.spreads += 1
            return self.fragment(node.name.value, level)
        assert isinstance(node, InlineFragmentNode)
        condition = node.type_condition
        return self.selections(node.selection_set, self.schema.get_type(condition.name.value) if condition else parent, level + 1)

    def field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> Weight:
        name = node.name.value
        self.fields += 1
        self.aliases += node.alias is not None
        own = self.prices.own(parent, name)
        if node.selection_set is None:
            return Weight(1, own)
        definition = self.schema.get_field(parent, name) if parent is not None and is_composite_type(parent) else None
        below = self.selections(node.selection_set, get_named_type(definition.type) if definition else None, level + 1)
        depth = below.depth + 1
        if definition is None:  # validation refuses it
            return Weight(depth, self.formula.sum(own, [(1, below.once)]))
        if self.prices.is_paged(parent) and name in ("nodes", "edges"):
            return Weight(depth, 1, self.formula.sum(1, [(1, below.once)]))
        rows = self.prices.rows(parent, definition, node)
        if rows.paged:
            return Weight(depth, self.formula.sum(own, [(1, below.once), (rows.size, below.each)]))
        if name == "ofType" and isinstance(below.once, int):  # a wrapper in a wrapper is half as likely as a wrapper
            return Weight(depth, own + below.once // 2)
        cost = self.formula.sum(own, [(rows.size, below.once)])
        return Weight(depth, self.prices.described(cost) if name in INTROSPECTION_FIELDS else cost)
