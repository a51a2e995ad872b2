"""What `/metrics` shows. Counters live here; whoever knows that something happened counts it.

Processes that share a port (`crm serve --workers N`) count into files of a folder they share, and whichever is asked answers for
all: the parent names the folder before they start. Gauges say how those of several processes become one (`multiprocess_mode`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from crm.store.counting import statements_sent

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: it looks there once, when it is imported."""
SHARED: Final = FOLDER in os.environ
KEEP_UP_SECONDS = 1.0

registry = CollectorRegistry()
graphql_requests = Counter(
    "crm_graphql_requests_total", "GraphQL operations answered over HTTP, by outcome.", ["outcome"], registry=registry
)
graphql_plans = Counter(
    "crm_graphql_plans_total",
    "Queries, and records of payloads and events, by who read them: one planned statement, or graphql-core level by level.",
    ["outcome"],
    registry=registry,
)
kept_lookups = Counter(
    "crm_kept_lookups_total", "Look-ups in what is kept between requests, by store.", ["store", "outcome"], registry=registry
)
kept_bytes = Gauge(
    "crm_kept_bytes",
    "Bytes that a store keeps between requests, roughly.",
    ["store"],
    registry=registry,
    multiprocess_mode="livesum",
)
kept_evictions = Counter("crm_kept_evictions_total", "What had to make room for others, by store.", ["store"], registry=registry)
queries_refused = Counter(
    "crm_queries_refused_total", "GraphQL operations refused before they ran, by the limit they were beyond.", ["limit"],
    registry=registry,
)  # fmt: skip
query_cost = Histogram(
    "crm_query_cost",
    "Estimated cost of GraphQL operations that ran.",
    registry=registry,
    buckets=(10, 100, 1_000, 5_000, 20_000, 50_000, 100_000, 500_000),
)
http_seconds = Histogram(
    "crm_http_request_seconds",
    "Time from request to the end of the answer, by kind of path and class of status.",
    ["path", "status"],
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
sockets = Gauge(
    "crm_sockets", "Open WebSockets that have signed in, and open event streams.", registry=registry, multiprocess_mode="livesum"
)
subscriptions = Gauge(
    "crm_subscriptions", "Open subscriptions, by stream.", ["stream"], registry=registry, multiprocess_mode="livesum"
)
groups = Histogram(
    "crm_push_groups",
    "Groups of the same selection and the same rights among those who were told of an event.",
    registry=registry,
    buckets=(1, 2, 5, 10, 20, 50, 100, 500),
)
selections_run = Counter(
    "crm_push_selections_run_total",
    "Selections of events that were run: together, once for all with the same rights, or apart, for one viewer.",
    ["way"],
    registry=registry,
)
sockets_evicted = Counter(
    "crm_sockets_evicted_total", "Sockets and event streams ended because their client read too slowly.", registry=registry
)
outbox_to_frame = Histogram(
    "crm_event_delivery_seconds",
    "Time from recording an event to the first and the last frame written for it in this process.",
    ["frame"],
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
presence_complete = Gauge(
    "crm_presence_complete", "Whether this process knows who is connected to the others.", registry=registry,
    multiprocess_mode="livemin",
)  # fmt: skip
events_delivered = Counter("crm_events_delivered_total", "Events written to sockets and event streams.", registry=registry)
broker_answers = Gauge(
    "crm_broker_answers",
    "Whether the broker answers; while Redis does not, events are read from the database.",
    registry=registry,
    multiprocess_mode="livemin",
)
broker_reconnects = Counter("crm_broker_reconnects_total", "Times that Redis answered again after it had not.", registry=registry)
broker_refilled = Counter(
    "crm_broker_refilled_total", "Events that Redis had not, or no longer, and got from the outbox.", registry=registry
)
broker_gaps = Counter(
    "crm_broker_gaps_total", "Times that events were missing between what came by Redis, and were looked up.", registry=registry
)
broker_seconds = Histogram(
    "crm_broker_seconds",
    "Time from recording an event to having it in Redis, in the process that leads.",
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
relay_behind = Gauge(
    "crm_relay_behind", "Numbered events that this process had not handed on when it last looked.", registry=registry,
    multiprocess_mode="livemax",
)  # fmt: skip
relay_leads = Gauge("crm_relay_leads", "Whether this process's relay leads.", registry=registry, multiprocess_mode="livesum")
relay_seconds = Histogram(
    "crm_relay_seconds",
    "Time from recording an event to handing it to the hub of this process.",
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
gateway_connected = Gauge(
    "crm_gateway_connected", "Whether a switchboard is heard, by gateway; of mailboxes (mail) how many.", ["gateway"],
    registry=registry, multiprocess_mode="livemax",
)  # fmt: skip
gateway_connections = Counter(
    "crm_gateway_connections_total", "Times that a switchboard was logged in to, by gateway.", ["gateway"], registry=registry
)
call_events_taken = Counter(
    "crm_call_events_total", "Events of calls that gateways wrote, by source; repeated ones too.", ["source"], registry=registry
)
call_events_refused = Counter(
    "crm_call_events_refused_total", "Events of switchboards that could not be written, by source.", ["source"], registry=registry
)
calls_placed = Counter(
    "crm_calls_placed_total",
    "Calls that people had dialled, by gateway and outcome: PLACED, REFUSED, UNCONFIRMED, LATE.",
    ["gateway", "outcome"],
    registry=registry,
)


STATEMENTS = "crm_sql_statements", "SQL statements sent, transaction control included."
jobs_run = Counter(
    "crm_jobs_total",
    "Runs of background jobs that ended, by task and outcome: an end, AGAIN, INTERRUPTED by a stop, or LOST with its process.",
    ["task", "outcome"],
    registry=registry,
)


class _Statements(Collector):
    """Reads the store's plain number only when somebody asks: counting a statement costs one addition."""

    def collect(self) -> Iterable[CounterMetricFamily]:
        yield CounterMetricFamily(*STATEMENTS, value=statements_sent())


class _Processes(Collector):
    """Memory, time and files of each process that counts into the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for pid in _counting(self.folder):
            for found in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                family = families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                for sample in found.samples:
                    family.add_sample(sample.name, {"pid": str(pid)}, sample.value)
        return families.values()


if SHARED:
    _sent = Counter(*STATEMENTS, registry=registry)
else:
    registry.register(_Statements())
    ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
_written = 0


async def keep_up() -> None:
    """Write down what is only a number in this process, until cancelled, so that another process can tell it."""
    while True:
        write_down()
        await asyncio.sleep(KEEP_UP_SECONDS)


def write_down() -> None:
    """Once, now."""
    global _written  # noqa: PLW0603 - how much of the store's number is in the counter
    total = statements_sent()
    _sent.inc(total - _written)
    _written = total


def render() -> bytes:
    """Everything, in the format Prometheus reads."""
    if not SHARED:
        return generate_latest(registry)
    write_down()
    folder = Path(os.environ[FOLDER])
    _bury(folder)
    together = CollectorRegistry()
    MultiProcessCollector(together, str(folder))  # type: ignore[no-untyped-call]
    together.register(_Processes(folder))
    PlatformCollector(registry=together)
    return generate_latest(together)


def _counting(folder: Path) -> list[int]:
    """The processes that have files there."""
    return sorted({int(path.stem.rpartition("_")[2]) for path in folder.glob("*.db")})


def _bury(folder: Path) -> None:
    """What processes that have ended counted stays; what they held, such as sockets, does not."""
    for pid in _counting(folder):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
