"""The content of a message over the wire: a slice at a time, as fast as the connection takes it.

All of it at once would be encrypted at one stretch, a second for what is large, and lie in memory beside the message. Nothing
else moves in that time: no call is told of, nobody is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from aiosmtplib import SMTPResponse, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol, normalize_message_line_endings

SLICE = 128 * 1024


async def hand_over(protocol: SMTPProtocol, content: bytes) -> tuple[SMTPResponse, bool]:
    """What the server says of it, and whether it was sent to its end: a server may turn down what is too much at any moment."""
    # It is listened to first, or what is said before the end would be lost.
    answer, whole = asyncio.ensure_future(protocol.read_response()), False
    try:
        await asyncio.sleep(0)
        with suppress(SMTPServerDisconnected, ConnectionError):
            # Where the line breaks the answer is what was said before that, or breaks, too.
            whole = await _written(protocol, content, answer)
        return await answer, whole
    finally:
        answer.cancel()


async def _written(protocol: SMTPProtocol, content: bytes, answer: asyncio.Future[SMTPResponse]) -> bool:
    for piece in on_the_wire(content):
        if answer.done():
            return False
        protocol.write(piece)
        await protocol._drain_helper()  # noqa: SLF001 - there is no other way to wait until there is room
        await asyncio.sleep(0)
    return True


def on_the_wire(content: bytes) -> Iterator[bytes]:
    """As it stands between DATA and its end, in slices of whole lines: they end in CRLF, and none but the last is a dot alone."""
    start = 0
    while True:
        found = content.find(b"\n", start + SLICE - 1)
        end = len(content) if found < 0 else found + 1
        yield _stuffed(content[start:end])
        if end == len(content):
            break
        start = end
    yield b".\r\n"


def _stuffed(lines: bytes) -> bytes:
    if not lines.count(b"\r\n") == lines.count(b"\r") == lines.count(b"\n") or not lines.endswith(b"\r\n"):
        lines = normalize_message_line_endings(lines)
    stuffed = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
