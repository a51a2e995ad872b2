"""Documents: text in, parsed, measured and validated document out, kept by the hash of the text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
)

from crm import metrics
from crm.core.errors import QueryTooComplex, RequestError
from crm.core.segments import Segments
from crm.endpoints.limits import Priced, measure, prices_of
from crm.endpoints.scanning import check_size, scan
from crm.endpoints.validation import validated

MOST_BYTES = 32 * 2**20
"""Memory for documents that run, as estimated: some hundred of the usual size."""
MOST_REFUSED_BYTES = 2 * 2**20
"""Memory for what is wrong with those that do not."""
BYTES_PER_TOKEN = 800
"""A parsed document, its tokens and places included: 380 to 650 bytes for each token were measured."""
BYTES_EACH = 2048
BYTES_PER_ERROR = 2048
LONGEST_MESSAGE = 500
"""Characters of what is wrong: messages quote what they are about, and a literal can be a whole document long."""

_FOUND = metrics.kept_lookups.labels("documents", "hit")


@dataclass(frozen=True, slots=True)
class Root:
    """An operation as far as must be known to decide who may run it: its kind and its root fields, through fragments too."""

    kind: OperationType
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, and what is wrong with it: nothing, or it is not executed and its tree is not kept.

    `roots` are its operations by name, "" for the one without.
    """

    node: DocumentNode
    errors: tuple[GraphQLError, ...]
    roots: Mapping[str, Root]
    priced: Priced | None = None

    def root(self, operation_name: str | None) -> Root | None:
        """The operation that will run; None where there is none of this name, or several and none was named."""
        if operation_name is not None:
            return self.roots.get(operation_name) if operation_name else None
        return next(iter(self.roots.values())) if len(self.roots) == 1 else None

    def cost(self, operation_name: str | None, variables: Mapping[str, Any] | None) -> int:
        """What an operation costs with these variables; one that cannot run costs nothing."""
        if self.priced is None or self.root(operation_name) is None:
            return 0
        name = operation_name or next(iter(self.roots))
        defaults = self.priced.defaults[name]
        return self.priced.formula.worth(self.priced.costs[name], {**defaults, **(variables or {})})


class Documents:
    """The documents of one schema; parsing and validating a new one costs milliseconds, finding an old one nothing.

    Refused ones are remembered too, as their errors alone and apart from the others: a broken client that repeats a wrong
    document costs nothing, and junk takes no room from what runs.
    """

    def __init__(self, schema: GraphQLSchema, *, hide_suggestions: bool) -> None:
        self.schema = schema
        self.hide_suggestions = hide_suggestions
        self.prices = prices_of(schema)
        self._kept: Segments[Document] = Segments(MOST_BYTES, metrics.kept_evictions.labels("documents").inc)
        self._refused: Segments[Document] = Segments(MOST_REFUSED_BYTES)

    def read(self, text: str) -> Document:
        """The document of a text, with whatever is wrong with it in `errors`."""
        document = self._read(text)
        for error in document.errors:
            if isinstance(error.original_error, QueryTooComplex):
                metrics.queries_refused.labels(error.original_error.details["limit"]).inc()
        return document

    def _read(self, text: str) -> Document:
        data = text.encode("utf-8", "surrogatepass")
        try:
            check_size(data)
        except QueryTooComplex as error:
            return _refused(_told(error))
        key = hashlib.sha256(data).digest()
        found = self._kept.get(key)
        if found is not None:
            _FOUND.inc()
            return found
        found = self._refused.get(key)
        if found is not None:
            metrics.kept_lookups.labels("refused documents", "hit").inc()
            return found
        return self._new(key, text, len(data))

    def _new(self, key: bytes, text: str, length: int) -> Document:
        try:
            tokens = scan(text)
            document = self._made(parse(text, max_tokens=tokens + 1))
        except QueryTooComplex as error:
            document = _refused(_told(error))
        except GraphQLError as error:
            document = _refused(error)
        if document.errors:
            metrics.kept_lookups.labels("refused documents", "miss").inc()
            self._refused.put(key, document, BYTES_EACH + BYTES_PER_ERROR * len(document.errors))
        else:
            metrics.kept_lookups.labels("documents", "miss").inc()
            self._kept.put(key, document, BYTES_EACH + length + BYTES_PER_TOKEN * tokens)
        metrics.kept_bytes.labels("documents").set(self._kept.bytes)
        return document

    def _made(self, node: DocumentNode) -> Document:
        roots = _roots(node)
        try:
            priced = measure(self.schema, self.prices, node)
            errors = validated(self.schema, node, hide_suggestions=self.hide_suggestions)
        except QueryTooComplex as error:
            return _refused(_told(error), roots=roots)
        return _refused(*errors, roots=roots) if errors else Document(node, (), roots, priced)


NO_TREE = DocumentNode(definitions=())


def _refused(*errors: GraphQLError, roots: Mapping[str, Root] | None = None) -> Document:
    return Document(NO_TREE, tuple(_bare(error) for error in errors), roots or {})


def _told(error: QueryTooComplex) -> GraphQLError:
    return GraphQLError(error.message, original_error=error)


def _bare(error: GraphQLError) -> GraphQLError:
    """The error as it is told, without what would keep the tree, the text and the frames alive.

    What a literal made a scalar's code raise is its sender's mistake and no crash of ours: Python, for one, refuses to read a
    number of ten thousand digits.
    """
    cause = error.original_error.with_traceback(None) if isinstance(error.original_error, RequestError) else None
    message = error.message if len(error.message) <= LONGEST_MESSAGE else error.message[:LONGEST_MESSAGE] + " …"
    bare = GraphQLError(message, original_error=cause)
    bare.locations = error.locations
    return bare.with_traceback(None)


def _roots(document: DocumentNode) -> dict[str, Root]:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return {
        node.name.value if node.name else "": Root(
            node.operation, frozenset(field.name.value for field in root_selections(document, node))
        )
        for node in operations
    }


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
