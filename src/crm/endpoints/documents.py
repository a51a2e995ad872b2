"""Documents: text in, parsed and validated document out, kept by text."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_operation_ast,
    parse,
    validate,
)

MAX_TOKENS = 4000
MOST_BYTES = 2 * 1024 * 1024
"""Texts kept, in bytes of the texts; parsed they take about thirty times as much memory."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, and what is wrong with it by the schema (nothing, or it is not executed)."""

    node: DocumentNode
    errors: tuple[GraphQLError, ...]


class Documents:
    """The documents of one schema; parsing and validating a new one costs milliseconds, finding an old one nothing."""

    def __init__(self, schema: GraphQLSchema, *, hide_suggestions: bool) -> None:
        self.schema = schema
        self.hide_suggestions = hide_suggestions
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0

    def read(self, text: str) -> Document:
        """Parse and validate; raises `GraphQLError` for a text that is no GraphQL."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        node = parse(text, max_tokens=MAX_TOKENS)
        document = Document(node, tuple(validate(self.schema, node, max_errors=20, hide_suggestions=self.hide_suggestions)))
        self._kept[text] = document
        self._bytes += len(text)
        while self._bytes > MOST_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[0])
        return document


def root_fields(document: DocumentNode, operation_name: str | None) -> tuple[OperationDefinitionNode | None, set[str]]:
    """The operation that will run, and the names of the root fields it selects, through fragments too."""
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return None, set()
    return operation, {node.name.value for node in root_selections(document, operation)}


def root_selections(document: DocumentNode, operation: OperationDefinitionNode) -> list[FieldNode]:
    """The root fields an operation selects, through fragments too.

    Directives are not looked at: `@skip` may depend on variables, and a skipped field still shows what the sender wants.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    found: list[FieldNode] = []
    seen: set[str] = set()
    waiting: list[SelectionSetNode] = [operation.selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                found.append(selection)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                if selection.name.value in fragments:
                    waiting.append(fragments[selection.name.value].selection_set)
    return found
