"""Dialling for people: orders are sent to the switchboard one by one, each at most once, and late ones not at all.

That an order is about to be sent is written before it is. So of two gateways, or of one that was killed, at most one sends it;
and of one that was written down and never answered we know that it may have been sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from crm import metrics
from crm.core.clock import now
from crm.notify.cancelling import heed_cancellation
from crm.notify.gateways.following import FollowedCalls
from crm.notify.gateways.intake import Intake
from crm.notify.gateways.wire import BadFrame, Refused
from crm.rules.customers.call_states import Signal
from crm.services.customers.call_intake import take_in
from crm.services.customers.call_orders import SENT, Order, waiting
from crm.services.deeds import DiallingPlan
from crm.services.topics import Topic
from crm.store.database import Database
from crm.store.errors import is_away

if TYPE_CHECKING:
    from crm.notify.gateways.gateway import Connection

LOOK_SECONDS = 0.5
"""How long an order that was made in another process waits at most."""
LATEST = timedelta(seconds=15)
"""An order that could not be sent for so long is not sent any more: whoever made it has gone on to something else."""
NOT_DIALLED = "failed"

log = structlog.get_logger("crm.gateways")


class Placing:
    """Sends orders, while there is a connection to send them by."""

    def __init__(self, database: Database, source: str, plan: DiallingPlan, intake: Intake) -> None:
        self.database, self.source, self.plan, self.intake = database, source, plan, intake
        self._bell = asyncio.Event()
        self._way: tuple[Connection, FollowedCalls] | None = None

    @contextmanager
    def through(self, connection: Connection, calls: FollowedCalls) -> Iterator[None]:
        """Send by this connection, for as long as the block lasts."""
        self._way = (connection, calls)
        self._bell.set()
        try:
            yield
        finally:
            self._way = None

    async def run(self) -> None:
        """Look for orders, until cancelled."""
        self.database.bells.add(self._rung)
        try:
            while True:
                heed_cancellation()
                try:
                    for order in await waiting(self.database, self.source, self.plan.region):
                        await self._send(order)
                except Exception as error:
                    if not is_away(error):
                        log.exception("orders to dial were not looked at", gateway=self.source)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._bell.wait()
                self._bell.clear()
        finally:
            self.database.bells.discard(self._rung)

    def _rung(self, news: Collection[object]) -> None:
        if Topic.INCOMING_CALLS in news:
            self._bell.set()

    async def _send(self, order: Order) -> None:
        late = now() - order.at > LATEST
        way = self._way
        if way is None and not late:
            return
        begun = order.report(SENT, Signal.RINGING, max(now(), order.at))
        if not await take_in(self.database, [begun], self.plan, "gateway"):
            return  # another one sends it
        if late or way is None:
            self._failed(order, "LATE")
            return
        connection, calls = way
        calls.expect(order.id, order.extension, order.number)
        try:
            await connection.place(order)
        except (Refused, BadFrame) as error:
            calls.give_up(order.id)
            log.warning("the switchboard does not dial", gateway=self.source, call=order.id, reason=str(error))
            self._failed(order, "REFUSED")
        except Exception as error:  # noqa: BLE001 -- it may have been sent: the next look at the switchboard tells
            log.warning("nobody knows whether it was dialled", gateway=self.source, call=order.id, reason=str(error))
            metrics.calls_placed.labels(self.source, "UNCONFIRMED").inc()
        else:
            metrics.calls_placed.labels(self.source, "PLACED").inc()

    def _failed(self, order: Order, outcome: str) -> None:
        metrics.calls_placed.labels(self.source, outcome).inc()
        self.intake.put([order.report(":end", Signal.ENDED, max(now(), order.at), cause=NOT_DIALLED)])
