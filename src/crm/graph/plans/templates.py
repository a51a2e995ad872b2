"""Arguments with variables in them, coerced once as far as they are constant: filling the variables in takes microseconds.

Coercing a filter's literal looks at every field of its input type for every request. Only variables that are given and not null
are filled in here; what absent ones and null mean in their places is graphql-core's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputType,
    ListValueNode,
    Node,
    ObjectFieldNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    coerce_input_literal,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)
from graphql.execution.values import VariableValues

from crm.graph.segments import NAME as SEGMENT

Fill = Callable[[dict[str, Any]], Any]


class Template:
    """The arguments of one field."""

    __slots__ = ("_fills", "_names")

    def __init__(self, fills: dict[str, Fill], names: frozenset[str]) -> None:
        self._fills, self._names = fills, names

    def fill(self, variables: VariableValues) -> dict[str, Any] | None:
        """The coerced arguments; None where one of the variables is absent or null."""
        given = variables.coerced
        if any(given.get(name) is None for name in self._names):
            return None
        return {name: fill(given) for name, fill in self._fills.items()}


class _Uncertain(Exception):
    """Not a form that is dealt with here."""


def template_of(definition: GraphQLField, node: FieldNode) -> Template | None:
    """The template of a field's arguments; None where graphql-core has to coerce them each time."""
    names: set[str] = set()
    try:
        fills = {
            each.name.value: _fill(each.value, definition.args[each.name.value].type, names) for each in node.arguments or ()
        }
    except _Uncertain:
        return None
    return Template(fills, frozenset(names))


def has_variable(node: Node) -> bool:
    """Whether the value of an argument of the field has a variable in it."""
    return any(isinstance(each, VariableNode) for each in _within(node))


def names_segment(node: Node) -> bool:
    """Whether an argument of the field names a segment, which may hold something else the next time."""
    return any(isinstance(each, ObjectFieldNode) and each.name.value == SEGMENT for each in _within(node))


def _within(node: Node) -> Iterator[Node]:
    """What the arguments of a field are made of."""
    waiting: list[Any] = list(node.arguments or ()) if isinstance(node, FieldNode) else [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting.extend(each)
        elif isinstance(each, Node):
            yield each
            waiting.extend(getattr(each, key, None) for key in each.keys)


def _fill(node: ValueNode, kind: GraphQLInputType, names: set[str]) -> Fill:
    if isinstance(node, VariableNode):
        name = node.name.value
        names.add(name)
        return lambda given: given[name]
    if not has_variable(node):
        value = coerce_input_literal(node, kind)
        if value is Undefined:
            raise _Uncertain
        return lambda _: value
    inner = get_nullable_type(kind)
    if isinstance(node, ListValueNode) and is_list_type(inner):
        items = [_fill(each, inner.of_type, names) for each in node.values]
        return lambda given: [item(given) for item in items]
    if isinstance(node, ObjectValueNode) and is_input_object_type(inner):
        return _object(node, inner, names)
    raise _Uncertain


def _object(node: ObjectValueNode, kind: Any, names: set[str]) -> Fill:
    nodes = {each.name.value: each.value for each in node.fields}
    if any(name not in nodes and _has_default(field) for name, field in kind.fields.items()):
        raise _Uncertain
    # In the order of the type's fields, as graphql-core has it: the same filter in another order is the same form.
    fills = {name: _fill(nodes[name], field.type, names) for name, field in kind.fields.items() if name in nodes}
    return lambda given: {name: fill(given) for name, fill in fills.items()}


def _has_default(field: Any) -> bool:
    return field.default is not None or field.default_value is not Undefined
