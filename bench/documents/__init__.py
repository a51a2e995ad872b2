"""Q1, Q2 and Q3 as each side says them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = ("q1", "q2", "q3")


def ours(name: str) -> str:
    """For our own server."""
    return _text(f"{name}.graphql")


def postgraphile(name: str) -> str:
    """For PostGraphile."""
    return _text(f"postgraphile/{name}.graphql")


def handwritten(name: str) -> str:
    """For the server with statements by hand; `{rights}` stands where the rights come."""
    return _text(f"handwritten/{name}.sql")


@cache
def _text(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")
