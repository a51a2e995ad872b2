"""Who may open a socket here: which web pages, and with which token."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.websockets import WebSocket


def same_origin(websocket: WebSocket, allowed: tuple[str, ...]) -> bool:
    """Whether a page may open this socket: one of ours, or of an origin that the settings allow. Programs send no origin."""
    origin = websocket.headers.get("origin")
    if origin is None or origin.rstrip("/") in allowed:
        return True
    try:
        return urlsplit(origin).netloc == websocket.headers.get("host")
    except ValueError:  # `http://[`
        return False


def token_of(payload: dict[str, Any]) -> str | None:
    """The token in the payload of `connection_init`."""
    header = payload.get("authorization", payload.get("Authorization"))
    if not isinstance(header, str):
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
