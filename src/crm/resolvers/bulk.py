"""Verbs over many records: each in a savepoint of its own, so that one refusal does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from crm.core.errors import DomainError, Invalid
from crm.graph.payloads import Done, plain_error, refused
from crm.schema.system.bulk import MAX_BULK
from crm.services.deeds import Deed


async def each_record(deed: Deed, ids: Sequence[str], act: Callable[[Deed, str], Awaitable[UUID]]) -> Done:
    """Do it to each record, in the order of the ids' values so that two bulk verbs cannot deadlock."""
    if not 1 <= len(ids) <= MAX_BULK:
        raise Invalid(f"Between 1 and {MAX_BULK} records.", ("input", "ids"))
    outcome = {record_id: await _one(deed, record_id, act) for record_id in sorted(set(ids))}
    return Done(extra={"results": [{"id": record_id, "errors": outcome[record_id]} for record_id in ids]})


async def _one(deed: Deed, record_id: str, act: Callable[[Deed, str], Awaitable[UUID]]) -> list[dict[str, Any]]:
    """What was wrong with this record, as plain data that an idempotency key can keep; nothing of it is written then."""
    try:
        async with deed.savepoint() as inner:
            await act(inner, record_id)
    except DomainError as error:
        return [plain_error(each) for each in refused(error).user_errors]
    return []
