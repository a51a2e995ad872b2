"""An execution that nobody waits for any more ends by itself: nothing of it is dropped before it began."""

import asyncio
import gc

import pytest
from graphql import GraphQLField, GraphQLInt, GraphQLList, GraphQLObjectType, GraphQLSchema, execute, parse

from crm.endpoints.finishing import finished
from crm.graph.plans.operations import PlannedExecutor


def _schema(resolved: list[int]) -> GraphQLSchema:
    async def value(*_):
        await asyncio.sleep(0)
        resolved.append(1)
        return 1

    async def things(*_):
        return [{}, {}]

    thing = GraphQLObjectType("Thing", {name: GraphQLField(GraphQLInt, resolve=value) for name in "ab"})
    return GraphQLSchema(GraphQLObjectType("Query", {name: GraphQLField(GraphQLList(thing), resolve=things) for name in "xy"}))


@pytest.mark.parametrize("steps", range(1, 9))
async def test_cancelling_at_any_step_drops_nothing_and_what_began_is_finished(steps):
    resolved: list[int] = []
    outcome = execute(_schema(resolved), parse("{ x { a b } y { a b } }"), executor_class=PlannedExecutor)
    waiting = asyncio.create_task(finished(outcome))
    for _ in range(steps):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        while len(resolved) < 8:
            await asyncio.sleep(0)
    gc.collect()  # a coroutine that was never begun would be reported here, and warnings are errors


async def test_what_it_raises_is_told_to_whoever_waits():
    async def fails():
        raise LookupError

    with pytest.raises(LookupError):
        await finished(fails())
