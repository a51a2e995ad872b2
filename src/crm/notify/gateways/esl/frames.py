"""The bytes of FreeSWITCH's event socket: header lines, an empty one, and a body of as many bytes as they say.

A frame may come in any pieces. What is sent is checked for line breaks: a number that somebody typed must not become a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import orjson

from crm.notify.gateways.wire import BadFrame

LONGEST_HEADERS = 64 * 1024
LONGEST_BODY = 64 * 1024 * 1024
"""The list of 50,000 channels; an event is below 50 KB."""
_BEGINNING = b"Content-"
"""Of every message, since the first header says what it is or how long."""


@dataclass(frozen=True, slots=True)
class EslFrame:
    """One message of the server's. Names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """What it is: `auth/request`, `command/reply`, `api/response`, `text/event-json` and the like."""
        return self.headers.get("content-type", "")


class EslFrames:
    """Takes bytes as they come, and gives back whole messages."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._headers: dict[str, str] | None = None
        self._length = 0

    def feed(self, piece: bytes) -> Iterator[EslFrame]:
        """The messages that are complete with this piece."""
        self._rest += piece
        while self._headers is not None or self._head():
            if len(self._rest) < self._length:
                return
            body = bytes(self._rest[: self._length])
            del self._rest[: self._length]
            headers, self._headers = self._headers or {}, None
            yield EslFrame(headers, body)

    def _head(self) -> bool:
        """Take the headers off, if they are there as a whole."""
        while self._rest[:1] == b"\n":  # some versions send an empty line too many
            del self._rest[:1]
        if not _BEGINNING.startswith(self._rest[: len(_BEGINNING)]):
            raise BadFrame("Whoever answers there is no FreeSWITCH.")
        end = self._rest.find(b"\n\n")
        if end > LONGEST_HEADERS or (end < 0 and len(self._rest) > LONGEST_HEADERS):
            raise BadFrame(f"Headers are longer than {LONGEST_HEADERS} bytes.")
        if end < 0:
            return False
        self._headers = fields_of(bytes(self._rest[:end]))
        del self._rest[: end + 2]
        length = self._headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > LONGEST_BODY:
            raise BadFrame("A body has no length, or is longer than any we take.")
        if "content-type" not in self._headers:
            raise BadFrame("Whoever answers there is no FreeSWITCH.")
        self._length = int(length)
        return True


def fields_of(block: bytes) -> dict[str, str]:
    """Header lines; names in lower case, of a repeated one the last."""
    fields = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        name, found, value = line.partition(":")
        if found:
            fields[name.strip().lower()] = value.strip()
    return fields


def event_of(frame: EslFrame) -> dict[str, str]:
    """An event, whether it came as JSON or as lines; its own body under `_body`."""
    if frame.kind == "text/event-json":
        try:
            told = orjson.loads(frame.body)
        except orjson.JSONDecodeError:
            raise BadFrame("An event is no JSON.") from None
        if not isinstance(told, dict):
            raise BadFrame("An event is no JSON object.")
        return {str(name).lower(): value for name, value in told.items() if isinstance(value, str)}
    head, _, body = frame.body.partition(b"\n\n")
    fields = {name: unquote(value) for name, value in fields_of(head).items()}
    return fields | ({"_body": body.decode("utf-8", "replace")} if body else {})


def written(command: str, fields: Mapping[str, str] | None = None) -> bytes:
    """One command as it is sent, with its header lines."""
    lines = [command, *(f"{name}: {value}" for name, value in (fields or {}).items())]
    if any(mark in line for line in lines for mark in "\r\n\0"):
        raise BadFrame("A command has a line break in it.")
    return "\n".join(lines).encode() + b"\n\n"
