"""A connection to a mailbox, for the loop: each step in its own thread, within a time, and cut as soon as nobody waits for it."""

from __future__ import annotations

import asyncio
import imaplib
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from imapclient.exceptions import IMAPClientError

from crm.notify.gateways.imap.client import Entry, Folder, Lost, Rejected, Talk
from crm.notify.gateways.peers import Forbidden, dialled
from crm.rules.messaging.mail_hosts import MailSecurity

CONNECT_SECONDS = 10.0
STEP_SECONDS = 60.0
FETCH_SECONDS = 600.0
"""For what is large; even a slow line brings some megabytes in that time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """Where a mailbox is, and what opens it."""

    host: str
    port: int
    security: MailSecurity
    user: str
    secret: str
    folder: str


class Connection:
    """One of them. Use it within `async with`; leaving the block cuts it, which takes no time.

    Without `private` it goes to no address of a private network, whatever its name resolves to.
    """

    def __init__(self, server: Server, *, private: bool, context: ssl.SSLContext | None = None) -> None:
        self.server, self.private = server, private
        self.context = context or ssl.create_default_context()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"imap {server.host}")
        self._wire: socket.socket | None = None
        self._talk: Talk | None = None
        self._ended = False

    async def __aenter__(self) -> Connection:
        try:
            ready = await self._connected()
            # A second handle of the same connection: a socket that TLS was put around cannot be ended from another thread.
            self._wire = socket.socket(fileno=os.dup(ready.fileno()))
            server = self.server
            make = partial(Talk, ready, server.host, server.port, server.security, self.context)
            self._talk = await self.step(make, STEP_SECONDS)
            await self.step(partial(self._talk.log_in, server.user, server.secret), STEP_SECONDS)
        except BaseException:
            self.cut()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()

    async def select(self) -> Folder:
        """Open the folder."""
        return await self.step(partial(self.talk.select, self.server.folder), STEP_SECONDS)

    async def behind(self, last: int, top: int | None, since: datetime | None) -> list[int]:
        """The messages behind a number."""
        return await self.step(partial(self.talk.behind, last, top, since), FETCH_SECONDS)

    async def entries(self, uids: Sequence[int]) -> list[Entry]:
        """How large these are."""
        return await self.step(partial(self.talk.entries, uids), STEP_SECONDS)

    async def whole(self, entries: Sequence[Entry]) -> dict[int, bytes]:
        """These, as they are."""
        return await self.step(partial(self.talk.whole, entries), FETCH_SECONDS)

    async def head(self, uid: int) -> bytes:
        """The headers of one."""
        return await self.step(partial(self.talk.head, uid), STEP_SECONDS)

    async def wait(self, seconds: float) -> None:
        """Until there may be something new, or so long."""
        await self.step(partial(self.talk.wait, seconds), seconds + STEP_SECONDS)

    @property
    def idles(self) -> bool:
        """Whether the server tells of what is new by itself."""
        return bool(self.talk.client.has_capability("IDLE"))

    @property
    def talk(self) -> Talk:
        """The conversation, once there is one."""
        assert self._talk is not None, "inside its block"
        return self._talk

    async def step(self, work: Callable[[], T], seconds: float) -> T:
        """Have the thread do it; whoever stops waiting, for whatever reason, ends it."""
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._thread, partial(_named, work))
        except TimeoutError as error:
            self.cut()
            raise Lost(f"no answer within {seconds:g} s") from error
        except asyncio.CancelledError:
            self.cut()
            raise

    def cut(self) -> None:
        """End it now; the thread finds out at once, and ends with it."""
        if self._ended:
            return
        self._ended = True
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)
            self._wire.close()
        if self._talk is not None:
            # Also where the thread is just about to read: what it reads then is the end.
            self._thread.submit(_closed, self._talk)
        self._thread.shutdown(wait=False)

    async def _connected(self) -> socket.socket:
        try:
            ready = await dialled(self.server.host, self.server.port, CONNECT_SECONDS, private=self.private)
        except Forbidden as error:
            raise Rejected(str(error)) from error
        except (OSError, TimeoutError, ValueError) as error:
            # ValueError, too: that is what a name is answered with that cannot be one.
            raise Lost(f"{self.server.host}:{self.server.port} cannot be reached ({type(error).__name__})") from error
        ready.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return ready


def _named(work: Callable[[], T]) -> T:
    """What a server can do to us has two names, whatever it was."""
    try:
        return work()
    except (Lost, Rejected):
        raise
    except (imaplib.IMAP4.abort, OSError) as error:
        raise Lost(f"{type(error).__name__}: {error}"[:200]) from error
    except IMAPClientError as error:
        raise Lost(f"the server refused: {error}"[:200]) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, MemoryError) as error:
        raise Lost(f"the server's words make no sense ({type(error).__name__})") from error


def _closed(talk: Talk) -> None:
    with suppress(Exception):
        talk.client.shutdown()
