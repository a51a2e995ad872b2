"""As much of WebSocket as the client of the bench needs: the handshake, frames out, frames in. No extensions, no fragments."""

from __future__ import annotations

import base64
import hashlib
import os
import struct

SUBPROTOCOL = "graphql-transport-ws"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
SHORT, MEDIUM, LONG = 125, 126, 127
"""Lengths up to the first stand in the second byte; the others say that two or eight bytes of length follow."""
NO_MASK = bytes(4)
"""Clients have to mask. With a key of zeros the bytes stay as they are, which costs nothing."""
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
NO_STATUS = 1005


class BadFrame(Exception):
    """The server sent what a server may not send, or what this client does not read."""


def frame(opcode: int, payload: bytes) -> bytes:
    """A frame of a client."""
    length = len(payload)
    if length <= SHORT:
        head = bytes((FINAL | opcode, MASKED | length))
    elif length < 1 << 16:
        head = struct.pack(">BBH", FINAL | opcode, MASKED | MEDIUM, length)
    else:
        head = struct.pack(">BBQ", FINAL | opcode, MASKED | LONG, length)
    return head + NO_MASK + payload


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames in the bytes of a server, as opcode and payload, and what is left of one that has only begun."""
    found = []
    start, end = 0, len(data)
    while end - start >= 2:
        opcode, length, body = data[start], data[start + 1], start + 2
        if length == MEDIUM:
            if end - body < 2:
                break
            length, body = data[body] << 8 | data[body + 1], body + 2
        elif length == LONG:
            if end - body < 8:
                break
            length, body = int.from_bytes(data[body : body + 8], "big"), body + 8
        elif length & MASKED:
            raise BadFrame("a server does not mask")
        if not opcode & FINAL or opcode & 0x70:
            raise BadFrame("a fragment, or an extension nobody asked for")
        if end - body < length:
            break
        found.append((opcode & 0xF, data[body : body + length]))
        start = body + length
    return found, data[start:]


def close_code(payload: bytes) -> int:
    """Why the server closed."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else NO_STATUS


def handshake(host: str, path: str) -> tuple[bytes, bytes]:
    """The request that opens a socket, and what its answer has to prove."""
    key = base64.b64encode(os.urandom(16))
    lines = [
        f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", f"Sec-WebSocket-Key: {key.decode()}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode(), base64.b64encode(hashlib.sha1(key + MAGIC).digest())


def opened(answer: bytes, proof: bytes) -> bool:
    """Whether the head of an answer opens the socket that was asked for, with our protocol on it."""
    status, *lines = answer.split(b"\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    return (
        status.split()[1:2] == [b"101"]
        and headers.get(b"sec-websocket-accept") == proof
        and headers.get(b"sec-websocket-protocol") == SUBPROTOCOL.encode()
    )
