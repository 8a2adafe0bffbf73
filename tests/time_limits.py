"""
Time limits of the product that are longer in the tests' own process.

Requests and tasks do not wait long for Redis, a lock, a connection or the process that decodes pictures, and then go on
without it. On a busy machine these may be slower than that, and a test would see what happens without them.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from redis.connection import AbstractConnection

from models.market.search import homes
from models.platform import database, images
from tests.waiting import WAIT_LIMIT_SECONDS

_connection = AbstractConnection.__init__
_shortest_timeout = WAIT_LIMIT_SECONDS


def _connection_with_longer_timeout(self: AbstractConnection, *args: Any, **options: Any) -> None:
    if options.get("socket_timeout", 5) is not None:
        options["socket_timeout"] = max(options.get("socket_timeout", 5), _shortest_timeout)
    _connection(self, *args, **options)


AbstractConnection.__init__ = _connection_with_longer_timeout
database.CONNECT_TIMEOUT_SECONDS = database.POOL_TIMEOUT_SECONDS = WAIT_LIMIT_SECONDS
images.MAX_WAIT_SECONDS = images.MAX_DECODING_SECONDS = WAIT_LIMIT_SECONDS
database.LOCK_TIMEOUT_MS = homes.STATEMENT_TIMEOUT_MS = WAIT_LIMIT_SECONDS * 1000


@pytest.fixture
def short_redis_timeouts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """New connections to Redis have the timeouts that they have outside tests: for a Redis that hangs."""
    monkeypatch.setattr("tests.time_limits._shortest_timeout", 0)
    yield
