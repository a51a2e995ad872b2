"""How long an opportunity stays in each stage: one row for each stay, the open one without an end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import StageChange
from crm.services.deeds import Deed


async def begin(deed: Deed, opportunity: Any, stage_id: UUID) -> None:
    """The opportunity enters a stage, with the amount it has now: when the last stay ended, or later."""
    query = "SELECT max(left_at) AS last FROM stage_change WHERE opportunity_id = $1"
    last = (await deed.rows(query, opportunity.id))[0]["last"]
    await StageChange.create(
        using_db=deed.tx,
        id=new_id(Kind.STAGE_CHANGE),
        opportunity_id=opportunity.id,
        stage_id=stage_id,
        entered_at=deed.at if last is None else max(deed.at, last),
        amount=opportunity.amount,
        changed_by_id=deed.actor,
    )


async def end(deed: Deed, opportunity: Any) -> None:
    """The stay that is open, if one is, ends now.

    Of two deeds the one that began first may come second, having waited for the other: a stay lasts at least an instant, so that
    the order in which they happened is the order in which they are read.
    """
    await deed.run(
        "UPDATE stage_change SET left_at = greatest($2, entered_at + interval '1 microsecond')"
        " WHERE opportunity_id = $1 AND left_at IS NULL",
        opportunity.id,
        deed.at,
    )
