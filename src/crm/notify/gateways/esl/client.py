"""One connection to a FreeSWITCH: log-in, commands and their answers, and the events in between."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from crm.notify.gateways.esl.channels import Event, channels_of
from crm.notify.gateways.esl.frames import EslFrame, EslFrames, event_of, written
from crm.notify.gateways.following import Channel
from crm.notify.gateways.wire import Address, Disconnected, Refused, Wire
from crm.services.customers.call_orders import Order

PORT, CHANNEL, CONTEXT = 8021, "user/{extension}", "default"
RING_SECONDS = 30
"""How long the telephone of whoever wants to call rings."""
EVENTS = (
    "CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_HOLD CHANNEL_UNHOLD"
    " CHANNEL_HANGUP_COMPLETE BACKGROUND_JOB"
)
_ANSWERS = frozenset({"command/reply", "api/response"})


def address_of(url: str) -> Address:
    """Where a FreeSWITCH listens."""
    return Address.of(url, port=PORT, channel=CHANNEL, context=CONTEXT)


class EslClient:
    """A logged-in connection. `on_event` is called for each event, in order; it must not wait."""

    def __init__(self, address: Address, on_event: Callable[[Event], None]) -> None:
        self.address, self._on_event = address, on_event
        self._answers: deque[asyncio.Future[EslFrame]] = deque()
        self._hello: asyncio.Future[EslFrame]
        self.wire: Wire[EslFrame]

    @classmethod
    async def log_in(cls, address: Address, on_event: Callable[[Event], None], *, events: str = EVENTS) -> EslClient:
        """Connect, log in and ask for events. Raises `Refused`, `Disconnected`, `BadFrame` or `OSError`."""
        client = cls(address, on_event)
        client.wire = await Wire.open(address, EslFrames(), client._take)
        try:
            client._hello = client.wire.promise()
            _check_welcome(await client.wire.answered(client._hello, "that we are there"))
            # A user's password is sent as `userauth name:password`; without a user it is that of the event socket.
            word = f"userauth {address.user}:{address.secret}" if address.user else f"auth {address.secret}"
            await client.ask(word)
            if events:
                await client.ask(f"event json {events}")
        except BaseException:
            await client.close()
            raise
        return client

    async def channels(self) -> list[Channel]:
        """Everything that goes on there."""
        return channels_of((await self.ask("api show channels as json")).body, time.time())

    async def place(self, order: Order) -> None:
        """Ring whoever wants to call, and dial when they take it up. FreeSWITCH gives the channel the order's id."""
        told = (
            f"origination_uuid={order.id}", f"origination_caller_id_number={order.digits}", "ignore_early_media=true",
            f"originate_timeout={RING_SECONDS}",
        )  # fmt: skip
        telephone, number = self.address.telephone(order.extension), self.address.prefixed(order.digits)
        command = f"bgapi originate {{{','.join(told)}}}{telephone} {number} XML {self.address.context}"
        await self.ask(command, **{"Job-UUID": order.id})

    async def ended(self) -> None:
        """Wait for its end, and raise why."""
        await self.wire.ended(lambda: self.ask("api status"))

    async def close(self) -> None:
        """End it; what waits for answers fails."""
        await self.wire.close()

    async def ask(self, command: str, **fields: str) -> EslFrame:
        """Send one command and wait for its answer; answers come in the order of the commands. Never sent again by itself."""
        sent = written(command, fields)
        answer = self.wire.promise()
        self._answers.append(answer)
        self.wire.send(sent)
        frame = await self.wire.answered(answer, command.partition(" ")[0])
        said = frame.headers.get("reply-text", "") or frame.body[:5].decode("utf-8", "replace")
        if said.startswith("-"):
            raise Refused(frame.headers.get("reply-text", "") or frame.body[:200].decode("utf-8", "replace").strip())
        return frame

    def _take(self, frame: EslFrame) -> None:
        if frame.kind in _ANSWERS:
            if self._answers and not (answer := self._answers.popleft()).done():
                answer.set_result(frame)
        elif frame.kind in ("text/event-json", "text/event-plain"):
            self._on_event(event_of(frame))
        elif frame.kind in ("auth/request", "text/rude-rejection"):
            if not self._hello.done():
                self._hello.set_result(frame)
        elif frame.kind == "text/disconnect-notice":
            raise Disconnected("FreeSWITCH closed the connection.")


def _check_welcome(hello: EslFrame) -> None:
    if hello.kind != "auth/request":
        raise Refused("FreeSWITCH lets nobody in from here: see apply-inbound-acl in event_socket.conf.xml.")


async def greeted(url: str) -> str:
    """Log in, look around as the gateway does, and say who answers. Raises what a log-in raises."""
    client = await EslClient.log_in(address_of(url), lambda _: None, events="")
    try:
        version = (await client.ask("api version")).body.decode("utf-8", "replace").strip()[:60]
        return f"{version}, {len(await client.channels())} channels"
    finally:
        await client.close()
