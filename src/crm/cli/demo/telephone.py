"""The demo's telephone: a small switchboard that rings through the product's own signed webhook while the demo is served.

It runs beside the server, in a thread with a loop of its own, and knows of a call what any switchboard would be told: whether
somebody took it. Nothing of it is part of the product.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
import structlog

from crm.cli.demo.callers import Caller, Callers, Incoming, read_callers
from crm.cli.synthetic.dice import Dice

SOURCE = "demo"
PATH = f"/hooks/calls/{SOURCE}"
ATTEMPTS = 3
ANSWER_SECONDS = 10
STOP_SECONDS = 5

log = structlog.get_logger("crm.demo.telephone")


@dataclass(frozen=True, slots=True)
class Tempo:
    """In seconds: until the first call, how long calls ring and last, and how often the switchboard looks who took one."""

    first: float = 3
    ring: tuple[float, float] = (15, 40)
    talk: tuple[float, float] = (60, 180)
    look: float = 2


class Standing(NamedTuple):
    """Whether somebody took a call, and whether it goes on."""

    taken: bool = False
    goes_on: bool = True


Look = Callable[[Sequence[str]], Awaitable[Mapping[str, Standing]]]
"""How the calls with these names stand."""


class Hook:
    """The webhook, as a switchboard sees it."""

    def __init__(self, address: str, secret: str) -> None:
        self._place = urlsplit(address).netloc
        self._secret = secret.encode()

    async def tell(self, call: str, incoming: Incoming, state: str, cause: str | None = None) -> None:
        """Report one state; a server that does not answer is told again, as switchboards do."""
        event = {
            "event_id": f"{call}-{state}",
            "call_id": call,
            "state": state,
            "direction": "inbound",
            "from": incoming.number,
            "to": incoming.dialled,
            "at": datetime.now(UTC).isoformat(),
        }
        body = json.dumps(event | ({"cause": cause} if cause else {})).encode()
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(attempt)
            try:
                status = await asyncio.to_thread(self._post, body)
            except (OSError, http.client.HTTPException):
                continue
            if status != http.HTTPStatus.OK:
                log.warning("the telephone was refused", call=call, state=state, status=status)
            return

    def _post(self, body: bytes) -> int:
        connection = http.client.HTTPConnection(self._place, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", PATH, body, signed(self._secret, body))
            return connection.getresponse().status
        finally:
            connection.close()


def signed(secret: bytes, body: bytes) -> dict[str, str]:
    """The headers of a message: when it was sent, and a signature over that and the message."""
    at = str(int(time.time()))
    signature = hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Crm-Timestamp": at, "X-Crm-Signature": f"v1={signature}"}


class Switchboard:
    """Rings so many calls a minute, and follows each to its end."""

    def __init__(self, hook: Hook, callers: Callers, per_minute: int, look: Look, tempo: Tempo, dice: Dice) -> None:
        self._hook, self._callers, self._look, self._tempo, self._dice = hook, callers, look, tempo, dice
        self._pause = 60 / per_minute
        self._standing: Mapping[str, Standing] = {}
        self._open: set[str] = set()

    async def run(self) -> None:
        """Until it is cancelled."""
        await asyncio.sleep(self._tempo.first)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            while True:
                group.create_task(self._call(self._callers.next(self._dice)))
                await asyncio.sleep(self._pause * (0.5 + self._dice.roll()))

    async def _call(self, incoming: Incoming) -> None:
        """Ring; whoever takes it on screen talks for a while, and if nobody does it was missed."""
        call = f"call-{secrets.token_hex(8)}"
        await self._hook.tell(call, incoming, "ringing")
        self._open.add(call)
        if taken := await self._until(call, lambda standing: standing.taken, self._tempo.ring):
            await self._until(call, lambda standing: not standing.goes_on, self._tempo.talk)
        self._open.discard(call)
        await self._hook.tell(call, incoming, "ended" if taken else "missed")

    async def _until(self, call: str, reached: Callable[[Standing], bool], seconds: tuple[float, float]) -> bool:
        """Wait for it, but not longer than a time between these; whether it came."""
        low, high = seconds
        end = time.monotonic() + low + (high - low) * self._dice.roll()
        while not reached(self._standing.get(call, Standing())):
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(self._tempo.look)
        return True

    async def _watch(self) -> None:
        """One look at all calls together."""
        while True:
            if self._open:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    self._standing = await self._look(list(self._open))
            await asyncio.sleep(self._tempo.look)


_STANDING = """
SELECT external_id, claimed_by_id IS NOT NULL AS taken, ended_at IS NULL AS goes_on
FROM call WHERE source = $1 AND external_id = ANY($2)
"""
_LEFT_OVER = """
SELECT external_id, coalesce(number_raw, '') AS number, coalesce(line, '') AS line, claimed_by_id IS NOT NULL AS taken
FROM call WHERE source = $1 AND ended_at IS NULL
"""


class Telephone:
    """The thread. `start` when the server is ready, `stop` when it is no more."""

    def __init__(self, url: str, secret: str, per_minute: int, tempo: Tempo = Tempo()) -> None:
        self._url, self._secret, self._per_minute, self._tempo = url, secret, per_minute, tempo
        self._stopping: Callable[[], object] = lambda: None
        self._thread: threading.Thread | None = None

    def start(self, address: str) -> None:
        """Ring at this address from now on; without any calls to make, do nothing."""
        if self._per_minute:
            self._thread = threading.Thread(target=self._run, args=(address,), name="telephone", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ring no more, and wait for what is being told."""
        if self._thread:
            self._stopping()
            self._thread.join(STOP_SECONDS)

    def _run(self, address: str) -> None:
        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(self._ring(address))
        except Exception:
            log.exception("the telephone is out of order")

    async def _ring(self, address: str) -> None:
        loop, work = asyncio.get_running_loop(), asyncio.current_task()
        assert work
        self._stopping = lambda: loop.is_closed() or loop.call_soon_threadsafe(work.cancel)
        await self._serve(Hook(address, self._secret))

    async def _serve(self, hook: Hook) -> None:
        connection = await asyncpg.connect(self._url)

        async def look(calls: Sequence[str]) -> Mapping[str, Standing]:
            rows = await connection.fetch(_STANDING, SOURCE, calls)
            return {row["external_id"]: Standing(row["taken"], row["goes_on"]) for row in rows}

        try:
            for row in await connection.fetch(_LEFT_OVER, SOURCE):  # of a switchboard that was stopped in the middle
                left = Incoming(Caller.UNKNOWN, row["number"], row["line"])
                await hook.tell(row["external_id"], left, "ended" if row["taken"] else "missed")
            callers = await read_callers(connection)
            dice = Dice(secrets.token_hex(8))
            await Switchboard(hook, callers, self._per_minute, look, self._tempo, dice).run()
        finally:
            connection.terminate()
