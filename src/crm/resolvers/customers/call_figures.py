"""What can be asked of calls as a whole: figures (来电统计)."""

from __future__ import annotations

import strawberry

from crm.graph.context import Operation
from crm.resolvers.verbs import query
from crm.schema.customers.call_figure import CallFigures, From, To, Which, Within, Zone, call_figures_of
from crm.services.customers.call_figures import CallFigureBy


@strawberry.type
class CallFigureQuery:
    """Reading figures of calls."""

    @query(
        "call.read",
        "Figures of the calls that the viewer may see (来电统计), by agent, line, ring group or period.",
    )
    async def call_figures(
        operation: Operation,
        start: From,
        end: To,
        by: CallFigureBy,
        within_seconds: Within = 20,
        time_zone: Zone = None,
        filter: Which = None,
    ) -> list[CallFigures] | None:
        """More than 1,000 groups answer BAD_USER_INPUT."""
        return await call_figures_of(operation, (start, end), by, within_seconds, time_zone, filter)
