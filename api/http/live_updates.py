"""Live updates: open pages learn at once of notifications and changes.

Redis carries only a signal: the channel names the user (or lead generation), the payload is empty, and listeners read
the tables. So a lost or repeated signal does no harm. A listener holds a thread of the web process, so listeners are
few and short-lived; clients without a slot poll every few seconds instead.
"""

import time
from collections.abc import Callable, Generator, Sequence

import redis

from models.accounts.live_channels import channel_of_user, signal

#: What workers and processes of the web have in common.
notify, of_user = signal, channel_of_user

LIFETIME_SECONDS = 120.0
#: How often a silent listener looks whether its process is about to end.
TURN_SECONDS = 1.0
#: After so many silent turns it says that it is alive, and learns whether its reader is.
TURNS_A_HEARTBEAT = 15


def signals(
    redis_url: str, channels: Sequence[str], is_over: Callable[[], bool], *, turns_a_heartbeat: int = TURNS_A_HEARTBEAT
) -> Generator[str | None, None, None]:
    """Yield the channel of each signal, or None when a heartbeat is due; ends after the lifetime, or when *is_over*.

    Each channel is yielded once when it is open: what happened before that was not heard.

    Raises:
        RedisError: Redis is away.
    """
    client = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=TURN_SECONDS + 5)
    until = time.monotonic() + LIFETIME_SECONDS
    silent = 0
    with client, client.pubsub() as subscription:
        subscription.subscribe(*channels)
        while time.monotonic() < until and not is_over():
            news = subscription.get_message(timeout=TURN_SECONDS)
            silent = 0 if news else silent + 1
            if news:
                yield news["channel"].decode()
            elif silent % turns_a_heartbeat == 0:
                yield None
