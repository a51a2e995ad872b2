"""The tool `watch`: a subscription's gate is checked when it starts and before every event, with rights as they are by then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import strawberry
from strawberry.printer import print_schema

from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.viewer import ANONYMOUS, Viewer
from crm.core.errors import BadUserInput, RequestError
from crm.graph.context import Operation, Request
from crm.resolvers.verbs import watch

LISTENER = Viewer(Rights(ViewerKind.STAFF, {("customer", Action.READ): Scope.OWN}), id=UUID(int=7), epoch=1)
DEAF = replace(LISTENER, rights=Rights(ViewerKind.STAFF, {("contact", Action.READ): Scope.ALL}), epoch=2)
CALLS = "subscription { calls { number by } }"


@strawberry.type
class Call:
    """What is pushed."""

    number: int
    by: int


@strawberry.type
class Query:
    """A schema has a query."""

    nothing: str | None = None


class Source:
    """Events, and how far they were asked for."""

    started = 0
    ended = 0
    failure: Exception | None = None


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def schema(source: Source) -> strawberry.Schema:
    async def calls(operation: Operation, most: int = 3) -> AsyncIterator[Call]:
        """Calls as they come in."""
        source.started += 1
        try:
            for number in range(most):
                yield Call(number=number, by=operation.viewer.epoch)
            if source.failure:
                raise source.failure
        finally:
            source.ended += 1

    calls.__annotations__ = {"operation": Operation, "most": int, "return": AsyncIterator[Call]}

    made = type(
        "Subscription", (), {"__annotations__": {}, "calls": watch("customer.read", "Calls.")(calls), "__doc__": "Watching."}
    )
    return strawberry.Schema(Query, subscription=strawberry.type(made))


class Viewers:
    """Stands for `reload`: the viewer as each event finds them, the last one from then on."""

    def __init__(self, *later: Viewer | None) -> None:
        self.later = list(later)
        self.asked = 0

    async def __call__(self) -> Viewer | None:
        self.asked += 1
        return self.later.pop(0) if len(self.later) > 1 else self.later[0]


def operation_of(viewer: Viewer, reload: Viewers) -> Operation:
    database: Any = None  # nothing is read
    return Operation(database, viewer, Request("r", "127.0.0.1"), reload)


async def watched(schema: strawberry.Schema, operation: Operation, text: str = CALLS) -> list[Any]:
    """What a client gets: events, then the error that ended them, if any."""
    stream = await schema.subscribe(text, context_value=operation)
    if not hasattr(stream, "__aiter__"):
        return [each.original_error for each in stream.errors or ()]
    got: list[Any] = []
    async for result in stream:
        if result.errors:
            got += [each.original_error for each in result.errors]
        else:
            got.append(result.data["calls"])
    return got


def code(error: Any) -> str:
    assert isinstance(error, RequestError), error
    return error.code


async def test_events_pass_in_order_and_end_with_their_source(schema, source):
    viewers = Viewers(LISTENER)
    assert [each["number"] for each in await watched(schema, operation_of(LISTENER, viewers))] == [0, 1, 2]
    assert (viewers.asked, source.started, source.ended) == (3, 1, 1)


async def test_arguments_reach_the_source_and_have_its_defaults(schema):
    got = await watched(schema, operation_of(LISTENER, Viewers(LISTENER)), "subscription { calls(most: 5) { number } }")
    assert [each["number"] for each in got] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("viewer", "expected"), [(ANONYMOUS, "UNAUTHENTICATED"), (DEAF, "FORBIDDEN")])
async def test_who_may_not_listen_starts_nothing(schema, source, viewer, expected):
    viewers = Viewers(LISTENER)
    (error,) = await watched(schema, operation_of(viewer, viewers))
    assert code(error) == expected
    assert (viewers.asked, source.started) == (0, 0)


async def test_an_ended_session_ends_it_before_the_next_event(schema):
    *events, error = await watched(schema, operation_of(LISTENER, Viewers(LISTENER, LISTENER, None)))
    assert [each["number"] for each in events] == [0, 1]
    assert code(error) == "UNAUTHENTICATED"


async def test_a_session_that_ended_before_the_first_event_shows_none(schema):
    (error,) = await watched(schema, operation_of(LISTENER, Viewers(None)))
    assert code(error) == "UNAUTHENTICATED"


async def test_a_lost_permission_ends_it_before_the_next_event(schema):
    *events, error = await watched(schema, operation_of(LISTENER, Viewers(LISTENER, DEAF)))
    assert [each["number"] for each in events] == [0]
    assert code(error) == "FORBIDDEN"


async def test_a_permission_that_comes_back_starts_nothing_again(schema):
    *events, error = await watched(schema, operation_of(LISTENER, Viewers(LISTENER, DEAF, LISTENER)))
    assert (len(events), code(error)) == (1, "FORBIDDEN")


async def test_the_source_is_closed_with_the_stream_that_an_error_ended(schema, source):
    await watched(schema, operation_of(LISTENER, Viewers(LISTENER, None)))
    assert (source.started, source.ended) == (1, 1)


async def test_the_source_is_closed_when_the_client_goes(schema, source):
    stream = await schema.subscribe(CALLS, context_value=operation_of(LISTENER, Viewers(LISTENER)))
    await anext(stream)
    await stream.aclose()
    assert (source.started, source.ended) == (1, 1)


async def test_each_event_is_shown_to_the_viewer_as_they_are_by_then(schema):
    later = [replace(LISTENER, epoch=epoch) for epoch in (10, 11, 12)]
    operation = operation_of(LISTENER, Viewers(*later))
    await watched(schema, operation)
    assert operation.viewer.epoch == 12


async def test_nothing_that_was_read_for_one_event_is_kept_for_the_next(schema):
    async def load(keys: list[Any]) -> list[Any]:
        return keys

    operation = operation_of(LISTENER, Viewers(LISTENER))
    stream = await schema.subscribe(CALLS, context_value=operation)
    loaders = [operation.loader("x", load) async for _ in stream]
    assert len(set(map(id, loaders))) == 3


async def test_an_error_of_the_source_comes_after_its_events(schema, source):
    source.failure = BadUserInput("no more")
    *events, error = await watched(schema, operation_of(LISTENER, Viewers(LISTENER)))
    assert ([each["number"] for each in events], code(error)) == ([0, 1, 2], "BAD_USER_INPUT")


def test_the_permission_is_printed_beside_the_field(schema):
    text = print_schema(schema)
    assert 'calls(most: Int! = 3): Call! @requires(permission: "customer.read")' in text
    assert "directive @requires(permission: String!) on FIELD_DEFINITION" in text
    assert '"""Calls."""' in text
