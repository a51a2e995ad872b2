"""The search centre (检索中心)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.access.search import Narrowing
from crm.core.errors import BadUserInput
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.graph.context import Operation
from crm.graph.search_wishes import searched_entities
from crm.graph.searching import find
from crm.resolvers.verbs import query
from crm.schema.system.search import SearchConnection

MOST_VALUES = 50

Words = Annotated[
    str,
    strawberry.argument(
        description="Words, parted by spaces, each of which must be found: Chinese anywhere in a text, pinyin or its initials,"
        " Latin words by their beginning, three digits and more of a phone number. At most 100 characters and 8 words."
    ),
]
Entities = Annotated[
    list[str] | None, strawberry.argument(description="Only these, such as `customer` and `contact`; by default all.")
]
Owners = Annotated[list[strawberry.ID] | None, strawberry.argument(description="Only records of these people (负责人).")]
States = Annotated[
    list[str] | None, strawberry.argument(description="Only records in these states, as the facets tell them (状态).")
]
Since = Annotated[datetime | None, strawberry.argument(description="Only records that were changed at this instant or later.")]
First = Annotated[int | None, strawberry.argument(description="How many hits, 1 to 100 (default 20).")]
After = Annotated[str | None, strawberry.argument(description="Hits after this cursor.")]


@strawberry.type
class SearchQuery:
    """Searching."""

    @query(
        SIGNED_IN,
        "Records of every kind that the viewer may see, by what stands in them (检索中心), the best first. Customers of the"
        " public pool that they see there and no other way are found by names and codes, and by no number.",
    )
    async def search(
        operation: Operation,
        query: Words,
        entities: Entities = None,
        owner_ids: Owners = None,
        states: States = None,
        updated_since: Since = None,
        first: First = None,
        after: After = None,
    ) -> SearchConnection | None:
        """What is found is under the rights of each record, counts and facets too."""
        for name, values in (("entities", entities), ("ownerIds", owner_ids), ("states", states)):
            if values is not None and len(values) > MOST_VALUES:
                raise BadUserInput(f"`{name}` takes at most {MOST_VALUES} values.")
        narrowing = Narrowing(_people(owner_ids), _states(states), updated_since)
        return SearchConnection(page=await find(operation, query, _entities(entities), narrowing, first, after))


def _entities(given: list[str] | None) -> list[str] | None:
    for entity in given or ():
        if entity not in searched_entities():
            raise BadUserInput("`entities` names something that cannot be searched.")
    return given


def _people(given: list[strawberry.ID] | None) -> tuple[UUID, ...] | None:
    """People by their ids; one of nobody finds nothing, like one of somebody without records."""
    if given is None:
        return None
    return tuple(key for text in given if (key := parse_id(text, Kind.USER)) is not None)


def _states(given: list[str] | None) -> tuple[str, ...] | None:
    if given is not None and any("\0" in state for state in given):
        raise BadUserInput("`states` has a NUL character.")
    return None if given is None else tuple(given)
