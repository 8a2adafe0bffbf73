"""Send due webhooks to their endpoints, at least once.

A delivery is claimed in one transaction, sent outside of any, and its outcome stored in another one. If a worker dies
in between, the delivery becomes due again after a while, and is sent again under the same message id. Requests run in
threads, so that a slow receiver delays only itself; only the main thread uses the database.
"""

import logging
import ssl
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Any

import httpcore
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.webhooks.deliveries import AT_ONCE, ClaimedDelivery, Outcome, note_outcome, take_due
from models.webhooks.signing import body_of, headers_of
from models.webhooks.tables import DeliveryError
from worker.celery_app.task_context import client, new_session, settings
from worker.jobs.fetch import FetchError, GuardedBackend, NoHostError, PrivateAddressError, in_ascii, pause_of

log = logging.getLogger(__name__)

USER_AGENT = "Leadmatch-Webhooks/1.0"
CONNECT_SECONDS = 5.0
#: One attempt in all, however slowly the receiver takes and answers.
ATTEMPT_SECONDS = 15.0
#: Of an answer's body so much is read; it is not kept.
MAX_ANSWER = 4096  # bytes
#: Requests at the same time.
THREADS = 16
#: A task takes up deliveries for so long, then another one goes on: others wait in the queue as well.
TASK_SECONDS = 20.0


def send_webhooks() -> None:
    """Send due webhooks; one task at a time, because a task occupies one of the worker's few processes."""
    with new_session() as guard:
        lock = func.pg_try_advisory_xact_lock(func.hashtextextended("send-webhooks", 0))
        if not guard.scalar(select(lock)):
            return  # it sends presently due deliveries as well
        is_rest = _send_for(TASK_SECONDS)
    if is_rest:
        client().webhooks_due()


def _send_for(seconds: float) -> bool:
    """Send for so many seconds; returns whether anything may be left."""
    ends = time.monotonic() + seconds
    flying: dict[Future[Outcome], ClaimedDelivery] = {}
    with new_session() as session, ThreadPoolExecutor(THREADS, "webhook") as pool:
        while True:
            is_over = time.monotonic() > ends
            if not is_over and len(flying) < THREADS:
                for taken in _take(session, flying):
                    flying[pool.submit(_attempt, taken)] = taken
            if not flying:
                return is_over
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                _note(session, flying.pop(future), future.result())
            session.commit()


def _take(session: Session, flying: dict[Future[Outcome], ClaimedDelivery]) -> list[ClaimedDelivery]:
    at_work = Counter(taken.endpoint_id for taken in flying.values())
    busy = [endpoint_id for endpoint_id, count in at_work.items() if count >= AT_ONCE]
    taken = take_due(session, THREADS - len(flying), busy)
    session.commit()
    return taken


def _note(session: Session, taken: ClaimedDelivery, outcome: Outcome) -> None:
    note_outcome(session, taken, outcome)
    facts = {"delivery_id": taken.delivery_id, "endpoint_id": taken.endpoint_id, "status": outcome.status}
    if outcome.error is None:
        log.info("webhook_delivered", extra=facts)
    else:
        log.warning("webhook_not_delivered", extra=facts | {"kind": outcome.error, "attempt": taken.attempt})


def _attempt(taken: ClaimedDelivery) -> Outcome:
    message_id, body = f"msg_{taken.message_id.hex}", body_of(taken.type, taken.happened_at, taken.facts)
    signed = headers_of(taken.secrets, message_id, int(time.time()), body)
    try:
        return post(taken.url, signed, body, allow_private=settings().webhook_private_addresses)
    except Exception:
        # What nobody has thought of is this endpoint's failure; all others wait in the same task.
        log.exception("webhook_attempt_failed", extra={"delivery_id": taken.delivery_id})
        return Outcome(None, DeliveryError.UNREACHABLE)


def post(
    url: str, headers: dict[str, str], body: bytes, *, allow_private: bool, seconds: float = ATTEMPT_SECONDS
) -> Outcome:
    """
    Post a body to an endpoint, once; redirects are not followed.

    Args:
        allow_private: Whether the endpoint may be within a private network.
        seconds: Of the attempt in all.
    """
    backend = _BoundedBackend(allow_private, time.monotonic() + seconds)
    timeout = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
    sent = [*{"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "*/*", **headers}.items()]
    try:
        # A connection of its own: an endpoint is rarely written to twice within the time that servers keep one open.
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend) as pool,
            pool.stream("POST", in_ascii(url), headers=sent, content=body, extensions={"timeout": timeout}) as answer,
        ):
            told = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
            _read_a_little(answer)
            return _outcome_of(answer.status, told.get(b"retry-after"))
    except (httpcore.TimeoutException, TimeoutError):
        return Outcome(None, DeliveryError.TIMEOUT)
    except PrivateAddressError:
        return Outcome(None, DeliveryError.PRIVATE_ADDRESS)
    except NoHostError:
        return Outcome(None, DeliveryError.NO_HOST)
    except ssl.SSLError:
        return Outcome(None, DeliveryError.TLS)
    except httpcore.ConnectError as error:
        is_tls = isinstance(error.__cause__, ssl.SSLError) or "SSL" in str(error)
        return Outcome(None, DeliveryError.TLS if is_tls else DeliveryError.UNREACHABLE)
    except httpcore.ProtocolError:
        return Outcome(None, DeliveryError.BROKEN_ANSWER)
    except (httpcore.NetworkError, FetchError, OSError):
        return Outcome(None, DeliveryError.UNREACHABLE)


def _read_a_little(answer: httpcore.Response) -> None:
    """Read the beginning of a body, so that a receiver with a short answer is not cut off."""
    count = 0
    try:
        for piece in answer.iter_stream():
            count += len(piece)
            if count > MAX_ANSWER:
                return
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return  # the status has arrived, and says it all


def _outcome_of(status: int, retry_after: str | None) -> Outcome:
    if 200 <= status < 300:
        return Outcome(status)
    error = DeliveryError.REDIRECT if 300 <= status < 400 else DeliveryError.STATUS
    return Outcome(status, error, pause_of(retry_after))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _BoundedBackend(GuardedBackend):
    """Makes connections to public addresses that end when an attempt is over."""

    def __init__(self, allow_private: bool, ends: float) -> None:
        super().__init__(allow_private)
        self._ends = ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        return _Bounded(super().connect_tcp(host, port, timeout, local_address, socket_options), self._ends)


class _Bounded(httpcore.NetworkStream):
    """A stream that times out at *ends*, by the monotonic clock, even if a byte comes now and then."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(httpcore.ConnectTimeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, error: type[httpcore.TimeoutException]) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise error
        return left
