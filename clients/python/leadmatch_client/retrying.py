"""A transport for httpx that repeats failed requests where that is safe."""

import random
import time
import uuid
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

#: Statuses which mean that nothing was done.
NOT_DONE = {429, 503}
#: Statuses from proxies, which do not know whether something was done.
UNKNOWN = {502, 504}
REPEATABLE = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
FIRST_WAIT = 0.5  # seconds; doubled with every retry


class Retrying(httpx.BaseTransport):
    """
    A transport that retries.

    Every POST gets an ``Idempotency-Key`` unless it has one, so that the API performs it once even if it arrives
    several times. Any request is sent again after 429 and 503, and one that may be repeated also after 502, 504 and a
    lost connection. The transport waits as long as ``Retry-After`` says; an answer that requires more than
    *longest_wait* seconds is returned.

    Args:
        inner: The transport that sends; httpx's own by default.
        retries: How many times to retry.
        sleep: The function that waits; for tests.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport | None = None,
        *,
        retries: int = 4,
        longest_wait: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._inner = inner or httpx.HTTPTransport()
        self._retries = retries
        self._longest_wait = longest_wait
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()  # so that a body can be sent twice
        if request.method == "POST" and "Idempotency-Key" not in request.headers:
            request.headers["Idempotency-Key"] = str(uuid.uuid4())
        repeatable = request.method in REPEATABLE or "Idempotency-Key" in request.headers
        for tried in range(self._retries + 1):
            is_last = tried == self._retries
            wait = FIRST_WAIT * 2**tried * random.uniform(0.5, 1)
            try:
                response = self._inner.handle_request(request)
            except httpx.ConnectError:  # nothing was sent
                if is_last:
                    raise
            except httpx.TransportError:
                if is_last or not repeatable:
                    raise
            else:
                again = response.status_code in NOT_DONE or (response.status_code in UNKNOWN and repeatable)
                wait = max(wait, wait_of(response))
                if is_last or not again or wait > self._longest_wait:
                    return response
                response.close()
            self._sleep(wait)
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._inner.close()


def wait_of(response: httpx.Response) -> float:
    """The value of ``Retry-After`` in seconds, even if it is a date; 0 if the header is missing."""
    stated = response.headers.get("Retry-After", "")
    if stated.isdecimal():
        return float(stated)
    try:
        return max(0.0, parsedate_to_datetime(stated).timestamp() - time.time())
    except ValueError:
        return 0.0
