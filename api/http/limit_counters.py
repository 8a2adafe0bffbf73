"""
Counters of rate limits: in Redis, over a moving window; in memory while Redis is unavailable (see api/http/limits.py).
"""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from models.core.errors import TooManyError

log = logging.getLogger(__name__)

#: After a failure, Redis is not contacted for this long; otherwise every request would wait for its timeout.
REST_SECONDS = 5


class LimitCounters:
    """Counters in Redis; in memory while Redis is unavailable."""

    def __init__(self, redis_url: str) -> None:
        timeouts: dict[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
        storage = RedisStorage(redis_url, wrap_exceptions=True, key_prefix="limits", **timeouts)
        self._shared = MovingWindowRateLimiter(storage)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._away_until = 0.0

    def count_call(self, limit: RateLimitItem, name: str, key: str) -> None:
        """Count one call of *key* under the limit called *name*; raises TooManyError when the limit is exceeded."""
        self._try(lambda counters: self._take(counters, limit, name, key))

    def check(self, limit: RateLimitItem, name: str, key: str) -> None:
        """Raise TooManyError if another call would exceed the limit; counts nothing."""
        self._try(lambda counters: counters.test(limit, name, key) or self._refuse(counters, limit, name, key))

    def _take(self, counters: MovingWindowRateLimiter, limit: RateLimitItem, name: str, key: str) -> None:
        if not counters.hit(limit, name, key):
            self._refuse(counters, limit, name, key)

    def _try(self, step: Callable[[MovingWindowRateLimiter], object]) -> None:
        if time.monotonic() >= self._away_until:
            try:
                step(self._shared)
                return
            except (StorageError, RedisError) as error:
                self._away_until = time.monotonic() + REST_SECONDS
                log.warning("limits_in_memory", extra={"kind": type(error).__name__})
        step(self._own)

    @staticmethod
    def _refuse(counters: MovingWindowRateLimiter, limit: RateLimitItem, name: str, key: str) -> None:
        reset = counters.get_window_stats(limit, name, key).reset_time
        # The limit's period is the longest wait, because a clock that has been set back would yield a much longer one.
        wait = min(math.ceil(reset - time.time()), limit.get_expiry())
        raise TooManyError("limits.spent", max(1, wait))
