"""What an event stream is made of: the events `next` and `complete`, comments, and the media type that asks for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from crm.endpoints.negotiation import quality_of

EVENTS = "text/event-stream"
HEADERS = {
    "Content-Type": f"{EVENTS}; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",  # a proxy that compresses gathers before it hands on
    "X-Accel-Buffering": "no",  # nginx hands on what it gets, at once
}
COMPLETE = b"event: complete\ndata:\n\n"
"""With an empty `data`: without one a browser's own EventSource does not tell of it."""
COMMENT = b":\n\n"

_SPACES = bytes.maketrans(b"\r\n", b"  ")


@lru_cache(maxsize=256)
def takes_events(accept: str | None) -> bool:
    """Whether an Accept header names the event stream. A range that would fit anything is no wish for one."""
    return quality_of(EVENTS, accept) > 0


def next_event(body: bytes, cursor: str | None = None) -> bytes:
    """An answer that is JSON already, on one line; `id` is what a client hands back as `Last-Event-ID`."""
    if b"\n" in body or b"\r" in body:  # in JSON they stand between tokens only; here they would end the line
        body = body.translate(_SPACES)
    return b"event: next\n%bdata: %b\n\n" % (b"" if cursor is None else b"id: %b\n" % cursor.encode(), body)


def last_words(errors: list[dict[str, Any]]) -> bytes:
    """Why there is no more to come, and that the client need not come back for it as it is."""
    return next_event(orjson.dumps({"errors": errors})) + COMPLETE


def retry_after(milliseconds: int) -> bytes:
    """How long a client that reconnects by itself is to wait."""
    return b"retry: %d\n\n" % milliseconds
