"""One operation on a socket: a query or mutation with one answer, or a subscription with one for each event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import structlog
from graphql import ExecutionResult, OperationDefinitionNode, OperationType, get_operation_ast

from crm.access.viewer import Viewer
from crm.core.errors import RequestError, Unauthenticated
from crm.endpoints.answers import answered, told
from crm.endpoints.budgets import Spent, charged
from crm.endpoints.documents import Document
from crm.endpoints.execution import ENDED, Asked, Executor, Services, load
from crm.endpoints.pushes.opening import begin
from crm.endpoints.pushes.readers import Reader
from crm.endpoints.pushes.selections import WrongVariables
from crm.endpoints.refusals import spoilt_by, trouble_of
from crm.endpoints.sockets.messages import frame, next_frame
from crm.graph.context import Request as RequestFacts
from crm.graph.plans.planner import Planned
from crm.notify.subscriptions import Sink, Subscription
from crm.store.deadlines import deadline
from crm.store.errors import UNAVAILABLE

log = structlog.get_logger("crm.sockets")


class Line(Protocol):
    """The socket, as an operation sees it."""

    executor: Executor
    services: Services
    facts: RequestFacts | None
    reader: Reader | None

    async def send(self, text: str) -> None:
        """Write a frame."""

    def sink(self, operation_id: str) -> Sink:
        """Where the answers of a subscription go."""


async def run_operation(line: Line, operation_id: str, asked: Asked) -> Subscription | None:
    """Answer it to its end, or begin the subscription; refusals become an `error` message."""
    assert line.facts is not None
    reference = line.facts.id
    try:
        asked = replace(asked, query=line.executor.persisted.text(asked.query, asked.extensions))
        document, operation = _read(line, asked)
        line.executor.persisted.keep(asked.query, asked.extensions)
        if operation.operation is OperationType.SUBSCRIPTION:
            return await _listen(line, operation_id, asked, document, operation)
        await _answer(line, operation_id, asked, document, operation)
    except WrongVariables as wrong:
        await line.send(frame("error", operation_id, [told(error, reference) for error in wrong.errors]))
    except _Refused as refused:
        await line.send(frame("error", operation_id, refused.errors))
    except Unauthenticated:
        raise
    except RequestError as error:
        await _refuse(line, operation_id, error)
    return None


async def _refuse(line: Line, operation_id: str, error: RequestError) -> None:
    await line.send(refusal(operation_id, error))


def refusal(operation_id: str, error: RequestError) -> str:
    """The `error` message that ends an operation."""
    return frame("error", operation_id, [{"message": error.message, "extensions": error.extensions}])


class _Refused(Exception):
    """The document cannot be executed."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("refused")
        self.errors = errors


def _read(line: Line, asked: Asked) -> tuple[Document, OperationDefinitionNode]:
    assert line.facts is not None
    reference = line.facts.id
    document = line.executor.documents.read(asked.query)
    if document.errors:
        raise _Refused([told(error, reference) for error in document.errors])
    operation = get_operation_ast(document.node, asked.operation_name)
    if operation is None:
        raise RequestError("The document has no operation of this name, or several and none was named.")
    return document, operation


async def _answer(line: Line, operation_id: str, asked: Asked, document: Document, operation: OperationDefinitionNode) -> None:
    """One answer, within `CRM_REQUEST_SECONDS`. Where the database is away the operation ends with that, and the socket lives."""
    assert line.facts is not None
    try:
        with deadline(line.executor.settings.request_seconds):
            result, spent = await _executed(line, line.facts, asked, document)
        spoilt = spoilt_by(result, operation)
    except UNAVAILABLE as error:
        if trouble_of(error) is None:
            raise
        spoilt = error
    if spoilt is not None and (trouble := trouble_of(spoilt)) is not None:
        log.warning("operation given up", code=trouble.code, reason=type(spoilt).__name__)
        await _refuse(line, operation_id, trouble)
        return
    await line.send(next_frame(operation_id, answered(result, line.facts.id).extended(spent.json).body))
    await line.send(frame("complete", operation_id))


async def _executed(line: Line, facts: RequestFacts, asked: Asked, document: Document) -> tuple[ExecutionResult | Planned, Spent]:
    viewer = await line.services.viewers.of(facts.token or "")
    if viewer is None:
        raise Unauthenticated(ENDED)
    root = document.root(asked.operation_name)
    fields = root.fields if root else frozenset()
    refused = line.executor.refusal(viewer, fields)
    if refused is not None:
        raise RequestError(refused)
    spent = await _charged(line, facts, document, asked, viewer)
    if line.executor.describes(fields):
        result: ExecutionResult | Planned = await line.executor.describe(line.services, facts, document.node, asked)
    else:
        result = await line.executor.run(line.services, viewer, facts, document.node, asked)
    if any(isinstance(error.original_error, Unauthenticated) for error in result.errors or ()):
        raise Unauthenticated(ENDED)
    return result, spent


async def _charged(line: Line, facts: RequestFacts, document: Document, asked: Asked, viewer: Viewer) -> Spent:
    budget = line.executor.settings.cost_budget
    return await charged(document, asked, viewer, budget, lambda: load(line.services, facts.token))


async def _listen(
    line: Line, operation_id: str, asked: Asked, document: Document, operation: OperationDefinitionNode
) -> Subscription:
    assert line.facts is not None
    assert line.reader is not None
    return await begin(line.executor, line.services, line.reader, document, operation, asked, line.sink(operation_id))
