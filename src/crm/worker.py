"""What a serving process does besides answering: relay, timers, watching over sessions. Composition only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from crm.endpoints.execution import Services
from crm.notify.brokers import Broker
from crm.notify.customers import calls
from crm.notify.customers.agents import PresenceNews
from crm.notify.messaging import announcements
from crm.notify.messaging.receipts import Receipts
from crm.notify.office import reminders
from crm.notify.relay import Relay
from crm.notify.system import notifications
from crm.services.topics import Topic

log = structlog.get_logger("crm.worker")


@asynccontextmanager
async def background(services: Services, broker: Broker) -> AsyncIterator[None]:
    """Everything that runs beside the requests, for as long as the block lasts."""
    running = [asyncio.create_task(work, name=name) for name, work in _work(services, broker).items()]
    for task in running:
        task.add_done_callback(_note)
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _work(services: Services, broker: Broker) -> dict[str, Coroutine[Any, Any, None]]:
    database = services.database
    receipts = Receipts(database)
    relay = Relay(database, broker, services.presence.begin_anew)
    news = PresenceNews(database, services.presence.roster, broker, lambda: relay.leading)
    services.hub.when_delivered(Topic.ANNOUNCEMENTS, receipts.delivered)
    return {
        "relay": relay.run(),
        "presence": services.presence.roster.run(database),
        "presence news": news.run(),
        "sessions": services.presence.watch(database),
        "announcements": announcements.run(database),
        "receipts": receipts.run(),
        "reminders": reminders.run(database),
        "lost calls": calls.run(database),
        "notifications": notifications.run(database),
    }


def _note(task: asyncio.Task[None]) -> None:
    """None of these ends by itself; one that does is a defect that must not pass unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background work ended", work=task.get_name(), exc_info=error)
