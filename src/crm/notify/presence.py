"""Who is connected: the sockets of this process, who has any in all processes, and the end of those whose session has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol
from uuid import UUID

import structlog

from crm import metrics
from crm.access.viewer import Viewer
from crm.notify.rosters.memory import MemoryRoster
from crm.notify.rosters.roster import Roster
from crm.store.database import Database

SOCKETS_PER_SESSION = 5
WATCH_SECONDS = 0.5
"""A session that was ended must lose its sockets within two seconds; this leaves room for a slow database."""

_LIVE = """
SELECT z.id FROM session z JOIN user_account u ON u.id = z.user_id
WHERE z.id = ANY($1) AND z.revoked_at IS NULL AND z.expires_at > now() AND u.active AND u.deleted_at IS NULL
"""

log = structlog.get_logger("crm.presence")


class Connected(Protocol):
    """An open socket, as far as it concerns who is here."""

    async def end_session(self) -> None:
        """Close it, because its session has ended."""

    def begin_anew(self) -> None:
        """Close it, because what it stands on has been replaced; its client comes back and reads anew."""


class Presence:
    """The open sockets of this process, and by the roster who is connected anywhere."""

    def __init__(self, roster: Roster | None = None) -> None:
        self.roster: Roster = MemoryRoster() if roster is None else roster
        self._sessions: dict[UUID, set[Connected]] = {}

    def admit(self, viewer: Viewer, socket: Connected) -> bool:
        """Take in a socket; False where its session has too many already, here and elsewhere."""
        assert viewer.session is not None
        assert viewer.id is not None
        if self.roster.sockets(viewer.session) >= SOCKETS_PER_SESSION:
            return False
        self._sessions.setdefault(viewer.session, set()).add(socket)
        self.roster.enter(viewer.session, viewer.id)
        metrics.sockets.inc()
        return True

    def leave(self, viewer: Viewer, socket: Connected) -> None:
        """Forget a socket that was taken in."""
        assert viewer.session is not None
        assert viewer.id is not None
        sockets = self._sessions[viewer.session]
        sockets.remove(socket)
        if not sockets:
            del self._sessions[viewer.session]
        self.roster.leave(viewer.session, viewer.id)
        metrics.sockets.dec()

    def begin_anew(self) -> None:
        """Let every client come back."""
        self.roster.begin_anew()
        for sockets in list(self._sessions.values()):
            for socket in list(sockets):
                socket.begin_anew()

    def online(self) -> frozenset[UUID]:
        """Everybody with an open socket."""
        return self.roster.people()

    async def watch(self, database: Database) -> None:
        """Close the sockets of sessions that were revoked, have expired or belong to somebody disabled. Until cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                ended = await self._ended(database)
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the next look is half a second away
                log.warning("sessions were not looked at", reason=type(error).__name__)
                continue
            closing: list[Awaitable[None]] = [socket.end_session() for socket in ended]
            await asyncio.gather(*closing, return_exceptions=True)

    async def _ended(self, database: Database) -> list[Connected]:
        known = list(self._sessions)
        if not known:
            return []
        async with database.connection() as connection:
            live = {row["id"] for row in await connection.fetch(_LIVE, known)}
        return [socket for session in known if session not in live for socket in self._sessions.get(session, ())]
