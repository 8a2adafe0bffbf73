"""The bell: who has a page open learns at once that there is a notice for them.

What travels over Redis is only "look": the channel names the user, the payload says nothing, and who hears it reads the
table. So a lost or a doubled ring tells nobody anything wrong. A listener holds one of the web process's threads, so
they are few and do not last; who finds no seat asks every few seconds instead.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

#: Of the web process's 96 threads these many may be held by listeners, beside 64 chat sockets and 6 readers of events.
MOST_LISTENERS = 12
LIFETIME_SECONDS = 120.0
#: How often a silent listener looks whether its process is about to end.
TURN_SECONDS = 1.0
#: After so many silent turns it says that it is alive, and learns whether its reader is.
TURNS_A_HEARTBEAT = 15

seats = threading.BoundedSemaphore(MOST_LISTENERS)


def ring(client: redis.Redis, user_id: int) -> None:
    """Have all pages that the user has open look for notices; without Redis they look by themselves, later."""
    try:
        client.publish(channel(user_id), b"")
    except (RedisError, OSError) as error:
        log.warning("bell_not_rung", extra={"kind": type(error).__name__})


def rings(redis_url: str, user_id: int, is_over: Callable[[], bool]) -> Iterator[bool]:
    """
    True for each ring of the user's bell, False where a heartbeat is due; until the lifetime is over, or *is_over*.

    The first True comes once the channel is open: what happened before it was not heard.

    Raises:
        RedisError: Redis is away.
    """
    client = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=TURN_SECONDS + 5)
    until = time.monotonic() + LIFETIME_SECONDS
    silent = 0
    with client, client.pubsub() as subscription:
        subscription.subscribe(channel(user_id))
        while time.monotonic() < until and not is_over():
            news = subscription.get_message(timeout=TURN_SECONDS)
            silent = 0 if news else silent + 1
            if news:
                yield True
            elif silent % TURNS_A_HEARTBEAT == 0:
                yield False


def channel(user_id: int) -> str:
    """
    >>> channel(7)
    'bell:7'
    """
    return f"bell:{user_id}"
