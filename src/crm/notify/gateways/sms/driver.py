"""What every driver for short messages does, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from crm.rules.messaging.sending import Outcome


@dataclass(frozen=True, slots=True)
class Text:
    """One message as its peer gets it. `repeat`: an earlier try may have arrived, so the peer may see it twice."""

    id: UUID
    to: str
    text: str
    parts: tuple[str, ...]
    encoding: str
    category: str
    template: str | None
    repeat: bool


@dataclass(frozen=True, slots=True)
class Way:
    """How an account sends: its settings with the secret opened. `private` peers may have addresses of a private network."""

    driver: str
    url: str | None
    secret: str
    sender: str | None
    folder: Path
    private: bool


class Driver(Protocol):
    """A peer. `send` never raises for what a peer can do: whatever happens is an outcome."""

    async def send(self, text: Text) -> Outcome:
        """One try."""

    async def listen(self) -> None:
        """Be there for what the peer tells by itself, if it does so over a line of ours. `CannotSend` where it is not reached."""

    async def close(self) -> None:
        """Give back what is open."""


class CannotSend(Exception):
    """The account is not set up right; the text says what is wrong, in one line."""
