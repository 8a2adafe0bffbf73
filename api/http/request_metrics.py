"""Counts of each web process: requests and database connections. See api/ops/metrics.py for the page."""

import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, Metric, multiprocess
from sqlalchemy import Engine, event

from api.http.metric_files import use_reserved_files

#: A page of recommendations takes a few milliseconds; after 10 s the client has abandoned the request.
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

use_reserved_files()
REQUESTS = Counter("leadmatch_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("leadmatch_http_request_seconds", "Time to answer.", ["method", "route"], buckets=BUCKETS)
CONNECTIONS = Gauge(
    "leadmatch_database_connections_in_use", "Connections taken from the pools.", multiprocess_mode="livesum"
)
#: Methods with a label of their own; clients could invent any number of others.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    method = method if method in METHODS else "OTHER"
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(method, route).observe(seconds)


def watch_pool(engine: Engine) -> None:
    """Count the connections taken from *engine*'s pool."""
    for name, note in (("checkout", _checked_out), ("checkin", _checked_in)):
        if not event.contains(engine, name, note):
            event.listen(engine, name, note)


def registry_of_all_processes() -> CollectorRegistry:
    """The counts of all processes of this web server; of this one alone if there is only one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    _Collector(registry)
    return registry


class _Collector(multiprocess.MultiProcessCollector):
    """The library's collector, which treats a path with [ or * in it as a pattern that matches nothing."""

    def collect(self) -> Iterable[Metric]:
        return self.merge([str(path) for path in Path(self._path).glob("*.db")], accumulate=True)


def _checked_out(*_: object) -> None:
    CONNECTIONS.inc()


def _checked_in(*_: object) -> None:
    CONNECTIONS.dec()
