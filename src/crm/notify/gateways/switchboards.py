"""The switchboards of these settings, each listened to by one process of all."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from crm.config import Settings
from crm.notify.gateways.ami.events import Asterisk
from crm.notify.gateways.esl.events import FreeSwitch
from crm.notify.gateways.gateway import Gateway, Switchboard
from crm.notify.gateways.leading import leading
from crm.services.deeds import DiallingPlan
from crm.store.database import Database

Gateways = Callable[[Database], Mapping[str, Coroutine[Any, Any, None]]]


def gateways_of(settings: Settings) -> Gateways:
    """The work of listening to them, by name; of several processes that begin it one does it, and the others stand by."""
    plan = DiallingPlan.of(settings)
    found: list[Switchboard] = []
    if settings.ami_url:
        found.append(Asterisk(settings.ami_url))
    if settings.esl_url:
        found.append(FreeSwitch(settings.esl_url))

    def work(database: Database) -> Mapping[str, Coroutine[Any, Any, None]]:
        return {
            f"gateway {each.source}": leading(database.url, each.source, partial(_listened_to, database, each, plan))
            for each in found
        }

    return work


async def _listened_to(database: Database, switchboard: Switchboard, plan: DiallingPlan) -> None:
    await Gateway(database, switchboard, plan).run()


def none(_: Database) -> Mapping[str, Coroutine[Any, Any, None]]:
    """No switchboard at all."""
    return {}
