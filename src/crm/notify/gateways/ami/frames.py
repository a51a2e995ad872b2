"""The bytes of the Asterisk Manager Interface: blocks of `Key: value` lines, ended by an empty one.

A block may come in any pieces. What is sent is checked for line breaks: a number that somebody typed must not become an action.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crm.notify.gateways.wire import BadFrame

LONGEST = 64 * 1024
"""Bytes of one block. Asterisk's own are below 4 KB."""
LONGEST_BANNER = 200
_GREETING = b"Asterisk Call Manager/"

Frame = Mapping[str, str]


class AmiFrames:
    """Takes bytes as they come, and gives back whole blocks."""

    def __init__(self) -> None:
        self._rest = b""
        self.banner: str | None = None

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The blocks that are complete with this piece."""
        self._rest += piece
        if self.banner is None and not self._greeted():
            return
        *whole, self._rest = self._rest.split(b"\r\n\r\n")
        for block in whole:
            if len(block) > LONGEST:
                raise BadFrame(f"A block is longer than {LONGEST} bytes.")
            if frame := read(block):
                yield frame
        if len(self._rest) > LONGEST:
            raise BadFrame(f"A block is longer than {LONGEST} bytes.")

    def _greeted(self) -> bool:
        banner, found, rest = self._rest.partition(b"\r\n")
        if not _GREETING.startswith(banner[: len(_GREETING)]) or len(banner) > LONGEST_BANNER:
            raise BadFrame("Whoever answers there is no Asterisk.")
        if not found:
            return False
        self.banner, self._rest = banner.decode("ascii", "replace"), rest
        return True


def read(block: bytes) -> dict[str, str]:
    """The fields of one block, names in lower case: versions differ in `Uniqueid` and `UniqueID`. Of a repeated one the last."""
    fields = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, found, value = line.partition(":")
        if found:
            fields[name.strip().lower()] = value.strip()
    return fields


def written(action: str, fields: Mapping[str, str]) -> bytes:
    """One action as it is sent."""
    lines = [("Action", action), *fields.items()]
    for name, value in lines:
        if any(mark in text for text in (name, value) for mark in "\r\n\0"):
            raise BadFrame(f"{name} has a line break in it.")
    return "".join(f"{name}: {value}\r\n" for name, value in lines).encode() + b"\r\n"
