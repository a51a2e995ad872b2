"""Signatures over messages between systems that share a secret: of what we are told, and of what we tell."""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP = "x-crm-timestamp"
SIGNATURE = "x-crm-signature"
VERSION = "v1="


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the HMAC-SHA256 of the timestamp, a dot and the body."""
    return VERSION + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
