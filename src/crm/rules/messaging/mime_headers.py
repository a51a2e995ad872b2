"""The headers of a message as what they mean: words, addresses, names of messages, parameters.

All of it is linear in their length, and never an exception: strangers wrote them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from crm.rules.messaging.mime_charsets import printable, text_of

LONGEST_LINE = 2000
"""A header of words that is longer is cut: a subject, a name of a file."""
LONGEST_ADDRESS, LONGEST_NAME, LONGEST_ID = 254, 200, 250
MOST_REFERENCES = 60

_PARSER = BytesHeaderParser(policy=compat32)
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.){0,200}+"|<[^<>]*>|[(),;:]|[^"<>(),;:]+|.', re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,253}")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """One address, its domain in small letters, and the name beside it."""

    address: str
    name: str | None = None

    @property
    def key(self) -> str:
        """As addresses are compared: nobody means two people by two cases."""
        return self.address.lower()


class Headers:
    """The headers of a message or of one of its parts, in their order."""

    def __init__(self, block: bytes) -> None:
        found = _PARSER.parsebytes(block)
        self.items = [(name.lower(), value) for name, value in found.raw_items()]

    def as_sent(self, name: str) -> str | None:
        """The first of this name, as it stands there."""
        return next((value for each, value in self.items if each == name), None)

    def every(self, name: str) -> list[str]:
        """All of this name."""
        return [value for each, value in self.items if each == name]

    def text(self, name: str) -> str | None:
        """The first of this name as people read it; None for none and for an empty one."""
        value = self.as_sent(name)
        return (words(value) or None) if value is not None else None

    def addresses(self, name: str) -> Iterator[Address]:
        """Those in all headers of this name."""
        for value in self.every(name):
            yield from addresses(value)

    def ids(self, name: str) -> list[str]:
        """The names of messages that are named here, the oldest first."""
        return message_ids(" ".join(self.every(name)))


def words(value: str) -> str:
    """A header of words: encoded words decoded, on one line, without what nobody sees."""
    return _plain(_decoded(value[: LONGEST_LINE * 4]))[:LONGEST_LINE]


def addresses(value: str) -> Iterator[Address]:
    """The addresses of a header, read before anything in it is decoded: an encoded comma separates nothing."""
    name: list[str] = []
    found: str | None = None
    depth = 0
    for word in (match.group() for match in _TOKEN.finditer(value)):
        if word == "(":
            depth += 1
        elif word == ")":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif word in ",;":
            yield from _address(name, found)
            name, found = [], None
        elif word == ":":
            name = []  # what was before it names a group
        elif word[0] == "<" and word[-1] == ">" and len(word) > 1:
            found = word[1:-1]
        elif word not in '"<>':
            name.append(word)
    yield from _address(name, found)


def message_ids(value: str) -> list[str]:
    """Each once. Of very many the first, which began it all, and the last."""
    found = list(dict.fromkeys(match.group(1) for match in _ID.finditer(value) if len(match.group(1)) <= LONGEST_ID))
    kept = found if len(found) <= MOST_REFERENCES else [found[0], *found[1 - MOST_REFERENCES :]]
    return [printable(_bytes(each).decode("utf-8", "replace")) for each in kept]


def parameters(value: str) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition, by RFC 2231 and by how it is done wrongly."""
    found: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(";" + value.partition(";")[2][: LONGEST_LINE * 4]):
        name, raw = match.group(1).lower(), _unquoted(match.group(2).strip())
        base, _, place = name.partition("*")
        if not place and not name.endswith("*"):
            found.setdefault(base, words(raw))
            continue
        number = place.rstrip("*")
        pieces.setdefault(base, []).append((int(number) if number.isdigit() else 0, name.endswith("*"), raw))
    for base, parts in pieces.items():
        found[base] = _joined(sorted(parts, key=lambda part: part[0])[:100])
    return found


def instant(value: str | None, received: datetime) -> datetime:
    """When it was written, as far as that can be: not after it came in, nor before there was mail."""
    try:
        at = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return received
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (OverflowError, ValueError):
        return received
    return at if datetime(1990, 1, 1, tzinfo=UTC) < at < received + timedelta(days=1) else received


def address_of(text: str) -> str | None:
    """An address alone, its domain in small letters; None where that is none."""
    match = _ADDRESS.fullmatch(text.strip()[: LONGEST_ADDRESS + 1])
    if match is None or len(match.group()) > LONGEST_ADDRESS:
        return None
    local, _, domain = match.group().rpartition("@")
    return f"{printable(local)}@{printable(domain).lower()}" if domain.strip(".") == domain else None


def _address(name: Iterable[str], found: str | None) -> Iterator[Address]:
    said = "".join(name).strip()
    if found is None:
        found, said = said, ""
    found = text_of(_bytes(found)) if not found.isascii() else found
    if (address := address_of(found)) is not None:
        shown = _plain(_decoded(_unquoted(said)))[:LONGEST_NAME]
        yield Address(address, shown or None)


def _plain(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text)


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _decoded(value: str) -> str:
    """Encoded words; those of one charset that follow each other are one text: a character may be cut in two between them."""
    value = _BETWEEN.sub(r"\1", value)
    shown: list[str] = []
    charset, held, end = "", b"", 0
    for match in _WORD.finditer(value):
        if match.start() != end or match.group(1).lower() != charset:
            shown += [text_of(held, charset), text_of(_bytes(value[end : match.start()]))]
            charset, held = match.group(1).lower(), b""
        held += _word(match.group(2), _bytes(match.group(3)))
        end = match.end()
    return "".join([*shown, text_of(held, charset), text_of(_bytes(value[end:]))])


def _word(encoding: str, data: bytes) -> bytes:
    if encoding in "qQ":
        return _HEX.sub(lambda match: bytes.fromhex(match.group(1).decode()), data.replace(b"_", b" "))
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return data


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    charset, held, shown = "", b"", ""
    for place, (_, encoded, raw) in enumerate(parts):
        if not encoded:
            shown, held = shown + text_of(held, charset) + text_of(_bytes(raw)), b""
            continue
        said = raw
        if place == 0 and raw.count("'") >= 2:
            charset, _, said = raw.partition("'")
            said = said.partition("'")[2]
        held += unquote_to_bytes(_bytes(said))
    return _plain(shown + text_of(held, charset))[:LONGEST_LINE]
