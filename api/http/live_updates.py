"""Live updates: open pages learn of notifications and changes at once.

Redis carries only a signal: the channel names the user (or lead generation), the payload is empty, and listeners read
the tables. A lost or repeated signal is therefore harmless. A listener holds a thread of the web process, so listeners
are few and short-lived; clients without a slot poll every few seconds instead.
"""

import time
from collections.abc import Callable, Generator, Sequence

import redis

from models.accounts.live_channels import channel_of_user, signal, was_signalled

#: The prefix of channels that workers and web processes share.
notify, of_user = signal, channel_of_user

LIFETIME_SECONDS = 120.0
#: How often a listener without signals checks whether its process is stopping.
CHECK_INTERVAL_SECONDS = 1.0
#: After this many checks without a signal it sends a heartbeat, which also shows whether its reader is still connected.
CHECKS_PER_HEARTBEAT = 15


def signals(
    redis_url: str,
    channels: Sequence[str],
    is_over: Callable[[], bool],
    *,
    checks_per_heartbeat: int = CHECKS_PER_HEARTBEAT,
    missed_ms: int | None = None,
) -> Generator[str | None, None, None]:
    """Yield the channel of each signal, or None when a heartbeat is due; ends after the lifetime, or when *is_over*.

    When a channel's subscription begins, the channel is yielded once, because earlier signals were missed.

    Args:
        missed_ms: The time in which the listener can have missed a signal. None is yielded for channels without one.

    Raises:
        RedisError: Redis is unavailable.
    """
    client = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=CHECK_INTERVAL_SECONDS + 5)
    until = time.monotonic() + LIFETIME_SECONDS
    silent = 0
    with client, client.pubsub() as subscription:
        subscription.subscribe(*channels)
        while time.monotonic() < until and not is_over():
            news = subscription.get_message(timeout=CHECK_INTERVAL_SECONDS)
            silent = 0 if news else silent + 1
            if news:
                channel = news["channel"].decode()
                is_news = news["type"] == "message" or missed_ms is None or was_signalled(client, channel, missed_ms)
                yield channel if is_news else None
            elif silent % checks_per_heartbeat == 0:
                yield None
