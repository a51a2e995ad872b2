"""A subscription's selection: what a client wants to know of each event, run under the rights they have by then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any
from uuid import UUID

import orjson
from graphql import DocumentNode, ExecutionResult, FieldNode, OperationDefinitionNode, get_argument_values, get_variable_values

from crm.core.errors import FieldForbidden, RequestError, Unauthenticated
from crm.endpoints.answers import answered
from crm.endpoints.documents import root_selections
from crm.endpoints.execution import ENDED, Asked, Executor, Services
from crm.graph.context import Operation, RightsMoved
from crm.graph.context import Request as RequestFacts
from crm.graph.pushes import Pushed, pushed
from crm.notify.brokers import Event
from crm.services.topics import STREAMS, TOPICS, Stream
from crm.store.deadlines import deadline
from crm.store.errors import UNAVAILABLE

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 2.0


class WrongVariables(Exception):
    """The variables of a subscription do not fit its document; `errors` says how."""

    def __init__(self, errors: list[Any]) -> None:
        super().__init__("variables")
        self.errors = errors


class Selection:
    """One subscription of one socket, as the hub's `Rendering`. It is run per person: nothing of it is shared yet."""

    shared = False

    def __init__(self, executor: Executor, services: Services, facts: RequestFacts, document: DocumentNode, asked: Asked) -> None:
        self.executor = executor
        self.services = services
        self.facts = facts
        self.document = document
        self.asked = asked
        self.key: Hashable = (asked.query, asked.operation_name, orjson.dumps(asked.variables, option=orjson.OPT_SORT_KEYS))

    async def run(self, event: Event, cursor: str, people: Sequence[UUID]) -> list[bytes | None]:
        """The answer for the one person this socket is signed in as; None where they may not see the record now."""
        assert len(people) == 1
        rule = TOPICS[event.topic]

        async def root(operation: Operation) -> Pushed | None:
            return await pushed(operation, rule.type, rule.permission, event.record_id, cursor)

        pause = SHORTEST_PAUSE
        while True:
            try:
                with deadline(self.executor.settings.request_seconds):
                    return [await self._run(root)]
            except (RightsMoved, *UNAVAILABLE):
                # The event is not used up. While rights are being edited, or the database restarts, it is tried again; a socket
                # that has to wait too long is closed, and its client comes back with the cursor of the event before.
                if pause > LONGEST_PAUSE:
                    raise TimeoutError from None
                await asyncio.sleep(pause)
                pause *= 2

    async def _run(self, root: Callable[[Operation], Awaitable[Pushed | None]]) -> bytes | None:
        viewer = await self.services.viewers.of(self.facts.token or "")
        if viewer is None:
            raise Unauthenticated(ENDED)
        result = await self.executor.run(self.services, viewer, self.facts, self.document, self.asked, root)
        if result is None or not isinstance(result, ExecutionResult):
            return None
        for error in result.errors or ():
            if isinstance(error.original_error, (RightsMoved, *UNAVAILABLE)):
                raise error.original_error
        return answered(result, self.facts.id).body


def listened(
    executor: Executor, document: DocumentNode, operation: OperationDefinitionNode, asked: Asked
) -> tuple[Stream, str | None]:
    """Which stream a subscription listens to, and after which cursor. The document has been validated: it has one root field."""
    schema = executor.schema
    variables = get_variable_values(schema, operation.variable_definitions or (), asked.variables or {}, 20)
    if isinstance(variables, list):
        raise WrongVariables(variables)
    node: FieldNode = root_selections(document, operation)[0]
    assert schema.subscription_type is not None
    made = schema.subscription_type.fields.get(node.name.value)
    if made is None:  # `__typename` is a field, but no stream
        raise RequestError("Subscribe to one of the fields of Subscription.")
    arguments = get_argument_values(made, node, variables)
    return Stream(node.name.value), arguments.get("after")


def check_gate(viewer_rights: Any, stream: Stream) -> None:
    """Refuse a stream that no role of the viewer opens."""
    permission = STREAMS[stream].permission
    if not viewer_rights.holds(permission):
        raise FieldForbidden(permission)
