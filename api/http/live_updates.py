"""Live updates: who has a page open learns at once of a notification for them, or that what it shows has changed.

What travels over Redis is only "look": the channel names the user (or lead generation), the payload says nothing, and
who hears it reads the table. So a lost or a doubled ring tells nobody anything wrong. A listener holds one of the web
process's threads, so they are few and do not last; who finds no seat asks every few seconds instead.
"""

import time
from collections.abc import Callable, Generator, Sequence

import redis

from models.accounts.live_channels import channel_of_user, tell

#: What workers and processes of the web have in common.
notify, of_user = tell, channel_of_user

LIFETIME_SECONDS = 120.0
#: How often a silent listener looks whether its process is about to end.
TURN_SECONDS = 1.0
#: After so many silent turns it says that it is alive, and learns whether its reader is.
TURNS_A_HEARTBEAT = 15


def rings(
    redis_url: str, channels: Sequence[str], is_over: Callable[[], bool], *, turns_a_heartbeat: int = TURNS_A_HEARTBEAT
) -> Generator[str | None, None, None]:
    """
    The channel of each ring, None where a heartbeat is due; until the lifetime is over, or *is_over*.

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
