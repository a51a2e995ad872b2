"""Who sent a message: a signature over its time and its bytes, with the secret of its source."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping

from pydantic import SecretStr
from starlette.requests import Request

from crm.core.signing import SIGNATURE, TIMESTAMP, signature

TOLERANCE = 300
"""Seconds that clocks may differ by, and after which what was overheard is worthless."""
LONGEST_SOURCE = 40
NOBODY = secrets.token_hex(32)
"""What unknown sources are checked against, so that they take as long to refuse: a secret that nobody has."""


def refusal_of(request: Request, source: str, body: bytes, known: Mapping[str, SecretStr]) -> str | None:
    """Why the message is not taken for one of this source; None where it is.

    Unknown sources and wrong signatures get one answer, in the same time. While a secret is being changed a sender may give
    several signatures, separated by commas.
    """
    timestamp = request.headers.get(TIMESTAMP, "")
    secret = known.get(source) if len(source) <= LONGEST_SOURCE else None
    wanted = signature(secret.get_secret_value() if secret is not None else NOBODY, timestamp, body).encode()
    given = [part.strip().encode() for part in request.headers.get(SIGNATURE, "").split(",")]
    right = any(hmac.compare_digest(wanted, each) for each in given)
    if secret is None or not right:
        return "The source is unknown or the signature is wrong."
    if not _recent(timestamp):
        return f"The timestamp is more than {TOLERANCE} seconds from now."
    return None


def _recent(timestamp: str) -> bool:
    return timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and abs(time.time() - int(timestamp)) <= TOLERANCE
