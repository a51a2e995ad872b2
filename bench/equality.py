"""Both sides must say the same before how fast they say it means anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bench.load import WrongAnswer, answers, data_of
from bench.servers.side import Side
from bench.variables import Sets

CHECKED = 40
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")


def normal(value: Any) -> Any:
    """The value with each instant in one spelling; all else must be equal as it is."""
    if isinstance(value, dict):
        return {key: normal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [normal(each) for each in value]
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def objects(value: Any) -> int:
    """How many records an answer holds: objects with an id."""
    if isinstance(value, dict):
        return ("id" in value) + sum(objects(each) for each in value.values())
    return sum(objects(each) for each in value) if isinstance(value, list) else 0


async def check(document: str, one: Side, other: Side, sets: Sets) -> int:
    """Compare the answers to the first sets; how many were compared."""
    sets = sets[:CHECKED]
    ones, others = await _data(one, document, sets), await _data(other, document, sets)
    for variables, mine, theirs in zip(sets, ones, others, strict=True):
        if mine != theirs:
            raise WrongAnswer(f"{document} {variables}: {one.name} and {other.name} differ {difference(mine, theirs)}")
    return len(sets)


def difference(one: Any, other: Any, path: str = "") -> str:
    """Where two values first differ, and how."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next(difference(one[key], other[key], f"{path}.{key}") for key in one if one[key] != other[key])
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        places = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
        return difference(one[places[0]], other[places[0]], f"{path}[{places[0]}]")
    return f"at {path or 'the root'}: {str(one)[:200]} and {str(other)[:200]}"


async def _data(side: Side, document: str, sets: Sets) -> Sequence[Any]:
    asks = side.asks(document, sets)
    bodies = await answers(side.process.address, asks)
    return [normal(data_of(ask, body)) for ask, body in zip(asks, bodies, strict=True)]
