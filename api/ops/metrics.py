"""/metrics for Prometheus: the counts of this web server, and the current state of the whole system.

The state (runs, queues, tasks, freshness) is the same on every server: take its maximum over servers, not its sum.
"""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import redis
from flask import Response, request
from flask.views import MethodView
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError

from api.http.access import proved_by
from api.http.blueprint import Blueprint
from api.http.db import session
from api.http.request_metrics import registry_of_all_processes
from api.http.services import services
from api.http.short_cache import cached_for
from models.core.base import database_now
from models.core.enums import RunState
from models.core.errors import NotAllowedError
from models.market.missing_rates import MissingRate, missing_rates, newest_rate_day
from models.ranking.freshness import freshness
from models.rescoring.run_figures import runs_by_state, seconds_since_full_run
from worker.queue.client import Client

RATES_KEPT_SECONDS = 60
#: The maximum number of series of one metric, because unknown towns could create many markets.
MAX_SERIES = 100

blp = Blueprint("metrics", __name__, description="Metrics for monitoring")


def check_reader() -> None:
    """Allow readers from an allowed network and readers with the token.

    Raises:
        NotAllowedError: Everybody else.
    """
    settings = services().settings
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if settings.metrics_token and hmac.compare_digest(token.encode(), settings.metrics_token.encode()):
        return
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        address = None
    # A request through a proxy on this machine has the machine's address, so only the token counts for it.
    forwarded = "X-Forwarded-For" in request.headers and not settings.trusted_proxies
    if address is None or forwarded or not any(address in network for network in settings.metrics_networks):
        raise NotAllowedError("metrics.not_allowed")


@blp.route("/metrics")
class Metrics(MethodView):
    """Serve the metrics."""

    @proved_by(check_reader, name="monitoring", scheme="token", may_forbid=True, is_optional=True)
    @blp.response(200, {"type": "string"}, content_type="text/plain")
    def get(self) -> Any:
        """Read the metrics in Prometheus' text format

        Needs METRICS_TOKEN, or an address in one of METRICS_NETWORKS. Counts of requests are this web server's; the
        state of runs, queues and lists is the whole system's.
        """
        state = CollectorRegistry(auto_describe=False)
        state.register(_State(services().worker))
        body = generate_latest(registry_of_all_processes()) + generate_latest(state)
        return Response(body, content_type=CONTENT_TYPE_LATEST)


class _State:
    """
    The system's state; each part is left out while its source is unavailable, and `leadmatch_up` shows which one is.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("leadmatch_up", "Whether a part of the system answers.", labels=["part"])
        for part, read, away in (
            ("database", _database, SQLAlchemyError),
            ("redis", lambda: _broker(self._client), redis.RedisError),
        ):
            try:
                families = list(read())
            except away:
                families = []
                if part == "database":
                    session().rollback()
            up.add_metric([part], float(bool(families)))
            yield from families
        yield up


def _database() -> Iterator[Metric]:
    behind = freshness(session())
    yield GaugeMetricFamily(
        "leadmatch_freshness_seconds",
        "Age of the oldest change that lists do not show.",
        behind.oldest_seconds,
    )
    yield GaugeMetricFamily("leadmatch_stale_entities", "Leads and properties with a stale list.", behind.stale)
    yield GaugeMetricFamily(
        "leadmatch_unscorable_entities", "Leads and properties that the engine fails on.", behind.quarantined
    )
    by_state = GaugeMetricFamily("leadmatch_runs", "Rescoring runs that are kept.", labels=["state"])
    counts = runs_by_state(session())
    for state in RunState:
        by_state.add_metric([state.value], counts.get(state, 0))
    yield by_state
    since = seconds_since_full_run(session())
    if since is not None:
        yield GaugeMetricFamily("leadmatch_full_run_age_seconds", "Since a run over everything last succeeded.", since)

    yield from _rates()


def _rates() -> Iterator[Metric]:
    missing = GaugeMetricFamily(
        "leadmatch_rows_without_rate",
        "Leads and properties with money in a currency that nothing converts into their market's.",
        labels=["city_key", "deal_type", "currency"],
    )
    for each in _missing_rates():
        missing.add_metric([each.city_key, each.deal_type, each.currency], each.leads + each.properties)
    yield missing
    newest = newest_rate_day(session())
    if newest is not None:
        age = (database_now(session()).date() - newest).days
        yield GaugeMetricFamily("leadmatch_newest_rate_age_days", "Since the day of the newest exchange rate.", age)


def _missing_rates() -> list[MissingRate]:
    """
    The largest markets with missing rates; cached for :data:`RATES_KEPT_SECONDS`, because the query reads all leads and
    properties.
    """

    def largest() -> list[MissingRate]:
        return sorted(missing_rates(session()), key=lambda each: -each.leads - each.properties)[:MAX_SERIES]

    rows: list[MissingRate] = cached_for(RATES_KEPT_SECONDS, "missing_rates", largest)
    return rows


def _broker(client: Client) -> Iterator[Metric]:
    depth = GaugeMetricFamily("leadmatch_queue_messages", "Messages that wait for a worker.", labels=["queue"])
    age = GaugeMetricFamily("leadmatch_queue_age_seconds", "How long the next message has waited.", labels=["queue"])
    for queue in client.queues():
        depth.add_metric([queue.name], queue.depth)
        age.add_metric([queue.name], queue.age_seconds)
    yield depth
    yield age
    tasks = HistogramMetricFamily("leadmatch_task_seconds", "Duration of tasks.", labels=["task", "outcome"])
    for times in client.task_times():
        buckets = [(f"{bound:g}", count) for bound, count in sorted(times.within.items())]
        tasks.add_metric([times.task, times.outcome], [*buckets, ("+Inf", times.count)], times.seconds)
    yield tasks
    stages = CounterMetricFamily(
        "leadmatch_run_stage_seconds", "Seconds that stages of rescoring runs took.", labels=["stage"]
    )
    for name, seconds in client.stage_seconds().items():
        stages.add_metric([name], seconds)
    yield stages
