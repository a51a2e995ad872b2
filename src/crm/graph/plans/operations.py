"""What is known of an operation of a document before anybody runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    default_field_resolver,
    default_type_resolver,
    get_operation_ast,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

BRANCHING = ("skip", "include")


class Completed:
    """An object that is an answer already: graphql-core takes it over with the errors that belong to it."""

    __slots__ = ("data", "errors")

    def __init__(self, data: dict[str, Any], errors: list[Any]) -> None:
        self.data, self.errors = data, errors


class PlannedExecutor(Executor[Any]):
    """graphql-core's executor, which does not look into what a plan has completed."""

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
            self.collected_errors.add(error, path)
        return result.data


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One operation of one document. Held by what is kept for it, so that the document's identity can stand in keys."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    booleans: tuple[str, ...]
    """The variables that decide what is selected."""

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


def facts_of(document: DocumentNode, operation_name: str | None) -> Facts | None:
    """The facts of the operation that will run; None where there is none of that name, or several and no name."""
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return None
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    names = {each.value.name.value for each in _branches(document) if isinstance(each.value, VariableNode)}
    return Facts(document, operation, fragments, tuple(sorted(names)))


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
