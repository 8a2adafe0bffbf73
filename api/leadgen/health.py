"""Health of lead generation: database and Redis, tested on new connections within a second."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import psycopg2
import redis
from flask import current_app
from flask.views import MethodView
from marshmallow import fields

from api.http.access import public
from api.http.blueprint import Blueprint, Body
from api.http.services import services

blp = Blueprint("leadgen-health", __name__, description="Health of the services that lead generation needs")

#: Time limit for both answers together.
TIMEOUT_SECONDS = 0.7
#: A probe that hangs for longer is abandoned, and the next request starts another.
ABANDON_SECONDS = 10


class Services(Body):
    database = fields.String(metadata={"description": "connected or disconnected"})
    redis = fields.String(metadata={"description": "connected or disconnected"})


class ServicesHealth(Body):
    status = fields.String(metadata={"description": "healthy or unhealthy"})
    services = fields.Nested(Services)
    version = fields.String()


class Probe:
    """
    Tests a service in a thread of its own.

    Requests that arrive while a probe hangs wait for the same probe, so that only one thread hangs.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._current: Future[None] | None = None
        self._started_at = 0.0

    def begin(self) -> Future[None]:
        """Return the future result: None, or the error of the service."""
        with self._lock:
            now = time.monotonic()
            if self._current is None or self._current.done() or now - self._started_at > ABANDON_SECONDS:
                self._current, self._started_at = Future(), now
                threading.Thread(target=self._run, args=(self._current,), daemon=True).start()
            return self._current

    def _run(self, answer: Future[None]) -> None:
        try:
            self._ask()
        except Exception as error:  # any error means that the service is unusable
            answer.set_exception(error)
        else:
            answer.set_result(None)


def ask_database(url: str) -> None:
    """Raise unless PostgreSQL answers a query on a new connection; pooled ones may predate a failure."""
    connection = psycopg2.connect(
        url.replace("+psycopg2", ""),
        connect_timeout=2,  # the minimum of libpq
        options="-c statement_timeout=500",
        application_name="leadmatch-health",
        keepalives_idle=2,
        tcp_user_timeout=2000,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def ask_redis(url: str) -> None:
    """Raise unless Redis answers on a new connection."""
    with redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS) as client:
        client.ping()


def _probes() -> dict[str, Probe]:
    settings = services().settings
    return current_app.extensions.setdefault(
        "health_probes",
        {
            "database": Probe(lambda: ask_database(settings.database_url)),
            "redis": Probe(lambda: ask_redis(settings.redis_url)),
        },
    )


def _services() -> dict[str, str]:
    answers = {name: probe.begin() for name, probe in _probes().items()}
    until = time.monotonic() + TIMEOUT_SECONDS
    return {name: "connected" if _answered(answer, until) else "disconnected" for name, answer in answers.items()}


def _answered(answer: Future[None], until: float) -> bool:
    try:
        return answer.exception(timeout=max(0.0, until - time.monotonic())) is None
    except FutureTimeoutError:
        return False


@blp.route("/api/health")
class LeadgenHealth(MethodView):
    """Health in the form of the lead generation contract."""

    @public
    @blp.response(200, ServicesHealth)
    @blp.alt_response(503, schema=ServicesHealth, description="The database or Redis does not answer.")
    def get(self) -> Any:
        """Report whether database and Redis answer

        Both are tested on new connections, for less than a second. Needs no key.
        """
        services = _services()
        healthy = set(services.values()) == {"connected"}
        answer = {
            "status": "healthy" if healthy else "unhealthy",
            "services": services,
            "version": current_app.config["API_VERSION"],
        }
        return answer, 200 if healthy else 503
