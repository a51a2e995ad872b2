"""Signing in and out, and the limits on guessing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.access.loading import token_hash
from crm.core.clock import now
from crm.core.errors import Invalid, NotFound, RateLimited
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.core.text import has_nul
from crm.models import Session, SignInAttempt
from crm.services.deeds import Database, Deed
from crm.services.system.passwords import verify_password

WINDOW = timedelta(minutes=30)
PER_NAME = 5
PER_ADDRESS = 20
WRONG = "Username or password is wrong."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token is told once and never stored."""

    token: str
    expires_at: datetime
    user_id: UUID


async def sign_in(
    database: Database, username: str, password: str, address: str, user_agent: str | None, lifetime: timedelta
) -> SignedIn:
    """A session for the right password; else `Invalid`, or `RateLimited` after too many failures.

    The attempt is written, and committed, before the password is looked at: of many parallel guesses none slips past the limit,
    and a refused one counts even when the process dies.
    """
    attempt = await _counted(database, username.replace("\0", "").lower()[:64], address)
    if has_nul(username) or len(username) > 64 or len(password) > 1000:
        raise Invalid(WRONG)
    async with database.transaction() as tx:
        rows = await tx.execute_query_dict(
            "SELECT id, password_hash, active FROM user_account WHERE lower(username) = lower($1) AND deleted_at IS NULL",
            [username],
        )
    user = rows[0] if rows else None
    right = await verify_password(user["password_hash"] if user else None, password)
    if user is None or not right or not user["active"]:
        raise Invalid(WRONG)
    async with database.transaction() as tx:
        await SignInAttempt.filter(id=attempt).using_db(tx).update(succeeded=True)
        return await open_session(tx, user["id"], lifetime, address, user_agent)


async def open_session(
    tx: Any, user_id: UUID, lifetime: timedelta, address: str | None = None, user_agent: str | None = None
) -> SignedIn:
    """Write a session and hand out its token."""
    token, at = secrets.token_urlsafe(32), now()
    await Session.create(
        using_db=tx,
        id=new_id(Kind.SESSION),
        user_id=user_id,
        token_hash=token_hash(token),
        created_at=at,
        last_seen_at=at,
        expires_at=at + lifetime,
        address=address,
        user_agent=user_agent[:300] if user_agent else None,
    )
    return SignedIn(token, at + lifetime, user_id)


async def _counted(database: Database, username: str, address: str) -> int:
    """Write the attempt as a failure; refuse it where the name or the address has had too many.

    The advisory lock makes attempts from one address count one after another.
    """
    since = now() - WINDOW
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 7261002))", [address])
        failures = await tx.execute_query_dict(
            "SELECT count(*) AS all, count(*) FILTER (WHERE username = $2) AS name FROM sign_in_attempt"
            " WHERE address = $1 AND at > $3 AND NOT succeeded",
            [address, username, since],
        )
        if failures[0]["name"] >= PER_NAME or failures[0]["all"] >= PER_ADDRESS:
            raise RateLimited("Too many failed attempts. Try again later.", int(WINDOW.total_seconds()))
        attempt = await SignInAttempt.create(using_db=tx, username=username, address=address, at=now())
        return int(attempt.id)


async def sign_out(deed: Deed) -> UUID:
    """End the session that this request came with."""
    assert deed.viewer.session is not None
    await _end(deed, deed.viewer.session)
    return deed.viewer.session


async def revoke(deed: Deed, session_id: str) -> UUID:
    """End one of the viewer's own sessions."""
    key = parse_id(session_id, Kind.SESSION)
    own = await Session.filter(id=key, user_id=deed.actor, revoked_at=None).using_db(deed.tx).first() if key else None
    if own is None:
        raise NotFound
    await _end(deed, own.id)
    return own.id


async def seen(connection: Any, session_id: UUID) -> None:
    """Note that a session is in use, at most every five minutes: reading must not write with every request."""
    await connection.execute(
        "UPDATE session SET last_seen_at = now() WHERE id = $1 AND last_seen_at < now() - interval '5 minutes'", session_id
    )


async def _end(deed: Deed, session_id: UUID) -> None:
    await Session.filter(id=session_id, revoked_at=None).using_db(deed.tx).update(revoked_at=deed.at)
