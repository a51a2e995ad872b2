"""A message as its parts (邮件结构): found by their boundaries in one walk that is linear in the size of the message.

Python's own parser is not asked for the body: of a thousand levels it makes a thousand generators, and looks for each line at all
of them. What is beyond a limit is not looked at, and told.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from crm.rules.messaging.mime_headers import Headers, parameters

MOST_PARTS, MOST_DEEP = 100, 20
LONGEST_HEAD = 512 * 1024
PIECE = 1024 * 1024
ANY = "application/octet-stream"

_BLANK = re.compile(rb"\r?\n\r?\n")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}", re.ASCII)
_END = re.compile(rb"(--)?[ \t]*(\r?\n|$)")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


class MailLimit(StrEnum):
    """What of a message was too much, so that not all of it is shown (超限)."""

    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_PARTS = "TOO_MANY_PARTS"
    TOO_DEEP = "TOO_DEEP"
    HEADERS_CUT = "HEADERS_CUT"
    RECIPIENTS_CUT = "RECIPIENTS_CUT"
    TEXT_CUT = "TEXT_CUT"
    HTML_LEFT_OUT = "HTML_LEFT_OUT"
    ATTACHMENT_LEFT_OUT = "ATTACHMENT_LEFT_OUT"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no others: its headers, and its bytes as they were sent."""

    headers: Headers
    type: str
    parameters: dict[str, str]
    body: memoryview

    @property
    def disposition(self) -> str:
        """`inline`, `attachment` or nothing."""
        return (self.headers.as_sent("content-disposition") or "").partition(";")[0].strip().lower()

    @property
    def file_name(self) -> str | None:
        """What the sender calls it."""
        disposition = parameters(self.headers.as_sent("content-disposition") or "")
        return disposition.get("filename") or self.parameters.get("name") or None

    @property
    def content_id(self) -> str | None:
        """What other parts call it."""
        found = (self.headers.as_sent("content-id") or "").strip().strip("<>").strip()
        return found[:250] if found.isascii() and found.isprintable() and found else None

    def decoded(self) -> Iterator[bytes]:
        """Its content, piece by piece: no piece takes long."""
        encoding = (self.headers.as_sent("content-transfer-encoding") or "").strip().lower()
        if encoding == "base64":
            yield from _from_base64(self.body)
        elif encoding == "quoted-printable":
            yield from _from_quoted(self.body)
        else:
            for start in range(0, len(self.body), PIECE):
                yield bytes(self.body[start : start + PIECE])


@dataclass(slots=True)
class Walk:
    """A message taken apart."""

    headers: Headers
    parts: list[Part] = field(default_factory=list)
    alternatives: set[int] = field(default_factory=set)
    limits: set[MailLimit] = field(default_factory=set)
    top_type: str = "text/plain"
    top_parameters: dict[str, str] = field(default_factory=dict)


def walked(raw: bytes) -> Walk:
    """The parts of a message, in their order, as far as the limits allow."""
    head, body = _split(raw, 0, len(raw))
    walk = Walk(Headers(raw[:head][:LONGEST_HEAD]))
    if head > LONGEST_HEAD:
        walk.limits.add(MailLimit.HEADERS_CUT)
    walk.top_type, walk.top_parameters = content_type(walk.headers, "text/plain")
    _descend(walk, raw, walk.headers, (body, len(raw)), "text/plain", 0)
    return walk


def content_type(headers: Headers, default: str) -> tuple[str, dict[str, str]]:
    """The type and its parameters; what is no type is taken for bytes, as RFC 2045 has it for the first."""
    value = headers.as_sent("content-type")
    if value is None:
        return default, {}
    kind = value.partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(kind):
        return ("text/plain" if kind in ("", "text") else ANY), parameters(value)
    return kind, parameters(value)


def _descend(walk: Walk, raw: bytes, headers: Headers, span: tuple[int, int], default: str, depth: int) -> None:
    kind, named = content_type(headers, default)
    boundary = named.get("boundary", "")
    if not kind.startswith("multipart/") or not boundary or len(boundary) > 200:
        kind = "text/plain" if kind.startswith("multipart/") and depth == 0 else kind
        _take(walk, Part(headers, kind, named, memoryview(raw)[span[0] : span[1]]))
        return
    if depth >= MOST_DEEP:
        walk.limits.add(MailLimit.TOO_DEEP)
        _take(walk, Part(headers, ANY, named, memoryview(raw)[span[0] : span[1]]))
        return
    inside = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    for start, end in _between(raw, span, boundary.encode("utf-8", "surrogateescape")):
        if len(walk.parts) >= MOST_PARTS:
            walk.limits.add(MailLimit.TOO_MANY_PARTS)
            return
        head, body = _split(raw, start, end)
        if head - start > LONGEST_HEAD:
            walk.limits.add(MailLimit.HEADERS_CUT)
        block = raw[start : min(head, start + LONGEST_HEAD)]
        _descend(walk, raw, Headers(block), (body, end), inside, depth + 1)


def _take(walk: Walk, part: Part) -> None:
    if len(walk.parts) >= MOST_PARTS:
        walk.limits.add(MailLimit.TOO_MANY_PARTS)
    else:
        walk.parts.append(part)


def _split(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the headers end, and where the body begins."""
    if raw[start : start + 2] == b"\r\n" or raw[start : start + 1] == b"\n":
        return start, start + (2 if raw[start : start + 1] == b"\r" else 1)
    match = _BLANK.search(raw, start, end)
    return (match.start(), match.end()) if match else (end, end)


def _between(raw: bytes, span: tuple[int, int], boundary: bytes) -> Iterator[tuple[int, int]]:
    """What stands between the lines that are this boundary; what stands before the first and after the last is nothing."""
    mark, (position, end) = b"--" + boundary, span
    begun: int | None = None
    while (found := raw.find(mark, position, end)) >= 0:
        position = found + len(mark)
        line = _END.match(raw, position, end)
        if line is None or (found != span[0] and raw[found - 1] != 10):
            continue
        if begun is not None:
            stop = found - 1 - (raw[found - 2 : found - 1] == b"\r")
            yield begun, max(begun, stop)
        begun, position = line.end(), line.end()
        if line.group(1):
            return
    if begun is not None:
        yield begun, end


def _from_base64(body: memoryview) -> Iterator[bytes]:
    """Whatever stands between the letters is left out, and what is missing at the end is not missed."""
    rest = b""
    for start in range(0, len(body), PIECE):
        rest += bytes(body[start : start + PIECE]).translate(None, _NOT_BASE64)
        whole = len(rest) - len(rest) % 4
        yield binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    if len(rest) > 1:
        yield binascii.a2b_base64(rest + b"=" * (4 - len(rest)))


def _from_quoted(body: memoryview) -> Iterator[bytes]:
    rest = b""
    for start in range(0, len(body), PIECE):
        rest += bytes(body[start : start + PIECE])
        cut = rest.rfind(b"\n") + 1 or _whole(rest)
        yield quopri.decodestring(rest[:cut])
        rest = rest[cut:]
    yield quopri.decodestring(rest)


def _whole(text: bytes) -> int:
    """How much of a line without end can be decoded by itself: nothing that `=` begins, no blanks that may be at its end."""
    end = len(text.rstrip(b" \t\r")) or len(text)
    mark = text.rfind(b"=", max(0, end - 2), end)
    return end if mark < 0 else mark
