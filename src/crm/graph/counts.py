"""How many records segments hold for this viewer, all that an answer shows by one statement."""

from __future__ import annotations

from uuid import UUID

from crm.access.binds import Binds
from crm.access.grants import Rights
from crm.access.select import total_of
from crm.core.errors import FieldForbidden, RequestError
from crm.graph.context import Operation
from crm.graph.filters import condition_of
from crm.graph.segments import Segments, named_in, noun_held


async def members_of(operation: Operation, segment_id: UUID) -> int | None:
    """The count of one segment; an error at its place where the viewer may not ask what it asks, or nobody can any more."""

    async def load(ids: list[UUID]) -> list[int | BaseException | None]:
        return await _counted(operation, ids)

    found: int | None = await operation.loader(("segment members",), load).load(segment_id)
    return found


async def _counted(operation: Operation, ids: list[UUID]) -> list[int | BaseException | None]:
    saved = await named_in(operation, ids)
    refused: dict[UUID, BaseException] = {}

    def render(rights: Rights, binds: Binds) -> str:
        refused.clear()
        counts: list[str] = []
        for key in ids:
            try:
                counts.append(f"({_count(saved, key, rights, binds)}) AS c{len(counts)}")
            except RequestError as error:
                refused[key] = error
        return f"SELECT {', '.join(counts) or 'NULL AS none'}"

    row = (await operation.fetch(render))[0]
    places = iter(range(len(ids)))
    return [refused[key] if key in refused else row[f"c{next(places)}"] for key in ids]


def _count(saved: Segments, key: UUID, rights: Rights, binds: Binds) -> str:
    found = saved.saved.get(key)
    if found is None:  # it went out of sight since it was read
        return "NULL::bigint"
    noun = noun_held(found.holds)
    if not noun.gate_open(rights):
        raise FieldForbidden(f"{noun.entity}.read")
    condition = saved.condition(noun, str(key), rights, condition_of)
    return total_of(noun.source, None, condition, rights, binds)
