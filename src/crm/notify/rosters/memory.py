"""The roster of one process, which knows of no other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from crm.store.database import Database

Key = TypeVar("Key")


class MemoryRoster:
    """Counts the sockets of this process."""

    complete = True

    def __init__(self) -> None:
        self._entries: Counter[tuple[UUID, UUID]] = Counter()
        self._sessions: Counter[UUID] = Counter()
        self._people: frozenset[UUID] | None = frozenset()

    @property
    def entries(self) -> Mapping[tuple[UUID, UUID], int]:
        """How many sockets there are of each session and person."""
        return self._entries

    def enter(self, session: UUID, person: UUID) -> None:
        """One more."""
        self._entries[session, person] += 1
        self._sessions[session] += 1
        self._people = None

    def leave(self, session: UUID, person: UUID) -> None:
        """One less; where none is left nothing of them stays."""
        _count_down(self._entries, (session, person))
        _count_down(self._sessions, session)
        self._people = None

    def sockets(self, session: UUID) -> int:
        """Of this session."""
        return self._sessions[session]

    def people(self) -> frozenset[UUID]:
        """Everybody here."""
        if self._people is None:
            self._people = frozenset(person for _, person in self._entries)
        return self._people

    def begin_anew(self) -> None:
        """Nothing outlives a socket here."""

    async def run(self, database: Database) -> None:  # noqa: ARG002 - the roster of several processes needs it
        """Nobody to tell."""
        await asyncio.Event().wait()


def _count_down(counter: Counter[Key], key: Key) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
