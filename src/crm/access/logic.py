"""Conditions joined, and reduced where one of them decides."""

from __future__ import annotations

TRUE = "TRUE"
FALSE = "FALSE"


def any_of(parts: list[str]) -> str:
    """The parts joined by OR, reduced where one is always true or none can be."""
    if TRUE in parts:
        return TRUE
    kept = list(dict.fromkeys(part for part in parts if part != FALSE))
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else f"({' OR '.join(kept)})"


def all_of(parts: list[str]) -> str:
    """The parts joined by AND, reduced where one can never be true or all always are."""
    if FALSE in parts:
        return FALSE
    kept = [part for part in parts if part != TRUE]
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else f"({' AND '.join(kept)})"
