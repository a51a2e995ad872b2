"""Latencies in a few figures, the same for every side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def spread(values: Sequence[float]) -> dict[str, float]:
    """First, usual, late and last of some milliseconds."""
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "first": ordered[0],
        "p50": part(ordered, 0.50),
        "p90": part(ordered, 0.90),
        "p99": part(ordered, 0.99),
        "last": ordered[-1],
    }


def part(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    return ordered[max(-int(-len(ordered) * share // 1), 1) - 1]


def rounded(figures: dict[str, Any], places: int = 2) -> dict[str, Any]:
    """As the table and the file hold them."""
    return {name: round(value, places) if isinstance(value, float) else value for name, value in figures.items()}
