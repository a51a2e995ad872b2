"""Locks between processes, by name: PostgreSQL keeps them, and frees them when the holder's connection ends."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

NAMESPACE = "crm"


def lock_key(name: str) -> int:
    """The 64-bit number PostgreSQL knows this lock by; the same in every process and version."""
    digest = hashlib.sha256(f"{NAMESPACE}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@asynccontextmanager
async def advisory_lock(url: str, name: str) -> AsyncIterator[None]:
    """Wait for the lock, hold it on a connection of its own, and give it back at the end."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", lock_key(name))
        yield
    finally:
        await connection.close()


@asynccontextmanager
async def try_advisory_lock(url: str, name: str) -> AsyncIterator[bool]:
    """Like `advisory_lock`, but yields False at once when another process holds it."""
    connection = await asyncpg.connect(url)
    try:
        yield bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock_key(name)))
    finally:
        await connection.close()
