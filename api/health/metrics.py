"""The node's figures for Prometheus: no personal data, and no id is ever a label."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.context import Services
from ledger.errors import LedgerError
from ledger.types import LogKind

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Metrics:
    """One registry per app, so that two apps in one process count apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ledger_http_requests_total",
            "Requests answered, by route template, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "ledger_http_request_seconds",
            "Time from a request's first byte to the end of its answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._verdicts = Counter(
            "ledger_verdicts_total",
            "Public verifications answered, by reason.",
            ("reason",),
            registry=self.registry,
        )
        # Looking a label's child up costs more than counting; routes and statuses are few.
        self._request_child = lru_cache(maxsize=4096)(self._requests.labels)
        self._seconds_child = lru_cache(maxsize=1024)(self._seconds.labels)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request; `status` 0 when the caller went away before an answer."""
        known = method if method in _METHODS else "other"
        self._request_child(route, known, str(status)).inc()
        self._seconds_child(route).observe(seconds)

    def count_verdict(self, reason: str) -> None:
        """Count one public verdict."""
        self._verdicts.labels(reason).inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class NodeFigures(Collector):
    """Figures that are read from the database when they are asked for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterator[Metric]:
        """Nothing: so registering does not read the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The figures of this moment; those that cannot be read are left out."""
        yield _gauge(
            "ledger_unbacked_heads",
            "Anchored heads whose leaves nobody could produce in time.",
            self._services.health.unbacked_heads(),
        )
        yield from self._parts()
        try:
            yield from self._from_database()
        except LedgerError:
            return

    def _parts(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily(
            "ledger_part_ready",
            "1 for a part that is ready, 0 for one that is not.",
            labels=["part"],
        )
        for part in self._services.health.parts():
            ready.add_metric([part.name], float(part.is_ready))
        yield ready

    def _from_database(self) -> Iterator[Metric]:
        region = self._services.evidence.settings.region
        now = self._services.clock()
        with self._services.database.read() as session:
            position = session.mirror.position()
            head = (
                None
                if position is None
                else session.mirror.newest_head(
                    region, LogKind.LICENSES, as_of=position.newest.number
                )
            )
            oldest = session.licenses.oldest_unanchored(0 if head is None else head.tree_size)
            pending = session.licenses.pending_count()
            depth = session.outbox.depth()
        yield _gauge("ledger_licenses_pending", "Licenses without a position.", pending)
        yield _gauge(
            "ledger_anchor_lag_seconds",
            "Age of the oldest license whose head is not in a block yet; 0 without one.",
            0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
        )
        yield _gauge("ledger_outbox_depth", "Heads and transactions that wait.", depth)
        if position is not None:
            yield _gauge("ledger_mirror_height", "Newest mirrored block.", position.newest.number)
            yield _gauge("ledger_mirror_final", "Newest final block.", position.final.number)


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_, value=value)
