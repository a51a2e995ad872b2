"""A conversation with an IMAP server, in a thread of its own: IMAPClient over a socket that we connected, and can cut.

The peer says what it likes: it may send for ever, or a byte a minute. What one command reads is bounded, and whoever waits for it
cuts the socket when it takes too long, which ends the thread's wait whatever it waits for.
"""

from __future__ import annotations

import imaplib
import logging
import select
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import socket
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from crm.rules.messaging.mail_hosts import MailSecurity

READ_SECONDS = 30.0
LARGEST_ANSWER = 4 * 1024 * 1024
"""What one command reads, beside the messages it asks for."""
LONGEST_HEAD = 512 * 1024
RANGE = 50_000
"""So many numbers are searched at once: an answer is one line, and imaplib reads no line of more than 1,000,000 bytes."""
_NOT_NOW = ("[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]", "[CONTACTADMIN]")


logging.getLogger("imapclient").setLevel(logging.CRITICAL)  # what a server says is told by our own errors, and only there


class Rejected(Exception):
    """The server answered, and does not let us in. It would not the next time either."""


class Lost(Exception):
    """The connection ended, or what came over it made no sense."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as it was found. Numbers of messages mean something only together with `uid_validity`."""

    uid_validity: int
    uid_next: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that lies there."""

    uid: int
    size: int
    received: datetime


class _Line(imaplib.IMAP4):
    """imaplib over a socket that is there already, which reads no more than it may."""

    def __init__(self, ready: socket, host: str, port: int) -> None:
        self._ready = ready
        self.most = LARGEST_ANSWER
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None) -> socket:  # noqa: ARG002 -- as imaplib calls it
        return self._ready

    def read(self, size: int) -> bytes:
        """A literal."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """A line; imaplib bounds it."""
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self.most -= size
        if self.most < 0:
            raise self.abort("the server sends more than was asked for")


class _Client(IMAPClient):  # type: ignore[misc]
    def __init__(self, ready: socket, host: str, port: int) -> None:
        self._ready = ready
        super().__init__(host, port, ssl=False, timeout=READ_SECONDS)
        self.normalise_times = False

    def _create_IMAP4(self) -> _Line:  # noqa: N802 -- as IMAPClient calls it
        return _Line(self._ready, self.host, self.port)


class Talk:
    """One connection, for the thread that talks. Errors of whatever kind come out as `Lost` or `Rejected`."""

    def __init__(self, ready: socket, host: str, port: int, security: MailSecurity, context: ssl.SSLContext) -> None:
        ready.settimeout(READ_SECONDS)
        if security is MailSecurity.TLS:
            ready = context.wrap_socket(ready, server_hostname=host)
        self.client = _Client(ready, host, port)
        if security is MailSecurity.STARTTLS:
            self.client.starttls(context)

    @property
    def line(self) -> Any:
        """Imaplib's side of it."""
        return self.client._imap  # noqa: SLF001 -- where what is read can be bounded

    def log_in(self, user: str, secret: str) -> None:
        """By AUTHENTICATE where a password is beyond ASCII. Some providers let nobody in who does not say what they are."""
        if any(char in "\r\n\0" for char in user + secret):
            raise Rejected("The user or the secret holds a line break.")
        try:
            if (user + secret).isascii():
                self.client.login(user, secret)
            else:
                self.client.plain_login(user, secret)
        except LoginError as error:
            said = _said(error)
            if isinstance(error.__context__, imaplib.IMAP4.abort) or any(mark in said.upper() for mark in _NOT_NOW):
                raise Lost(said) from error
            raise Rejected(said) from error
        if self.client.has_capability("ID"):
            with suppress(IMAPClientError):
                self.client.id_({"name": "crm", "version": "1", "vendor": "crm"})

    def select(self, folder: str) -> Folder:
        """Open it for reading: what is read here is not marked there."""
        try:
            told = self.client.select_folder(folder, readonly=True)
        except imaplib.IMAP4.abort:
            raise
        except IMAPClientError as error:
            raise Rejected(f"There is no folder {folder}: {_said(error)}") from error
        if not isinstance(validity := told.get(b"UIDVALIDITY"), int):
            raise Lost("the server names no UIDVALIDITY")
        after = told.get(b"UIDNEXT")
        return Folder(validity, after if isinstance(after, int) else None)

    def behind(self, last: int, top: int | None, since: datetime | None) -> list[int]:
        """The messages behind a number, ascending; `top` is beyond the last of them, where that is known.

        A server answers `n:*` with its last message even if that is not behind n.
        """
        ranges = [(low, low + RANGE - 1) for low in range(last + 1, top or 0, RANGE)] or [(last + 1, 0)]
        found: set[int] = set()
        for low, high in ranges:
            self.line.most = LARGEST_ANSWER
            asked: list[object] = ["UID", f"{low}:{high if high and high != ranges[-1][1] else '*'}"]
            if since is not None:
                asked += ["SINCE", since.date()]
            found.update(uid for uid in self.client.search(asked) if uid > last)
        return sorted(found)

    def entries(self, uids: Sequence[int]) -> list[Entry]:
        """How large they are, before anything else of them is asked for; without those that are gone."""
        self.line.most = LARGEST_ANSWER
        told = self.client.fetch(list(uids), ["RFC822.SIZE", "INTERNALDATE"])
        return [
            Entry(uid, int(row.get(b"RFC822.SIZE", 0)), _instant(row.get(b"INTERNALDATE"))) for uid, row in sorted(told.items())
        ]

    def whole(self, entries: Sequence[Entry]) -> dict[int, bytes]:
        """Messages as they are. A server that says a small size and sends a large message is cut off."""
        self.line.most = LARGEST_ANSWER + sum(entry.size for entry in entries) * 2
        told = self.client.fetch([entry.uid for entry in entries], ["BODY.PEEK[]"])
        return {uid: row[b"BODY[]"] for uid, row in told.items() if isinstance(row.get(b"BODY[]"), bytes)}

    def head(self, uid: int) -> bytes:
        """The headers of a message that is too large."""
        self.line.most = LARGEST_ANSWER
        told = self.client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>"]).get(uid, {})
        found = next((value for name, value in told.items() if name.startswith(b"BODY[HEADER]")), b"")
        return found if isinstance(found, bytes) else b""

    def wait(self, seconds: float) -> None:
        """Until there may be something new, or so long: by IDLE, or for a server without it by waiting."""
        self.line.most = LARGEST_ANSWER
        if not self.client.has_capability("IDLE"):
            self._readable(seconds)
            self.client.noop()
            return
        line, quiet = self.line, True
        tag = self.client._idle_tag = line._command("IDLE")  # noqa: SLF001 -- IMAPClient's own takes any word before `+` for an error
        while line._get_response() is not None:  # noqa: SLF001
            quiet = False
            if line.tagged_commands.get(tag):
                raise Lost("the server takes no IDLE")
        if quiet:
            self._readable(seconds)
        self.client.idle_done()

    def _readable(self, seconds: float) -> bool:
        """Whether there is something to read by then. What was read ahead is looked at first: nothing more may come behind it."""
        connection = self.client.socket()
        connection.setblocking(False)
        try:
            with suppress(ssl.SSLWantReadError, BlockingIOError):
                if self.line.file.peek(1):
                    return True
            poller = select.poll()
            poller.register(connection.fileno(), select.POLLIN)
            return bool(poller.poll(seconds * 1000))
        finally:
            connection.settimeout(READ_SECONDS)


def _said(error: BaseException) -> str:
    """The server's words, without what it repeats of ours."""
    text = str(error).strip()
    if text[:2] in ("b'", 'b"'):
        text = text[2:-1]
    return text[:200]


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return datetime.now(UTC)
