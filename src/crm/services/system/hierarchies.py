"""Department tree and reporting line: the closure tables behind rights, kept here alone, under one advisory lock.

The tables are small (an organisation, not its customers), so a change recomputes the closure as a whole and writes the
difference; clever partial updates are where such tables go wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from crm.core.errors import Invalid
from crm.rules.system.hierarchies import closure, would_cycle
from crm.services.deeds import Deed

HIERARCHY_LOCK = 7_261_001


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One tree: its table and parent column, its closure table and columns, and what a circle in it is called."""

    table: str
    parent: str
    closure: str
    above: str
    below: str
    circle: str


DEPARTMENTS = Hierarchy(
    "department", "parent_id", "department_closure", "ancestor_id", "descendant_id", "A department cannot stand below itself."
)
REPORTING = Hierarchy(
    "user_account", "manager_id", "reporting_closure", "superior_id", "subordinate_id", "Nobody can report to themselves."
)


async def lock(deed: Deed) -> None:
    """Two moves that are each fine could make a circle together, so moves are made one after another."""
    await deed.run("SELECT pg_advisory_xact_lock($1)", HIERARCHY_LOCK)


async def refuse_circle(deed: Deed, hierarchy: Hierarchy, node: UUID, parent: UUID | None, where: tuple[str, ...]) -> None:
    """Refuse a parent that stands below the node. The caller holds the lock."""
    if would_cycle(await _parents(deed, hierarchy), node, parent):
        raise Invalid(hierarchy.circle, where)


async def rebuild(deed: Deed, hierarchy: Hierarchy) -> None:
    """Bring the closure table in step with the adjacency column. The caller holds the lock."""
    wanted = closure(await _parents(deed, hierarchy))
    stored = await deed.rows(f"SELECT {hierarchy.above} a, {hierarchy.below} b, depth FROM {hierarchy.closure}")
    present = {(row["a"], row["b"], row["depth"]) for row in stored}
    gone, new = list(present - wanted), list(wanted - present)
    await deed.run(
        f"DELETE FROM {hierarchy.closure} c USING unnest($1::uuid[], $2::uuid[]) AS g(a, b)"
        f" WHERE c.{hierarchy.above} = g.a AND c.{hierarchy.below} = g.b",
        [pair[0] for pair in gone], [pair[1] for pair in gone],
    )  # fmt: skip
    await deed.run(
        f"INSERT INTO {hierarchy.closure} ({hierarchy.above}, {hierarchy.below}, depth)"
        " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])",
        [pair[0] for pair in new], [pair[1] for pair in new], [pair[2] for pair in new],
    )  # fmt: skip


async def bump_epoch(deed: Deed) -> None:
    """Tell every cached viewer, on every process, that rights changed: in the transaction of the change."""
    await deed.run("UPDATE rights_epoch SET epoch = epoch + 1")


async def _parents(deed: Deed, hierarchy: Hierarchy) -> Mapping[UUID, UUID | None]:
    rows = await deed.rows(f"SELECT id, {hierarchy.parent} AS parent FROM {hierarchy.table} WHERE deleted_at IS NULL")
    known = {row["id"] for row in rows}
    return {row["id"]: row["parent"] if row["parent"] in known else None for row in rows}
