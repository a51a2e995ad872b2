"""The answers of one subscription on their way to its socket."""

from __future__ import annotations

from typing import Protocol

import orjson

from crm.endpoints.sockets.wires import Wire
from crm.notify.subscriptions import Edition

MOST_SHARED = 32
"""Ways of writing one answer that are kept while it is written: most clients give their subscriptions the same few ids."""


class Socket(Protocol):
    """What takes them."""

    wire: Wire

    def refused(self) -> bool:
        """A frame could not be written: the client is gone, or too slow."""

    def ended(self, operation_id: str, error: Exception) -> None:
        """A subscription has been ended by the hub."""


class Delivery:
    """The sink of one subscription: its answers as `next` messages."""

    __slots__ = ("_operation_id", "_prefix", "_socket", "_wire")

    def __init__(self, socket: Socket, operation_id: str) -> None:
        self._socket = socket
        self._wire = socket.wire
        self._operation_id = operation_id
        self._prefix = b'{"id":%b,"type":"next","payload":' % orjson.dumps(operation_id)

    def push(self, edition: Edition) -> bool:
        """Write it. What is the same for many clients is put together once."""
        frame = edition.frames.get(self._prefix)
        if frame is None:
            frame = self._wire.framed(b"%b%b}" % (self._prefix, edition.body))
            if len(edition.frames) < MOST_SHARED:
                edition.frames[self._prefix] = frame
        return self._wire.offer(frame) or self._socket.refused()

    def end(self, error: Exception) -> None:
        """Say why, or close."""
        self._socket.ended(self._operation_id, error)
