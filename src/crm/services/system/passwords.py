"""Argon2id, off the event loop: a hash costs a third of a second of processor time by design."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

COST: dict[str, Any] = {}
"""Parameters other than Argon2's own defaults; tests make hashing cheap here."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(**COST)


@cache
def _nobody() -> str:
    """The hash that is verified for unknown users, so that they take as long as known ones."""
    return _hasher().hash("nobody signs in with this")


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.to_thread(lambda: _hasher().hash(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right; `stored` is None for an unknown user, who takes just as long and is always wrong."""
    return await asyncio.to_thread(_verify, stored or _nobody(), password) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
