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

AT_ONCE = 64
"""Sockets being opened at a time: more only wait for each other in the server."""
CHUNK = 256 * 1024
EVENTS = 1024
CONNECT_SECONDS = 10
ENOUGH = b"\r\n\r\n"
PINGED, ACKNOWLEDGED = b'{"type":"ping"', b'{"type":"connection_ack"'
ANSWER = frame(TEXT, b'{"type":"pong"}')


@dataclass(slots=True)
class Member:
    """One socket. Until `proof` is None it is shaking hands; until `subscribed` it is signing in."""

    number: int
    line: socket.socket
    token: str
    proof: bytes | None
    rest: bytes = b""
    subscribed: bool = False


class Crowd:
    """All sockets of this process. Socket n is signed in with token n."""

    def __init__(self, fields: Sequence[str], *, shared_ids: bool = False) -> None:
        self.fields, self.shared_ids = tuple(fields), shared_ids
        self.arrivals: list[Arrival] = []
        self.closed: dict[int, int] = {}
        self.members: list[Member] = []
        self._epoll = select.epoll()
        self._by_fd: dict[int, Member] = {}

    def open(self, address: str, tokens: Sequence[str], seconds: float) -> None:
        """So many sockets more, each signed in and with its subscriptions asked for."""
        end = time.monotonic() + seconds
        waiting = iter(tokens)
        begun: list[Member] = []
        more = True
        while more or begun:
            while more and len(begun) < AT_ONCE:
                token = next(waiting, None)
                more = token is not None
                if token is not None:
                    begun.append(self._begin(address, token))
            self.turn(0.1)
            begun = [each for each in begun if not each.subscribed]
            if self.closed:
                raise ConnectionError(f"sockets were closed as they were opened: {dict(list(self.closed.items())[:3])}")
            if time.monotonic() > end:
                raise TimeoutError(f"{len(self.members) - len(begun)} sockets after {seconds:.0f} s")

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
            member.line.close()

    def _begin(self, address: str, token: str) -> Member:
        parts = urlsplit(address)
        line = socket.create_connection((parts.hostname or "", parts.port or 0), CONNECT_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setblocking(False)
        request, proof = handshake(parts.netloc, "/graphql")
        line.send(request)
        member = Member(len(self.members), line, token, proof)
        self.members.append(member)
        self._by_fd[line.fileno()] = member
        self._epoll.register(line, select.EPOLLIN)
        return member

    def _read(self, member: Member) -> None:
        try:
            data = member.line.recv(CHUNK)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        arrived = time.monotonic()
        if not data:
            self._gone(member, 1006)
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
            if opcode == TEXT and member.subscribed and not payload.startswith(PINGED):
                self.arrivals.append((arrived, member.number, payload))
            else:
                self._answer(member, opcode, payload)

    def _shake(self, member: Member, head: bytes) -> None:
        assert member.proof is not None
        if not opened(head, member.proof):
            raise ConnectionError(f"no socket: {head[:200]!r}")
        member.proof = None
        payload = {"type": "connection_init", "payload": {"authorization": f"Bearer {member.token}"}}
        member.line.send(frame(TEXT, json.dumps(payload).encode()))

    def _answer(self, member: Member, opcode: int, payload: bytes) -> None:
        """What is no news: pings, the acknowledgement, the end."""
        if opcode == PING:
            member.line.send(frame(PONG, payload))
        elif opcode == CLOSE:
            self._gone(member, close_code(payload))
        elif payload.startswith(PINGED):
            member.line.send(ANSWER)
        elif payload.startswith(ACKNOWLEDGED):
            member.line.send(b"".join(self._questions(member)))
            member.subscribed = True

    def _questions(self, member: Member) -> Iterator[bytes]:
        for name in self.fields:
            asked = operation_id(name, member.number, shared=self.shared_ids)
            message = {"id": asked, "type": "subscribe", "payload": {"query": DOCUMENTS[name]}}
            yield frame(TEXT, json.dumps(message).encode())

    def _gone(self, member: Member, code: int) -> None:
        self.closed.setdefault(member.number, code)
        if self._by_fd.pop(member.line.fileno(), None) is not None:
            self._epoll.unregister(member.line)
            member.line.close()
