"""Brokers: how an event gets from the relay to every process that holds sockets."""

from __future__ import annotations

from crm.notify.brokers.broker import Broker
from crm.notify.brokers.events import Event, Stamped
from crm.notify.brokers.memory import MemoryBroker
from crm.notify.brokers.order import Lapsed, Sink
from crm.store.database import Database

__all__ = ["Broker", "Event", "Lapsed", "MemoryBroker", "Sink", "Stamped", "broker_for"]


def broker_for(database: Database, redis_url: str | None, history: int) -> Broker:
    """In memory, or by Redis where there is one."""
    if redis_url is None:
        return MemoryBroker()
    from crm.notify.brokers.by_redis import RedisBroker  # one process alone need not load the driver
    from crm.notify.outbox import Outbox

    return RedisBroker(redis_url, Outbox(database), history)
