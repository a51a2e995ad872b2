"""One connection to an Asterisk: log-in, actions and their answers, and the events in between."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from crm.notify.gateways.ami.channels import channel_of
from crm.notify.gateways.ami.frames import AmiFrames, Frame, written
from crm.notify.gateways.following import Channel
from crm.notify.gateways.wire import Address, BadFrame, Refused, Wire
from crm.services.customers.call_orders import Order

PORT, CHANNEL, CONTEXT = 5038, "PJSIP/{extension}", "from-internal"
RING_SECONDS = 30
"""How long the telephone of whoever wants to call rings."""
MOST_LISTED = 200_000
"""Entries of one list: a server that never ends one must not fill our memory."""


def address_of(url: str) -> Address:
    """Where an Asterisk listens."""
    return Address.of(url, port=PORT, channel=CHANNEL, context=CONTEXT)


class AmiClient:
    """A logged-in connection. `on_event` is called for each event, in order; it must not wait."""

    def __init__(self, address: Address, on_event: Callable[[Frame], None]) -> None:
        self.address, self._on_event = address, on_event
        self.frames = AmiFrames()
        self._number = 0
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._lists: dict[str, list[Frame]] = {}
        self.wire: Wire[Frame]

    @classmethod
    async def log_in(cls, address: Address, on_event: Callable[[Frame], None], *, events: str = "call,agent") -> AmiClient:
        """Connect and log in, without sending the password. Raises `Refused`, `Disconnected`, `BadFrame` or `OSError`."""
        client = cls(address, on_event)
        client.wire = await Wire.open(address, client.frames, client._take)
        try:
            challenge = (await client.ask("Challenge", AuthType="MD5")).get("challenge", "")
            key = hashlib.md5((challenge + address.secret).encode()).hexdigest()  # noqa: S324 -- the protocol's own
            await client.ask("Login", AuthType="MD5", Username=address.user, Key=key, Events=events)
        except BaseException:
            await client.close()
            raise
        return client

    async def channels(self) -> list[Channel]:
        """Everything that goes on there."""
        return [channel_of(found) for found in await self.listed("CoreShowChannels")]

    async def place(self, order: Order) -> None:
        """Ring whoever wants to call, and dial when they take it up. Asterisk gives the channel the order's id."""
        await self.ask(
            "Originate", number=order.id, ChannelId=order.id, Channel=self.address.telephone(order.extension),
            Context=self.address.context, Exten=self.address.prefixed(order.digits), Priority="1",
            CallerID=f'"{order.digits}" <{order.digits}>', Timeout=str(RING_SECONDS * 1000), Async="true",
        )  # fmt: skip

    async def ended(self) -> None:
        """Wait for its end, and raise why."""
        await self.wire.ended(lambda: self.ask("Ping"))

    async def close(self) -> None:
        """End it; what waits for answers fails."""
        await self.wire.close()

    async def ask(self, action: str, *, number: str = "", **fields: str) -> Frame:
        """Do one action and wait for its answer. Never done again by itself: a call that is placed twice rings twice."""
        return await self._done(action, fields, number)

    async def listed(self, action: str, **fields: str) -> list[Frame]:
        """Do an action that answers with a list of events."""
        found: list[Frame] = []
        await self._done(action, fields, into=found)
        return found

    async def _done(self, action: str, fields: dict[str, str], number: str = "", into: list[Frame] | None = None) -> Frame:
        self._number += 1
        number = number or str(self._number)
        command = written(action, {**fields, "ActionID": number})
        answer = self._answers[number] = self.wire.promise()
        if into is not None:
            self._lists[number] = into
        try:
            self.wire.send(command)
            frame = await self.wire.answered(answer, action)
        finally:
            del self._answers[number]
            self._lists.pop(number, None)
        if frame.get("response", "").lower() == "error":
            raise Refused(frame.get("message") or f"Asterisk refuses {action}.")
        return frame

    def _take(self, frame: Frame) -> None:
        """An answer, an entry of a list, or news. The end of a dialling has an id, `Response` and `Event`: it is news."""
        number = frame.get("actionid", "")
        if "event" in frame:
            if number not in self._lists:
                self._on_event(frame)
            elif frame.get("eventlist", "").lower() in ("complete", "cancelled"):
                self._answer(number, frame)
            elif len(self._lists[number]) < MOST_LISTED:
                self._lists[number].append(frame)
            else:
                raise BadFrame("A list of Asterisk's does not end.")
        elif "response" in frame and (number not in self._lists or frame["response"].lower() == "error"):
            self._answer(number, frame)

    def _answer(self, number: str, frame: Frame) -> None:
        answer = self._answers.get(number)
        if answer is not None and not answer.done():
            answer.set_result(frame)


async def greeted(url: str) -> str:
    """Log in, look around as the gateway does, and say who answers. Raises what a log-in raises."""
    client = await AmiClient.log_in(address_of(url), lambda _: None, events="off")
    try:
        channels = await client.channels()
        return f"{client.frames.banner}, {len(channels)} channels"
    finally:
        await client.close()
