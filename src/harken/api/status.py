"""A hub and its edge -> is it alive, can it take events, and its counts in Prometheus' form."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from harken import __version__
from harken.errors import HarkenError, Unavailable

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from harken.api.ingest import Ingest
    from harken.hub import Hub

METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_STARTED = time.time()


class Listeners(Protocol):
    """Whoever knows how many watch the live stream."""

    @property
    def listeners(self) -> int: ...


def ready(hub: Hub) -> Mapping[str, str]:
    """What `/readyz` says; Unavailable when events could not be made durable now. Blocks on the store."""
    if not hub.intake.running:
        raise Unavailable("the hub does not take events (it is starting or stopping)", code="not_hearing")
    with hub.core.read() as view:
        version = view.config_version()
    return {"status": "ready", "version": __version__, "config": str(version)}


def metrics(hub: Hub, ingest: Ingest, live: Listeners) -> bytes:
    """Everything counted since the start. Blocks on the store."""
    from prometheus_client import generate_latest
    from prometheus_client.registry import Collector, CollectorRegistry

    class Now(Collector):
        """Reads the counts when asked, so that counting costs the hot path nothing."""

        def collect(self) -> Iterator[Metric]:
            yield from _edge(ingest, live)
            yield from _hub(hub)

    registry = CollectorRegistry()
    registry.register(Now())
    return generate_latest(registry)


def _edge(ingest: Ingest, live: Listeners) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    requests = CounterMetricFamily("harken_ingest_requests", "Ingest requests answered", labels=["status"])
    for status, count in sorted(ingest.answered.items()):
        requests.add_metric([str(status)], count)
    yield requests
    yield GaugeMetricFamily("harken_ingest_waiting", "Ingest requests waiting to be durable", ingest.waiting)
    yield GaugeMetricFamily("harken_live_streams", "Open live streams", live.listeners)
    yield GaugeMetricFamily("harken_start_time_seconds", "When this process started", _STARTED)
    info = GaugeMetricFamily("harken_info", "The version that runs", labels=["version"])
    info.add_metric([__version__], 1)
    yield info


def _hub(hub: Hub) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    counted = hub.counted
    told: Mapping[str, tuple[str, float]] = {
        "harken_events": ("Events taken in", counted.events),
        "harken_duplicates": ("Events that had been heard before", counted.duplicates),
        "harken_dropped": ("Events that went to the dead-letter inbox", counted.dropped),
        "harken_batches": ("Batches heard", counted.batches),
        "harken_commits": ("Transactions of the hearing thread", counted.commits),
        "harken_retries": ("Transactions run again because another node was first", counted.retries),
        "harken_moved": ("Identifiers that changed their profile", counted.moved),
        "harken_hearing_seconds": ("Seconds spent hearing", counted.seconds),
    }
    for name, (text, value) in told.items():
        yield CounterMetricFamily(name, text, value)
    batches, size = hub.intake.waiting
    yield GaugeMetricFamily("harken_queue_batches", "Batches in the intake's queue", batches)
    yield GaugeMetricFamily("harken_queue_bytes", "Bytes in the intake's queue", size)
    up = 1
    try:
        with hub.core.read() as view:
            counts = dict(view.counts())
    except HarkenError:
        counts, up = {}, 0
    yield GaugeMetricFamily("harken_store_up", "Whether the store answers", up)
    rows = GaugeMetricFamily("harken_store_rows", "Rows in the store by thing", labels=["thing"])
    for thing, count in sorted(counts.items()):
        rows.add_metric([thing], count)
    yield rows
