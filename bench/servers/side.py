"""One side of a comparison: a running server, and how it is asked for Q1, Q2 and Q3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.load import Ask
from bench.servers.process import Process

Asking = Callable[[Process, str, Mapping[str, Any], str], Ask]
"""Server, name of the document, variables, name of the request → the request."""


@dataclass(frozen=True)
class Side:
    """`name` is what the tables call it."""

    name: str
    process: Process
    asking: Asking

    def asks(self, document: str, sets: Sequence[Mapping[str, Any]]) -> list[Ask]:
        """One request for each set of variables."""
        return [
            self.asking(self.process, document, variables, f"{self.name} {document} set {number}")
            for number, variables in enumerate(sets)
        ]
