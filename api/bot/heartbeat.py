"""The heartbeat of the bot's process, which `leadmatch health bot` checks."""

import logging
import socket
import time

import redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

#: The interval of heartbeats.
EVERY_SECONDS = 5.0
#: How long a heartbeat counts. A request for updates that Telegram does not answer takes up to 35 s.
HEARTBEAT_LIFETIME_SECONDS = 60


def key_of(host: str) -> str:
    """
    The key in Redis of the bot on *host*.

    >>> key_of("a1b2")
    'telegram-bot:alive:a1b2'
    """
    return f"telegram-bot:alive:{host}"


class Heartbeat:
    """Sends a heartbeat each time :meth:`beat` is called, but not more often than every five seconds."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._key = client, key_of(socket.gethostname())
        self._next = time.monotonic()

    def beat(self) -> None:
        """Record that the process works; without Redis nothing happens."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        try:
            self._client.set(self._key, b"", ex=HEARTBEAT_LIFETIME_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("heartbeat_not_sent", extra={"kind": type(error).__name__})

    def stop(self) -> None:
        """Delete the heartbeat: the process ends."""
        try:
            self._client.delete(self._key)
        except (RedisError, OSError) as error:
            log.warning("heartbeat_not_sent", extra={"kind": type(error).__name__})
