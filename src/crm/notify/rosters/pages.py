"""What one process writes of its sockets for the others: a version, and each session with its person and its count."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cached_property
from uuid import UUID

VERSION = struct.Struct(">Q")
_ENTRY = struct.Struct(">16s16sH")


def written(version: int, entries: Mapping[tuple[UUID, UUID], int]) -> bytes:
    """A page."""
    packed = (_ENTRY.pack(session.bytes, person.bytes, count) for (session, person), count in entries.items())
    return VERSION.pack(version) + b"".join(packed)


class Page:
    """What another process wrote. It is taken apart when somebody asks: most versions are replaced before anybody does."""

    def __init__(self, text: bytes) -> None:
        self.version = text[: VERSION.size]
        self._entries = text[VERSION.size :]
        self.silent = False
        """Whether the process has not been heard for a while: its sockets may be gone with it."""

    @cached_property
    def people(self) -> frozenset[UUID]:
        """Everybody connected there."""
        return frozenset(UUID(bytes=found) for found in {person for _, person, _ in _ENTRY.iter_unpack(self._entries)})

    @cached_property
    def sessions(self) -> Mapping[bytes, int]:
        """The sockets of each session there."""
        return {session: count for session, _, count in _ENTRY.iter_unpack(self._entries)}
