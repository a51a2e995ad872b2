"""Addresses that carry a recipient's token: the return path a bounce comes back by, and the one that unsubscribes."""

from __future__ import annotations

import re

from crm.rules.messaging.email_addresses import LONGEST

HOLE = "{token}"
TOKEN, SHORTEST_TOKEN = 32, 16
LONGEST_LOCAL = 64
"""Of what is left of the @ (RFC 5321, 4.5.3.1.1): many servers refuse more."""
_MARK = "+unsub-"
_TOKEN = re.compile(r"[a-z2-7]{16,32}")
_UNSUBSCRIBE = re.compile(r"\+unsub-([a-z2-7]{16,32})@", re.IGNORECASE)


def with_token(pattern: str, token: str) -> str:
    """A return path: `bounce+{token}@example.com` with this token."""
    return pattern.replace(HOLE, token)


def token_in(address: str, pattern: str) -> str | None:
    """The token of an address that was made of this pattern, whatever its capitals; None for any other."""
    before, _, after = pattern.lower().partition(HOLE)
    text = address.strip().strip("<>").lower()
    if not text.startswith(before) or not text.endswith(after):
        return None
    found = text[len(before) : len(text) - len(after)]
    return found if _TOKEN.fullmatch(found) else None


def token_length(address: str) -> int:
    """How long a token may be that stands beside the name of this address; 0 where there is no room for one nobody guesses."""
    local = address.rpartition("@")[0]
    room = min(TOKEN, LONGEST_LOCAL - len(local) - len(_MARK), LONGEST - len(address) - len(_MARK))
    return room if room >= SHORTEST_TOKEN else 0


def unsubscribe_address(address: str, token: str) -> str | None:
    """Where to write to get no more: the account's own address with the token beside its name, where that fits."""
    local, _, domain = address.rpartition("@")
    return f"{local}{_MARK}{token}@{domain}" if len(token) <= token_length(address) else None


def unsubscribed_token(address: str) -> str | None:
    """The token of somebody who wrote there."""
    found = _UNSUBSCRIBE.search(address)
    return None if found is None else found[1].lower()
