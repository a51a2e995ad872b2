"""What a roster is to the rest of the house: who is connected, wherever that is."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from crm.store.database import Database


class Roster(Protocol):
    """Who has open sockets, in all processes of one system.

    Whoever asks is answered from memory: no question waits for anything, and none can fail. `run` keeps the memory true.
    """

    @property
    def complete(self) -> bool:
        """Whether it is known at this moment what the other processes have."""

    def enter(self, session: UUID, person: UUID) -> None:
        """A socket of this process was opened."""

    def leave(self, session: UUID, person: UUID) -> None:
        """A socket of this process was closed."""

    def sockets(self, session: UUID) -> int:
        """How many sockets a session has, in processes that are known to be alive."""

    def people(self) -> frozenset[UUID]:
        """Everybody with an open socket; the same object for as long as nothing changes."""

    def begin_anew(self) -> None:
        """The database was replaced by another one: its system is another one too."""

    async def run(self, database: Database) -> None:
        """Tell the other processes and hear of them, until cancelled; then take this one's sockets out."""
