"""Who is connected: the sockets of this process, who has any in all processes, and the end of those whose session has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol
from uuid import UUID

import structlog

from crm import metrics
from crm.access.loading import Connection
from crm.access.viewer import Viewer
from crm.notify.rosters.memory import MemoryRoster
from crm.notify.rosters.roster import Roster
from crm.store.database import Database

SOCKETS_PER_SESSION = 5
WATCH_SECONDS = 0.5
"""A session that was ended must lose its sockets within two seconds; this leaves room for a slow database."""

WHOLE_LOOK_SECONDS = 15.0
"""Besides, all sessions are looked at whenever rights have moved, and this often: one that other hands than ours deleted is not
among those that ended."""
LATE = timedelta(minutes=5)
"""A session's end may be seen so much later than it is dated: its transaction was long, and the clocks differ."""

_LATELY = """
SELECT now() AS at, e.epoch,
    ARRAY(SELECT id FROM session WHERE least(expires_at, revoked_at) BETWEEN $1 AND now() + $2
          AND (revoked_at IS NOT NULL OR expires_at <= now())
          UNION ALL SELECT z.id FROM user_account u JOIN session z ON z.user_id = u.id
          WHERE NOT (u.active AND u.deleted_at IS NULL) AND z.revoked_at IS NULL AND z.expires_at > now()) AS ended
FROM rights_epoch e
"""
_GONE = """
SELECT k.id FROM unnest($1::uuid[]) AS k(id) WHERE NOT EXISTS (
    SELECT FROM session z JOIN user_account u ON u.id = z.user_id
    WHERE z.id = k.id AND z.revoked_at IS NULL AND z.expires_at > now() AND u.active AND u.deleted_at IS NULL)
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
        watch = _Watch()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if not self._sessions:
                continue
            try:
                async with database.connection() as connection:
                    ended = await watch.look(connection, self._sessions.keys())
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, the next look is half a second away
                log.warning("sessions were not looked at", reason=type(error).__name__)
                continue
            sockets = [socket for session in ended for socket in self._sessions.get(session, ())]
            closing: list[Awaitable[None]] = [socket.end_session() for socket in sockets]
            await asyncio.gather(*closing, return_exceptions=True)


class _Watch:
    """Finds which of many sessions have ended.

    Looking at each of 5,000 takes the database 17 ms, and us some as well: too much for twice a second. Those that ended lately
    are found by an index.
    """

    def __init__(self) -> None:
        self.since: datetime | None = None
        self.epoch = -1
        self.whole_at = 0.0

    async def look(self, connection: Connection, sessions: Collection[UUID]) -> list[UUID]:
        """Those of these that have ended. Begun anew by whoever could not be asked in between."""
        since, self.since = self.since, None
        row = await connection.fetchrow(_LATELY, since or datetime.now(UTC) - LATE, LATE)
        ended = [session for session in row["ended"] if session in sessions]
        if since is None or row["epoch"] != self.epoch or monotonic() - self.whole_at > WHOLE_LOOK_SECONDS:
            ended = [gone["id"] for gone in await connection.fetch(_GONE, list(sessions))]
            self.epoch, self.whole_at = row["epoch"], monotonic()
        self.since = row["at"] - LATE
        return ended
