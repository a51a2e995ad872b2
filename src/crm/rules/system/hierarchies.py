"""Trees kept as "child → parent" with a closure table beside them: departments (部门) and reporting lines (汇报关系)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def closure(parents: Mapping[Node, Node | None]) -> set[tuple[Node, Node, int]]:
    """All rows (ancestor, descendant, depth) of the closure table, every node its own ancestor at depth 0.

    A root has the parent None or stands only as a parent. Raises ValueError for a cycle.
    """
    nodes = set(parents) | {parent for parent in parents.values() if parent is not None}
    return {(ancestor, node, depth) for node in nodes for depth, ancestor in enumerate(_upwards(parents, node))}


def would_cycle(parents: Mapping[Node, Node | None], node: Node, new_parent: Node | None) -> bool:
    """Whether the node would become its own ancestor under the new parent. None, the root, is always free.

    Raises ValueError where the tree above the new parent is a cycle already.
    """
    return new_parent is not None and node in _upwards(parents, new_parent)


def _upwards(parents: Mapping[Node, Node | None], node: Node) -> Iterator[Node]:
    """The node, its parent, and so on up to the root. Raises ValueError instead of walking in a circle for ever."""
    seen: set[Node] = set()
    current: Node | None = node
    while current is not None:
        if current in seen:
            raise ValueError(f"{node} is its own ancestor")
        seen.add(current)
        yield current
        current = parents.get(current)
