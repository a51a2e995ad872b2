"""Which web pages may open a socket here."""

from __future__ import annotations

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
