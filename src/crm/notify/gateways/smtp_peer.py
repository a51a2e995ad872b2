"""One SMTP server and a few kept connections to it: what a message came to, whatever server and network do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from crm.notify.gateways import smtp_delivery
from crm.notify.gateways.smtp_delivery import BRIEF, Delivery, Patience
from crm.notify.gateways.smtp_line import Line, Login, NoEntry
from crm.rules.messaging.email_outcomes import Delivered
from crm.rules.messaging.sending import Result

AWAY = "the server cannot be reached"

log = structlog.get_logger("crm.smtp")


class SmtpPeer:
    """Sends, over at most so many connections; ask it from one loop."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._idle: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
        self._closed = False
        for _ in range(login.connections):
            self._idle.put_nowait(Line(login))

    async def deliver(
        self, sender: str, addresses: Sequence[str], content: bytes, patience: Patience = BRIEF
    ) -> Delivered:  # fmt: skip
        """What came of it; never an exception, or one message would hold up all others."""
        async with self._line() as line:
            delivery = Delivery(line, sender, addresses, content, patience)
            try:
                async with asyncio.timeout(patience.before_content(len(addresses))) as limit:
                    return await delivery.run(lambda: limit.reschedule(asyncio.get_running_loop().time() + patience.content))
            except NoEntry as error:
                line.close()
                return Delivered(Result.NOT_SENT, detail=str(error), login=True)
            except Exception as error:  # noqa: BLE001 -- whatever a server or the network does, the step says what it means
                line.close()
                _let_go(error)
                log.info("mail was not sent", host=self.login.host, reason=type(error).__name__, step=delivery.step)
                if delivery.handed_over:
                    return Delivered(Result.DOUBTFUL, delivery.refused, detail="no answer came after the content was sent")
                return Delivered(Result.NOT_SENT, detail=f"{AWAY} ({type(error).__name__})")

    async def try_login(self) -> str | None:
        """Log in once on a connection of its own; None where that works, else why not."""
        line = Line(self.login)
        try:
            async with asyncio.timeout(smtp_delivery.OVERALL):
                await line.open()
        except NoEntry as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 -- as above
            return f"{AWAY} ({type(error).__name__})"
        finally:
            await line.goodbye()
        return None

    async def close(self) -> None:
        """Say goodbye where a connection is open; those in use follow when they are done."""
        self._closed = True
        idle = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for line in idle:
            await line.goodbye()
            self._idle.put_nowait(line)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[Line]:
        line = await self._idle.get()
        try:
            yield line
        finally:
            try:
                if self._closed:
                    await line.goodbye()
            finally:
                self._idle.put_nowait(line)


def _let_go(error: BaseException) -> None:
    """Of the content, megabytes perhaps: errors of a connection refer to themselves, and to all that was at hand."""
    found: BaseException | None = error
    while found is not None:
        found.__traceback__ = None
        found = found.__cause__ or found.__context__
