"""What a list inside a record may cost, and whether a plan keeps to it: the promise of ADR 0030."""

from __future__ import annotations

from typing import Any

from tests.factories.crowds import Plan
from tests.factories.edges import Edge, edges

PAGED_ON_SCREENS = {("activity", "party_id", "planned_at"), ("activity", "party_id", "done_at")}
"""Orders besides the default ones that front ends page through: what is planned with a customer, and what was done."""
SERVED = [edge for edge in edges() if edge.default or (edge.table, edge.column, edge.order[0].column) in PAGED_ON_SCREENS]
"""Edges whose order an index serves. The others sort the rows of their parent."""


def faults(edge: Edge, plan: Plan) -> list[str]:
    """What is wrong with how a plan reads the edge's rows."""
    scans = [node for node in plan.nodes if node.get("Relation Name") == edge.table and _reads(node)]
    found = [f"{node['Node Type']} by {node.get('Index Name')}" for node in scans if not _by_parent(edge, node)]
    if edge in SERVED and edge.paged and any("Sort" in node["Node Type"] for node in plan.nodes):
        found.append("a sort")
    return found if scans else ["not read at all"]


def _reads(node: dict[str, Any]) -> bool:
    return "Scan" in node["Node Type"] and "Bitmap Index" not in node["Node Type"]


def _by_parent(edge: Edge, node: dict[str, Any]) -> bool:
    """Whether the rows are found by their parent. Inside `EXISTS` the same table may be looked up by id, for the rights."""
    condition = node.get("Index Cond", "") + node.get("Recheck Cond", "")
    return f"{edge.column} = " in condition or ("(id = " in condition and node.get("Parent Relationship") == "SubPlan")
