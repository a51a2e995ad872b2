"""What happens to the competitors in a record of the sales process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import NotFound
from crm.core.kinds import Kind
from crm.models import Competition
from crm.rules.customers.competition import CompetitionState
from crm.services.amounts import check_amounts
from crm.services.customers import process_parts
from crm.services.customers.process_parts import Part
from crm.services.deeds import Deed
from crm.services.references import resolved
from crm.services.values import checked

COMPETITORS = Part(
    Competition, Kind.COMPETITION, "competitors", "Competitor", ("competitor_id", "state", "strengths", "weaknesses", "price")
)


# Until the row is written: otherwise somebody could delete the competitor in between, finding that no record names it.
_HOLD = "SELECT 1 FROM competitor WHERE id = $1 AND deleted_at IS NULL FOR SHARE"


async def add(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A competitor of the catalogue wants it too; each once."""
    process, record = await process_parts.record_of(deed, COMPETITORS, given["record_id"])
    key = (await resolved(deed, Competition, {"competitor_id": given["competitor_id"]}))["competitor_id"]
    if not await deed.rows(_HOLD, key):
        raise NotFound(("input", "competitorId"))
    message = "This competitor is named already."
    await process_parts.refuse_second(deed, COMPETITORS, process, record, "competitor_id", key, message)
    values = {"state": CompetitionState.ACTIVE.value, **_plain(given), "competitor_id": key}
    return UUID(str((await process_parts.add(deed, COMPETITORS, process, record, values)).id))


async def update(deed: Deed, row_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """What is known of them by now; the competitor stays who it is."""
    found = await process_parts.held(deed, COMPETITORS, row_id, version=version)
    return await process_parts.change(deed, COMPETITORS, found, _plain(given))


async def remove(deed: Deed, row_id: str) -> UUID:
    """They were never in it."""
    return await process_parts.remove(deed, COMPETITORS, await process_parts.held(deed, COMPETITORS, row_id))


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    values = checked(Competition, {name: value for name, value in given.items() if not name.endswith("_id")})
    check_amounts(values, ["price"])
    return values
