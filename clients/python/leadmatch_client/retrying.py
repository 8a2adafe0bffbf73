"""Retries, under httpx: whatever is sent through this transport is sent again where that is safe."""

import random
import time
import uuid
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

#: Answers that say that nothing was done.
NOT_DONE = {429, 503}
#: Answers of proxies, which do not know whether something was done.
UNKNOWN = {502, 504}
REPEATABLE = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
FIRST_WAIT = 0.5  # seconds; doubled with every retry


class Retrying(httpx.BaseTransport):
    """
    A transport that tries again.

    Every POST gets an ``Idempotency-Key`` unless it has one, so that the API does it once however often it comes. What
    may be repeated is, after a lost connection, 502, 503, 504 or 429, for as long as ``Retry-After`` says, at most
    *longest_wait* seconds at a time.

    Args:
        inner: What sends; httpx's own by default.
        retries: How often to try again.
        sleep: How to wait; for tests.
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
    """The seconds of ``Retry-After``, which may be a date; 0 without it."""
    told = response.headers.get("Retry-After", "")
    if told.isdecimal():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return 0.0
