"""What each field of the schema costs, and how many rows a list is counted with."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.type import GraphQLEnumType, GraphQLInterfaceType

from crm.endpoints.formulas import Cost, Size, page_size

COUNT = 50
"""Of a `totalCount`: a statement of its own, which may look at every row there is."""
COUNTED = frozenset({("Segment", "memberCount")})
"""Other fields that count rows of a whole table, each."""
MUTATION = 100
"""Of a mutation besides what its payload shows: a transaction, locks, the change log, events."""
OWNED = 5
"""Rows of a plain list. They can be 50 and rarely are: people have one to three telephone numbers."""
ROOT_LIST = 50
"""Rows of a plain list at the root: a calendar's month, everybody whose telephone can ring."""
INTROSPECTION = 80_000
"""Of the query by which tools learn the whole schema, whatever the schema has grown to; others are measured against that one."""
LONGEST_NUMBER = 9
"""Digits of a literal that is taken for a size: with more it is no size, and Python refuses to read thousands."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How a field multiplies what is selected under it: by `size`; `paged` is a connection, whose rows are further down."""

    size: Size = 1
    paged: bool = False


class Prices:
    """The prices of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.query = schema.query_type
        self.mutation = schema.mutation_type
        self._paged = {name for name, kind in schema.type_map.items() if _is_connection(kind)}
        self._described = _described(schema)
        self.standard = 0
        """What the query of the tools comes to before it is measured against itself."""

    def own(self, parent: GraphQLNamedType | None, name: str) -> int:
        """A field by itself: one value, and what making it takes."""
        if parent is not None and parent is self.mutation:
            return 1 + MUTATION
        counted = (name == "totalCount" and self.is_paged(parent)) or (parent is not None and (parent.name, name) in COUNTED)
        return 1 + COUNT if counted else 1

    def described(self, cost: Cost) -> Cost:
        """A selection of introspection, measured against that of the tools. No variable has a say in it."""
        return cost * INTROSPECTION // self.standard if self.standard and isinstance(cost, int) else cost

    def is_paged(self, kind: GraphQLNamedType | None) -> bool:
        """Whether the type is a connection."""
        return kind is not None and kind.name in self._paged

    def rows(self, parent: GraphQLNamedType | None, field: GraphQLField, node: FieldNode) -> Rows:
        """How many rows a field with a selection gives."""
        if self.is_paged(get_named_type(field.type)):
            return Rows(page_size(_asked_sizes(node)), paged=True)
        kind = field.type.of_type if is_non_null_type(field.type) else field.type
        if not is_list_type(kind):
            return Rows()
        described = self._described.get((parent.name if parent else "", node.name.value))
        return Rows(described or (ROOT_LIST if parent is self.query else OWNED))


def _asked_sizes(node: FieldNode) -> list[int | str]:
    """What `last` and `first` say: numbers and names of variables. Nulls and nonsense say nothing."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    found: list[int | str] = []
    for name in ("last", "first"):
        value = given.get(name)
        if isinstance(value, VariableNode):
            found.append(value.name.value)
        elif isinstance(value, IntValueNode) and len(value.value) <= LONGEST_NUMBER:
            found.append(int(value.value))
    return found


def _is_connection(kind: GraphQLNamedType) -> bool:
    return isinstance(kind, GraphQLObjectType) and {"nodes", "edges", "pageInfo"} <= set(kind.fields)


def _described(schema: GraphQLSchema) -> dict[tuple[str, str], int]:
    """Lists of introspection, as long as they are in this schema on the average."""
    kinds = list(schema.type_map.values())
    composite = [kind for kind in kinds if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    fields = [field for kind in composite for field in kind.fields.values()]
    inputs = sum(len(kind.fields) for kind in kinds if isinstance(kind, GraphQLInputObjectType))
    enums = sum(len(kind.values) for kind in kinds if isinstance(kind, GraphQLEnumType))
    arguments = sum(len(field.args) for field in fields)

    def average(total: int, among: int) -> int:
        return -(-total // max(among, 1))

    return {
        ("__Schema", "types"): len(kinds),
        ("__Type", "fields"): average(len(fields), len(kinds)),
        ("__Type", "inputFields"): average(inputs, len(kinds)),
        ("__Type", "enumValues"): average(enums, len(kinds)),
        ("__Type", "interfaces"): 1,
        ("__Type", "possibleTypes"): 1,
        ("__Field", "args"): average(arguments, len(fields)),
    }
