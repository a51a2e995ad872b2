"""Handing a printed event to its subscribers, without holding up anything else meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from crm import metrics
from crm.notify.brokers import Event
from crm.notify.subscriptions import Edition, Printed, Subscription

CHUNK = 64
"""Sockets written to before others get their turn: a popup must not wait for an announcement to thousands (64 take 0.5 ms)."""

Delivered = Callable[[Event, Sequence[UUID]], None]


async def deliver(printed: Printed, told: Sequence[Delivered]) -> None:
    """Write each edition to all who get it; whoever cannot take it has lost its socket, and comes back with its cursor."""
    for subscription, error in printed.ended:
        subscription.end(error)
    for edition, subscribers in printed.editions:
        for start in range(0, len(subscribers), CHUNK):
            if start:
                await asyncio.sleep(0)
            _write(edition, subscribers[start : start + CHUNK], told)


def _write(edition: Edition, subscribers: Sequence[Subscription], told: Sequence[Delivered]) -> None:
    seq = edition.event.seq
    written = []
    for each in subscribers:
        if each.open and each.position < seq and each.sink.push(edition):
            each.position = seq
            written.append(each.person)
    metrics.events_delivered.inc(len(written))
    for tell in told:
        tell(edition.event, written)
