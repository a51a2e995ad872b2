"""What `/metrics` shows. Counters live here; whoever knows that something happened counts it."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from crm.store.counting import statements_sent

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

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
kept_bytes = Gauge("crm_kept_bytes", "Bytes that a store keeps between requests, roughly.", ["store"], registry=registry)
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
sockets = Gauge("crm_sockets", "Open WebSockets that have signed in.", registry=registry)
groups = Gauge(
    "crm_push_groups", "Subscribers of the last event of each stream by selection and rights.", ["stream"], registry=registry
)
selections_run = Counter(
    "crm_push_selections_run_total",
    "Selections of events that were run: together, once for all with the same rights, or apart, for one viewer.",
    ["way"],
    registry=registry,
)
sockets_evicted = Counter("crm_sockets_evicted_total", "Sockets closed because their client read too slowly.", registry=registry)
outbox_to_frame = Histogram(
    "crm_event_delivery_seconds",
    "Time from recording an event to the first and the last frame written for it in this process.",
    ["frame"],
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
presence_complete = Gauge(
    "crm_presence_complete", "Whether this process knows who is connected to the others.", registry=registry
)
events_delivered = Counter("crm_events_delivered_total", "Events written to sockets.", registry=registry)
relay_leads = Gauge("crm_relay_leads", "Whether this process's relay leads.", registry=registry)
relay_seconds = Histogram(
    "crm_relay_seconds",
    "Time from recording an event to handing it to the broker.",
    registry=registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)


class _Statements(Collector):
    """Reads the store's plain number only when somebody asks: counting a statement costs one addition."""

    def collect(self) -> Iterable[CounterMetricFamily]:
        yield CounterMetricFamily(
            "crm_sql_statements", "SQL statements sent, transaction control included.", value=statements_sent()
        )


registry.register(_Statements())
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)


def render() -> bytes:
    """Everything, in the format Prometheus reads."""
    return generate_latest(registry)
