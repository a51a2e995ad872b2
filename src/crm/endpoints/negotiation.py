"""In which media type a client wants its answer, and in which it sent its question."""

from __future__ import annotations

from functools import lru_cache

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
OFFERED = (GRAPHQL_JSON, JSON)
"""The better one first: a client that takes both alike gets it. One that did not say gets `JSON`, as the specification wants."""

RANGES = {GRAPHQL_JSON: {GRAPHQL_JSON: 3}, JSON: {JSON: 3, "application/*": 2, "*/*": 1}}
"""By which ranges each can be asked for, and how closely each range names it. `GRAPHQL_JSON` is for those who know it."""


@lru_cache(maxsize=256)  # clients say the same again and again; one that does not costs what it costs
def media_type(accept: str | None) -> str | None:
    """The media type for an Accept header; None where the client takes nothing that we have."""
    if accept is None or not accept.strip():
        return JSON
    wishes = [_wish(part) for part in accept.split(",") if part.strip()]
    best, best_quality = None, 0.0
    for offered in OFFERED:
        fitting = [(RANGES[offered][name], quality) for name, quality in wishes if name in RANGES[offered]]
        quality = max(fitting)[1] if fitting else 0.0
        if quality > best_quality:
            best, best_quality = offered, quality
    return best


def quality_of(offered: str, accept: str | None) -> float:
    """How much an Accept header wants exactly this media type; 0 where it does not name it."""
    wishes = [_wish(part) for part in (accept or "").split(",") if part.strip()]
    return max((quality for name, quality in wishes if name == offered), default=0.0)


@lru_cache(maxsize=256)
def is_json(content_type: str | None) -> bool:
    """Whether a body is JSON in UTF-8: no other encoding is read, and none is guessed."""
    kind, *parameters = (content_type or "").split(";")
    if kind.strip().lower() != JSON:
        return False
    given = [parameter.partition("=") for parameter in parameters]
    charsets = [value.strip().strip('"').lower() for name, _, value in given if name.strip().lower() == "charset"]
    return all(charset in ("utf-8", "utf8") for charset in charsets)


def _wish(part: str) -> tuple[str, float]:
    """One element of an Accept header: the range and how much it is wanted. What cannot be read is not wanted."""
    name, *parameters = part.split(";")
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            quality = _quality(value.strip())
    return name.strip().lower(), quality


def _quality(value: str) -> float:
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
