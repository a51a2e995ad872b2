"""Whether somebody may spend what an operation costs, and what clients are told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crm import metrics
from crm.access.viewer import Viewer
from crm.core.errors import QueryTooComplex, Unauthenticated
from crm.endpoints.documents import Document
from crm.endpoints.execution import ENDED, Asked

Reload = Callable[[], Awaitable[Viewer | None]]


@dataclass(frozen=True, slots=True)
class Spent:
    """What an operation was judged to cost, and what its sender may spend on one."""

    requested: int
    budget: int

    @property
    def json(self) -> bytes:
        """The `extensions` of an answer."""
        return b'{"cost":{"requested":%d,"budget":%d}}' % (self.requested, self.budget)


async def charged(document: Document, asked: Asked, viewer: Viewer, default: int, reload: Reload) -> Spent:
    """The cost of an operation for this viewer; raises `QueryTooComplex` where it is over their budget.

    The viewer may be of before a change of roles. Before anything is refused it is asked for anew: what was refused and reported
    to an administrator, who gave the role more, must not be refused again.
    """
    requested = document.cost(asked.operation_name, asked.variables)
    if requested > viewer.budget(default):
        fresh = await reload()
        if fresh is None:
            raise Unauthenticated(ENDED)
        viewer = fresh
    budget = viewer.budget(default)
    if requested > budget:
        metrics.queries_refused.labels("cost").inc()
        told = f"This would cost {requested}, and {budget} may be spent. Ask for fewer rows, or for less of each."
        raise QueryTooComplex("cost", requested, budget, told)
    metrics.query_cost.observe(requested)
    return Spent(requested, budget)
