"""Handing a printed event to its subscribers, without holding up anything else meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog

from crm import metrics
from crm.notify.brokers import Event
from crm.notify.lanes import Lane
from crm.notify.subscriptions import Edition, Printed, Subscription

CHUNK = 64
"""Sockets written to before others get their turn: a popup must not wait for an announcement to thousands (64 take 0.5 ms)."""

GIVES_WAY = 0.5
"""Seconds that an event for thousands may wait in all for smaller ones."""

Delivered = Callable[[Event, Sequence[UUID]], None]

log = structlog.get_logger("crm.hub")


def deliver_early(edition: Edition, subscribers: Sequence[Subscription], told: Sequence[Delivered], *, first: bool) -> None:
    """Write one person's edition while those of others are being printed. `deliver` passes over who has it already."""
    _write(edition, subscribers, told)
    if first:
        _time("first", edition.event)


async def deliver(
    printed: Printed, told: Sequence[Delivered], lane: Lane | None = None, *, live: bool = False, begun: bool = False
) -> None:
    """Write each edition to all who get it; whoever cannot take it has lost its socket, and comes back with its cursor.

    `lane`: what it gives way to. `live`: it has just happened, so how long it took is worth knowing. `begun`: some have it
    already.
    """
    until = asyncio.get_running_loop().time() + GIVES_WAY
    for subscription, error in printed.ended:
        subscription.end(error)
    first = not begun
    for edition, subscribers in printed.editions:
        for start in range(0, len(subscribers), CHUNK):
            if start:
                await (asyncio.sleep(0) if lane is None else lane.give_way(until))
            _write(edition, subscribers[start : start + CHUNK], told)
            if live and first:
                _time("first", edition.event)
                first = False
    if live and printed.editions:
        _time("last", printed.editions[-1][0].event)


def _write(edition: Edition, subscribers: Sequence[Subscription], told: Sequence[Delivered]) -> None:
    written = [each.person for each in subscribers if _taken(each, edition)]
    metrics.events_delivered.inc(len(written))
    for tell in told if written else ():
        tell(edition.event, written)


def _taken(subscription: Subscription, edition: Edition) -> bool:
    """Whether it was written. A sink that fails is one socket's trouble, and not that of the thousands after it."""
    seq = edition.event.seq
    if not subscription.open or subscription.position >= seq:
        return False
    try:
        taken = subscription.sink.push(edition)
    except Exception as error:
        log.exception("a frame was not written")
        subscription.end(error)
        return False
    if taken:
        subscription.position = seq
    return taken


def _time(frame: str, event: Event) -> None:
    if event.recorded_at is not None:
        metrics.outbox_to_frame.labels(frame).observe((datetime.now(UTC) - event.recorded_at).total_seconds())
