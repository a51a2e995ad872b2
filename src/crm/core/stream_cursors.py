"""Cursors of pushed events: which life of the database, which stream, which event. They select nothing that rights would not."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass

_LAYOUT = struct.Struct(">QBQ")
_LENGTH = 23
"""Seventeen bytes in base64 without padding."""


@dataclass(frozen=True, slots=True)
class StreamCursor:
    """A position in a stream: everything up to and including event number `seq` has been seen."""

    epoch: int
    stream: int
    seq: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(_LAYOUT.pack(self.epoch, self.stream, self.seq)).decode().rstrip("=")


def read_stream_cursor(text: str) -> StreamCursor:
    """The cursor a client gave back. Raises ValueError for anything that none of ours can be."""
    if len(text) != _LENGTH or not text.isascii():
        raise ValueError("This is not a cursor.")
    try:
        cursor = StreamCursor(*_LAYOUT.unpack(base64.b64decode(text + "=", altchars=b"-_", validate=True)))
    except (binascii.Error, struct.error) as error:
        raise ValueError("This is not a cursor.") from error
    if str(cursor) != text or cursor.seq >= 2**63:
        raise ValueError("This is not a cursor.")
    return cursor
