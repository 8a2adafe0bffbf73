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

import httpcore
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.webhooks.deliveries import ClaimedDelivery, Outcome, claim_due, record_outcome
from models.webhooks.signing import body_of, headers_of
from models.webhooks.tables import DeliveryError
from worker.celery_app.task_context import client, new_session, settings
from worker.jobs.fetch import in_ascii, pause_of
from worker.jobs.guarded_connections import FetchError, GuardedBackend, NoHostError, PrivateAddressError

log = logging.getLogger(__name__)

USER_AGENT = "Leadmatch-Webhooks/1.0"
CONNECT_SECONDS = 5.0
#: The time limit of one attempt, however slowly the receiver reads and answers.
ATTEMPT_SECONDS = 15.0
#: How much of an answer's body is read; it is not stored.
MAX_ANSWER = 4096  # bytes
#: Concurrent requests.
THREADS = 16
#: How long answers are waited for before newly due deliveries are looked for.
LOOK_SECONDS = 1.0
#: How long a task starts deliveries; then it queues another task to continue, because other work waits in the queue.
TASK_SECONDS = 20.0


def send_webhooks() -> None:
    """Send due webhooks; one task at a time, because a task occupies one of the worker's few processes."""
    with new_session() as guard:
        lock = func.pg_try_advisory_xact_lock(func.hashtextextended("send-webhooks", 0))
        if not guard.scalar(select(lock)):
            return  # another task is running, and sends newly due deliveries as well
        is_rest = _send_for(TASK_SECONDS)
    if is_rest:
        client().webhooks_due()


def _send_for(seconds: float) -> bool:
    """Send due webhooks for this many seconds; returns whether any may be left."""
    ends = time.monotonic() + seconds
    in_flight: dict[Future[Outcome], ClaimedDelivery] = {}
    with new_session() as session, ThreadPoolExecutor(THREADS, "webhook") as pool:
        while True:
            is_over = time.monotonic() > ends
            if not is_over and len(in_flight) < THREADS:
                for claimed in _take(session, in_flight):
                    in_flight[pool.submit(_attempt, claimed)] = claimed
            if not in_flight:
                return is_over
            for future in wait(in_flight, LOOK_SECONDS, FIRST_COMPLETED).done:
                _note(session, in_flight.pop(future), future.result())
            session.commit()


def _take(session: Session, in_flight: dict[Future[Outcome], ClaimedDelivery]) -> list[ClaimedDelivery]:
    by_endpoint = Counter(taken.endpoint_id for taken in in_flight.values())
    taken = claim_due(session, THREADS - len(in_flight), by_endpoint)
    session.commit()
    return taken


def _note(session: Session, taken: ClaimedDelivery, outcome: Outcome) -> None:
    record_outcome(session, taken, outcome)
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
        # An unexpected error counts as a failure of this endpoint only, because the other deliveries share the task.
        log.exception("webhook_attempt_failed", extra={"delivery_id": taken.delivery_id})
        return Outcome(None, DeliveryError.UNREACHABLE)


def post(
    url: str, headers: dict[str, str], body: bytes, *, allow_private: bool, seconds: float = ATTEMPT_SECONDS
) -> Outcome:
    """
    Post a body to an endpoint, once; redirects are not followed.

    Args:
        allow_private: Whether the endpoint may be within a private network.
        seconds: The time limit of the whole attempt.
    """
    backend = GuardedBackend(allow_private, time.monotonic() + seconds)
    timeout = {"connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds}
    sent = [*{"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept": "*/*", **headers}.items()]
    try:
        # A new connection each time: requests to one endpoint are rarer than servers keep connections open.
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend) as pool,
            pool.stream("POST", in_ascii(url), headers=sent, content=body, extensions={"timeout": timeout}) as answer,
        ):
            fields = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
            _read_beginning(answer)
            return _outcome_of(answer.status, fields.get(b"retry-after"))
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


def _read_beginning(answer: httpcore.Response) -> None:
    """Read the beginning of a body, so that a receiver with a short answer is not disconnected."""
    count = 0
    try:
        for piece in answer.iter_stream():
            count += len(piece)
            if count > MAX_ANSWER:
                return
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return  # the status has arrived, which is sufficient


def _outcome_of(status: int, retry_after: str | None) -> Outcome:
    if 200 <= status < 300:
        return Outcome(status)
    error = DeliveryError.REDIRECT if 300 <= status < 400 else DeliveryError.STATUS
    return Outcome(status, error, pause_of(retry_after))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
