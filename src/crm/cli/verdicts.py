"""What `crm check` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """What was looked at, how it is, and what to know or do."""

    what: str
    verdict: Literal["ok", "not set", "bad"]
    note: str
