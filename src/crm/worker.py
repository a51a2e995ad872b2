"""What runs besides answering: the relay, timers, watching over sessions. Composition only.

A process that serves alone does all of it. Where processes share a Redis, `crm worker` does what is the same wherever it is done,
and the serving ones only what belongs to their own sockets.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import structlog

from crm import metrics
from crm.config import Settings
from crm.endpoints.execution import Services
from crm.notify import jobs
from crm.notify.brokers import Broker
from crm.notify.customers import calls, cases
from crm.notify.customers.agents import PresenceNews
from crm.notify.gateways.switchboards import Gateways, none
from crm.notify.messaging import announcements, email, mailboxes, sms
from crm.notify.messaging.receipts import Receipts
from crm.notify.office import reminder_messages, reminders
from crm.notify.relay import Relay
from crm.notify.rosters.roster import Roster
from crm.notify.system import files, notifications
from crm.services.deeds import DiallingPlan
from crm.services.topics import Topic
from crm.store.database import Database

ABSENT_SECONDS = 5.0
"""So long may a worker be away, for a restart, before serving processes do its work."""
LOOK_SECONDS = 1.0

Work = Mapping[str, Coroutine[Any, Any, None]]

log = structlog.get_logger("crm.worker")


def serving(
    services: Services, broker: Broker, settings: Settings, *, alone: bool, gateways: Gateways = none
) -> AbstractAsyncContextManager[None]:
    """What a serving process does beside its requests, for as long as the block lasts."""
    database = services.database
    relay = Relay(database, broker, services.presence.begin_anew, works=alone)
    receipts = Receipts(database)
    services.hub.when_delivered(Topic.ANNOUNCEMENTS, receipts.delivered)
    own = _presence(database, broker, relay, services.presence.roster)
    own |= {"relay": relay.run(), "sessions": services.presence.watch(database), "receipts": receipts.run()}
    work = (
        background_work(database, settings, gateways)
        if alone
        else {"standing in": _stand_in(database, relay, settings, gateways)}
    )
    return running(own | dict(work) | dict(_beside_siblings()))


def working(
    database: Database, broker: Broker, roster: Roster, settings: Settings, gateways: Gateways = none
) -> AbstractAsyncContextManager[None]:
    """What `crm worker` does, for as long as the block lasts."""
    relay = Relay(database, broker, roster.begin_anew)
    own = _presence(database, broker, relay, roster) | {"relay": relay.run()}
    return running(own | dict(background_work(database, settings, gateways)))


def _presence(database: Database, broker: Broker, relay: Relay, roster: Roster) -> dict[str, Coroutine[Any, Any, None]]:
    """Knowing who is connected, and telling of it: by the process whose relay leads, since one must."""
    news = PresenceNews(database, roster, broker, lambda: relay.leading)
    return {"presence": roster.run(database), "presence news": news.run()}


def background_work(database: Database, settings: Settings, gateways: Gateways = none) -> Work:
    """What is to be done once, wherever: several processes that do it at the same time leave each other's rows alone.

    Of gateways one listens to each switchboard, and the others stand by.
    """
    return {
        "announcements": announcements.run(database),
        "reminders": reminders.run(database),
        "reminder messages": reminder_messages.run(database, settings.smtp_url, DiallingPlan.of(settings)),
        "lost calls": calls.run(database),
        "late cases": cases.run(database),
        "notifications": notifications.run(database),
        "jobs": jobs.run(database),
        "files": files.run(database, settings),
        "short messages": sms.run(database, settings),
        "activities of short messages": sms.file(database),
        "e-mail": email.run(database, settings),
        "log-ins of mailboxes": email.try_logins(database, settings),
        "activities of e-mail": email.file(database),
        "mailboxes": mailboxes.run(database, settings),
        **gateways(database),
    }


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[None]:
    """All of this at once, for as long as the block lasts."""
    tasks = [asyncio.create_task(each, name=name) for name, each in work.items()]
    for task in tasks:
        task.add_done_callback(_note)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stand_in(database: Database, relay: Relay, settings: Settings, gateways: Gateways) -> None:
    """Do the worker's work for as long as there is none. A worker that nobody started must not cost a reminder."""
    while True:
        absent = 0.0
        while absent < ABSENT_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            absent = 0.0 if relay.staffed else absent + LOOK_SECONDS
        log.warning("no crm worker is running: its work is done here")
        async with running(background_work(database, settings, gateways)):
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                if relay.staffed:
                    break
        log.info("a crm worker is running again")


def _beside_siblings() -> Work:
    """What a process does that shares its port with others."""
    return {"metrics": metrics.keep_up(), "parent": _outlive_nobody()} if metrics.SHARED else {}


async def _outlive_nobody() -> None:
    """End in good order when the process that started this one was killed: nobody could stop it, and it would keep the port."""
    parent = multiprocessing.parent_process()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if parent is not None and os.getppid() != parent.pid:
            break
    log.warning("the process that started this one is gone")
    os.kill(os.getpid(), signal.SIGTERM)


def _note(task: asyncio.Task[None]) -> None:
    """None of these ends by itself; one that does is a defect that must not pass unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background work ended", work=task.get_name(), exc_info=error)
