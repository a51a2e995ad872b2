"""The sockets of the client: opened, read and answered by one loop over epoll.

No event loop and no object a message: one `recv` and one entry in a list each, so that the client leaves the processors to what
is measured. What arrives is kept with its time; only pings are looked at, because a client that does not answer them is closed.
"""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.push.frames import CLOSE, PING, PONG, TEXT, close_code, frame, handshake, opened, split
from bench.push.ledger import Arrival
from bench.push.questions import DOCUMENTS, operation_id

AT_ONCE = 16
"""Sockets being opened at a time: more only wait for each other in the server, and some for too long."""
CHUNK = 256 * 1024
EVENTS = 1024
CONNECT_SECONDS = 10
PAUSE_SECONDS = 1.0
OVERLOAD, VANISHED = 1013, 1006
ENOUGH = b"\r\n\r\n"
PINGED, ACKNOWLEDGED = b'{"type":"ping"', b'{"type":"connection_ack"'
ANSWER = frame(TEXT, b'{"type":"pong"}')
READY = b'"ready"'
READY_QUESTION = frame(TEXT, b'{"id":"ready","type":"subscribe","payload":{"query":"{ me { id } }"}}')
"""Nobody says when a subscription has begun. This is asked after them and answered about when they have."""


@dataclass(slots=True)
class Member:
    """One socket. Until `proof` is None it is shaking hands; until `ready` it is signing in and subscribing."""

    number: int
    token: str
    line: socket.socket | None = None
    proof: bytes | None = None
    rest: bytes = b""
    ready: bool = False


class Crowd:
    """All sockets of this process. Socket n is signed in with token n."""

    def __init__(self, fields: Sequence[str], *, shared_ids: bool = False) -> None:
        self.fields, self.shared_ids = tuple(fields), shared_ids
        self.arrivals: list[Arrival] = []
        self.closed: dict[int, int] = {}
        self.put_off = 0
        self.members: list[Member] = []
        self._epoll = select.epoll()
        self._by_fd: dict[int, Member] = {}
        self._later: list[Member] = []

    def open(self, address: str, tokens: Sequence[str], seconds: float) -> None:
        """So many sockets more, each signed in and with its subscriptions asked for."""
        end = time.monotonic() + seconds
        waiting = [Member(len(self.members) + place, token) for place, token in enumerate(tokens)]
        self.members += waiting
        waiting.reverse()
        begun: list[Member] = []
        while waiting or begun or self._later:
            while waiting and len(begun) < AT_ONCE:
                begun.append(waiting.pop())
                self._connect(begun[-1], address)
            self.turn(0.1)
            begun = [each for each in begun if not each.ready and each.line is not None]
            if not waiting and not begun and self._later:
                time.sleep(PAUSE_SECONDS)
                waiting, self._later = self._later, []
            if self.closed:
                raise ConnectionError(f"sockets were closed as they were opened: {dict(list(self.closed.items())[:3])}")
            if time.monotonic() > end:
                raise TimeoutError(f"{len(waiting) + len(begun)} sockets are not open after {seconds:.0f} s")

    def turn(self, seconds: float, control: int | None = None) -> bool:
        """Read what has come, or wait so long for something; whether the control descriptor has something to say."""
        told = False
        for descriptor, _ in self._epoll.poll(seconds, EVENTS):
            if descriptor == control:
                told = True
            elif (member := self._by_fd.get(descriptor)) is not None:
                self._read(member)
        return told

    def watch(self, control: int) -> None:
        """Wake up for this descriptor too."""
        self._epoll.register(control, select.EPOLLIN)

    def taken(self) -> list[Arrival]:
        """What has come since the last time."""
        arrivals, self.arrivals = self.arrivals, []
        return arrivals

    def close(self) -> None:
        """Hang up on all."""
        for member in self.members:
            if member.line is not None:
                member.line.close()

    def _connect(self, member: Member, address: str) -> None:
        parts = urlsplit(address)
        line = member.line = socket.create_connection((parts.hostname or "", parts.port or 0), CONNECT_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setblocking(False)
        request, member.proof = handshake(parts.netloc, "/graphql")
        line.send(request)
        self._by_fd[line.fileno()] = member
        self._epoll.register(line, select.EPOLLIN)

    def _read(self, member: Member) -> None:
        assert member.line is not None
        try:
            data = member.line.recv(CHUNK)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        arrived = time.monotonic()
        if not data:
            self._gone(member, VANISHED)
            return
        if member.rest:
            data = member.rest + data
        if member.proof is not None:
            head, whole, data = data.partition(ENOUGH)
            if not whole:
                member.rest = head
                return
            self._shake(member, head)
        found, member.rest = split(data)
        for opcode, payload in found:
            if opcode == TEXT and member.ready and not payload.startswith(PINGED):
                self.arrivals.append((arrived, member.number, payload))
            else:
                self._answer(member, opcode, payload, arrived)

    def _shake(self, member: Member, head: bytes) -> None:
        assert member.proof is not None
        if not opened(head, member.proof):
            raise ConnectionError(f"no socket: {head[:200]!r}")
        member.proof = None
        payload = {"type": "connection_init", "payload": {"authorization": f"Bearer {member.token}"}}
        self._send(member, frame(TEXT, json.dumps(payload).encode()))

    def _answer(self, member: Member, opcode: int, payload: bytes, arrived: float) -> None:
        """Pings, the end, and whatever comes before the socket is ready."""
        if opcode == PING:
            self._send(member, frame(PONG, payload))
        elif opcode == CLOSE:
            self._gone(member, close_code(payload))
        elif payload.startswith(PINGED):
            self._send(member, ANSWER)
        elif payload.startswith(ACKNOWLEDGED):
            self._send(member, b"".join(self._questions(member)))
        elif opcode == TEXT and READY in payload:
            member.ready = b'"complete"' in payload
        elif opcode == TEXT:
            self.arrivals.append((arrived, member.number, payload))

    def _questions(self, member: Member) -> Iterator[bytes]:
        for name in self.fields:
            asked = operation_id(name, member.number, shared=self.shared_ids)
            message = {"id": asked, "type": "subscribe", "payload": {"query": DOCUMENTS[name]}}
            yield frame(TEXT, json.dumps(message).encode())
        yield READY_QUESTION

    def _gone(self, member: Member, code: int) -> None:
        """Closed. Who is told to come back while signing in does so, as every client does."""
        if member.line is None:
            return
        self._by_fd.pop(member.line.fileno())
        self._epoll.unregister(member.line)
        member.line.close()
        member.line, member.rest = None, b""
        if code == OVERLOAD and not member.ready:
            self.put_off += 1
            self._later.append(member)
        else:
            self.closed[member.number] = code

    def _send(self, member: Member, data: bytes) -> None:
        if member.line is not None:
            member.line.send(data)
