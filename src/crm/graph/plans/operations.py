"""What is known of an operation of a document before anybody runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    Undefined,
    VariableNode,
    default_field_resolver,
    default_type_resolver,
    get_nullable_type,
    get_operation_ast,
    is_leaf_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.pyutils import Path

from crm.graph.segments import NAME, ids_in

BRANCHING = ("skip", "include")


class Completed:
    """An object that is an answer already: graphql-core takes it over with the errors that belong to it."""

    __slots__ = ("data", "errors")

    def __init__(self, data: dict[str, Any], errors: list[Any]) -> None:
        self.data, self.errors = data, errors


class PlannedExecutor(Executor[Any]):
    """graphql-core's executor, which does not look into what a plan has completed, and brings every field to its end."""

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, grouped_field_set: Any, position_context: Any
    ) -> Any:
        """The fields of an object, all of them.

        graphql-core cancels the others when one fails that cannot be null. Which of their errors are told would then depend on
        who was faster, and resolvers that had not begun leave warnings behind.
        """
        results: dict[str, Any] = {}
        waiting: list[str] = []
        failed: GraphQLError | None = None
        for name, details in grouped_field_set.items():
            place = Path(path, name, parent_type.name)
            try:
                found = self.execute_field(parent_type, source_value, details, place, position_context)
            except GraphQLError as error:
                failed = failed or error
                continue
            if found is not Undefined:
                results[name] = found
                if self.is_awaitable(found):
                    waiting.append(name)
        if waiting:
            return _ended(results, waiting, failed)
        if failed is not None:
            raise failed
        return results

    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """Objects of a known type."""
        if type(result) is Completed:
            return self._taken(result, path)
        return super().complete_object_value(return_type, field_details_list, info, path, result, context)

    def complete_abstract_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, context: Any
    ) -> Any:
        """Objects of an interface."""
        if type(result) is Completed:
            return self._taken(result, path)
        return super().complete_abstract_value(return_type, field_details_list, info, path, result, context)

    def _taken(self, result: Completed, path: Any) -> dict[str, Any]:
        for error in result.errors:
            # Each at its own place: graphql-core takes but one error for a place.
            self.collected_errors.add(error, _path(path, error.path or ()))
        return result.data


def _path(above: Path, whole: Sequence[str | int]) -> Path:
    """The place of an error as a path that goes on from the one above it."""
    found = above
    for key in whole[len(above.as_list()) :]:
        found = Path(found, key, None)
    return found


async def _ended(results: dict[str, Any], waiting: list[str], failed: BaseException | None) -> dict[str, Any]:
    """Wait for all; then the first that failed, in the order of the fields, takes the object with it."""
    found = await asyncio.gather(*(results[name] for name in waiting), return_exceptions=True)
    for name, value in zip(waiting, found, strict=True):
        if isinstance(value, BaseException):
            failed = failed or value
        results[name] = value
    if failed is not None:
        raise failed
    return results


@dataclass(slots=True, eq=False)
class Facts:
    """One operation of one document. Held by what is kept for it, so that the document's identity can stand in keys."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    booleans: tuple[str, ...]
    """The variables that decide what is selected."""
    named_by_id: list[tuple[int, Any]] | None = None
    """Sites of `node(id)` fields at the root; None until somebody looked."""
    _simple: dict[str, tuple[GraphQLVariableSignature, GraphQLLeafType]] | None = None
    _segments: tuple[VariableNode | StringValueNode, ...] | None = None

    def segments(self, variables: VariableValues) -> list[UUID]:
        """The segments that are named, in the document or in a variable."""
        if self._segments is None:
            self._segments = tuple(_named_segments(self.document))
        found = [
            variables.coerced.get(each.name.value) if isinstance(each, VariableNode) else each.value for each in self._segments
        ]
        given = [each for each in variables.coerced.values() if isinstance(each, dict | list)]
        return [*ids_in([{NAME: each} for each in found]), *ids_in(given)]

    def coerced(self, schema: GraphQLSchema, raw: dict[str, Any]) -> VariableValues | None:
        """The variables as GraphQL takes them; None where they do not fit, which graphql-core has to say in its words.

        Where all are scalars and all are given, which is what clients send, nothing is asked of graphql-core but each scalar's
        own coercion: its general way costs 0.05 ms.
        """
        definitions = self.operation.variable_definitions or ()
        if self._simple is None:
            self._simple = _simple(schema, definitions)
        if len(self._simple) == len(definitions):
            with suppress(KeyError, TypeError, ValueError, GraphQLError):  # absent, null or wrong: the general way says which
                found = {name: kind.coerce_input_value(raw[name]) for name, (_, kind) in self._simple.items()}
                sources = {name: VariableValueSource(sign, raw[name]) for name, (sign, _) in self._simple.items()}
                return VariableValues(sources, found)
        variables = get_variable_values(schema, definitions, raw, 1)
        return None if isinstance(variables, list) else variables

    def executor(self, schema: GraphQLSchema, variables: VariableValues, context: object) -> PlannedExecutor:
        """An executor for this operation, without coercing and checking everything again."""
        details = {name: FragmentDetails(node) for name, node in self.fragments.items()}
        return PlannedExecutor(
            schema,
            self.fragments,
            details,
            None,
            context,
            self.operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
        )

    def root_fields(self) -> list[FieldNode]:
        """The fields at the root, through fragments, whatever directives say."""
        found: list[FieldNode] = []
        seen: set[str] = set()
        waiting: list[SelectionSetNode] = [self.operation.selection_set]
        while waiting:
            for selection in waiting.pop().selections:
                if isinstance(selection, FieldNode):
                    found.append(selection)
                elif not isinstance(selection, FragmentSpreadNode):
                    waiting.append(selection.selection_set)  # type: ignore[attr-defined]  # the third kind is an inline fragment
                elif selection.name.value not in seen and selection.name.value in self.fragments:
                    seen.add(selection.name.value)
                    waiting.append(self.fragments[selection.name.value].selection_set)
        return found


def _simple(schema: GraphQLSchema, definitions: Any) -> dict[str, tuple[GraphQLVariableSignature, GraphQLLeafType]]:
    """The variables that are scalars or enums."""
    found = {}
    for definition in definitions:
        signature = get_variable_signature(schema, definition)
        if not isinstance(signature, GraphQLError) and is_leaf_type(kind := get_nullable_type(signature.type)):
            found[signature.name] = (signature, kind)
    return found


def facts_of(document: DocumentNode, operation_name: str | None) -> Facts | None:
    """The facts of the operation that will run; None where there is none of that name, or several and no name."""
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return None
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    names = {each.value.name.value for each in _branches(document) if isinstance(each.value, VariableNode)}
    # Another operation of the document may have a variable of the same name that is something else altogether.
    own = {each.variable.name.value for each in operation.variable_definitions or () if _is_boolean(each.type)}
    return Facts(document, operation, fragments, tuple(sorted(names & own)))


def _named_segments(document: DocumentNode) -> Iterator[VariableNode | StringValueNode]:
    """What stands in a document where a segment is named."""
    waiting: list[Any] = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting.extend(each)
        elif isinstance(each, ObjectFieldNode) and each.name.value == NAME:
            if isinstance(each.value, VariableNode | StringValueNode):
                yield each.value  # what is neither, validation has refused
        elif isinstance(each, Node):
            waiting.extend(getattr(each, key, None) for key in each.keys)


def _is_boolean(made: TypeNode) -> bool:
    inner = made.type if isinstance(made, NonNullTypeNode) else made
    return isinstance(inner, NamedTypeNode) and inner.name.value == "Boolean"


def _branches(node: Node) -> Iterator[Any]:
    """The arguments of `@skip` and `@include`; the document's limits bound the walk."""
    waiting: list[Any] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting.extend(each)
        elif isinstance(each, DirectiveNode):
            if each.name.value in BRANCHING:
                yield from each.arguments or ()
        elif isinstance(each, Node):
            waiting.extend(getattr(each, key, None) for key in each.keys)
