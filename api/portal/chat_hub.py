"""The open chat sockets of this process, and how they are notified of new messages.

A message is committed before anybody is notified. Redis carries only a notice: the channel names a chat and a user, the
payload is empty, and every socket then reads the messages after the last one that it sent. So the order of arrival, a
lost or repeated notice, and several web processes make no difference to clients.

A channel has a subscriber exactly while a user has a socket open on the chat in some process, so the number of
receivers that Redis reports for a publication shows whether the user is present.

Without Redis, sockets poll every :data:`FALLBACK_POLL_SECONDS`.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import redis
from flask import Flask, current_app
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry

from api.http.long_lived import CHAT, LongLived
from models.core.errors import TooManyError

log = logging.getLogger(__name__)

#: How often a socket checks for messages while Redis is unavailable.
FALLBACK_POLL_SECONDS = 2.0
RECONNECT_SECONDS = 1.0
#: The maximum number of sockets of one user in one process: some devices with some tabs each.
MAX_OF_ONE_USER = 12
FULL = "chat.full"
RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True, eq=False)
class Connection:
    """The hub's interface of an open socket."""

    chat_id: int
    user_id: int
    #: Wakes the socket to read new messages; returns at once, from any thread.
    notify: Callable[[], None]


class ChatHub:
    """The open sockets of one process."""

    def __init__(self, redis_url: str, budget: LongLived) -> None:
        """Create the hub. *budget* limits its sockets, because each holds a thread that HTTP requests also need."""
        self._budget = budget
        self._connections: dict[str, set[Connection]] = defaultdict(set)
        self._of_user: dict[int, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._publisher = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)
        # A waiting listener has no timeout, and repairs its connection itself.
        self._listener = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
        self._subscription: PubSub | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_closing(self) -> bool:
        """Whether the process is stopping."""
        return self._budget.is_stopping

    @property
    def is_subscribed(self) -> bool:
        """Whether notices from other processes arrive."""
        return self._subscription is not None

    def check_room(self, user_id: int) -> None:
        """Raise TooManyError if one more socket, or one more socket of this user, would exceed a limit."""
        if self._of_user.get(user_id, 0) >= MAX_OF_ONE_USER:
            raise TooManyError("chat.too_many_open", RETRY_AFTER_SECONDS)
        if self.is_closing or self._budget.is_full(CHAT):
            raise TooManyError(FULL, RETRY_AFTER_SECONDS)

    def join(self, connection: Connection) -> None:
        """Notify *connection* from now on. It is also notified once when the channel is open, to read earlier messages.

        Raises:
            TooManyError: See :meth:`check_room`.
        """
        name = channel(connection.chat_id, connection.user_id)
        with self._lock:
            self.check_room(connection.user_id)
            if not self._budget.acquire(CHAT):
                raise TooManyError(FULL, RETRY_AFTER_SECONDS)
            self._of_user[connection.user_id] += 1
            self._connections[name].add(connection)
            if self._thread is None:  # started here, because a thread does not survive the fork of a web process
                self._thread = threading.Thread(target=self._listen, name="chat-hub", daemon=True)
                self._thread.start()
            elif len(self._connections[name]) == 1:
                self._command_redis("subscribe", name)

    def leave(self, connection: Connection) -> None:
        """Stop notifying a connection."""
        name = channel(connection.chat_id, connection.user_id)
        with self._lock:
            self._budget.release(CHAT)
            self._of_user[connection.user_id] -= 1
            if not self._of_user[connection.user_id]:
                del self._of_user[connection.user_id]
            self._connections[name].discard(connection)
            if not self._connections[name]:
                del self._connections[name]
                self._command_redis("unsubscribe", name)

    def notify(self, chat_id: int, user_id: int) -> bool:
        """Wake every socket of the user on the chat, in all processes; returns whether there is one."""
        name = channel(chat_id, user_id)
        try:
            return bool(self._publisher.publish(name, b""))
        except (RedisError, OSError):
            log.warning("chat_not_connected_to_redis")
            return self._notify_here(name)

    def close(self) -> None:
        """End all sockets and streams, because the process is stopping. Called from a signal handler."""
        self._budget.is_stopping = True
        for connections in list(self._connections.values()):
            for connection in list(connections):
                connection.notify()

    def _notify_here(self, name: str) -> bool:
        with self._lock:
            connections = list(self._connections.get(name, ()))
        for connection in connections:
            connection.notify()
        return bool(connections)

    def _command_redis(self, command: str, name: str) -> None:
        """
        Publish a notice; called with the lock held. The listening thread repairs failures by opening every channel
        again.
        """
        if self._subscription is None:
            return
        try:
            getattr(self._subscription, command)(name)
        except (RedisError, OSError):
            self._subscription = None

    def _listen(self) -> None:
        pause = threading.Event()
        while not self.is_closing:
            subscription = self._listener.pubsub()
            try:
                with self._lock:
                    # An unused channel keeps the connection subscribed while no socket is open.
                    subscription.subscribe("chat", *self._connections)
                    self._subscription = subscription
                while self._subscription is subscription:
                    # The answer to a subscription wakes sockets too: messages before it took effect were not received.
                    news = subscription.get_message(timeout=5.0)
                    if news and news["type"] in ("message", "subscribe"):
                        self._notify_here(news["channel"].decode())
            except (RedisError, OSError, ValueError):
                log.warning("chat_connection_to_redis_lost")
            with self._lock:
                if self._subscription is subscription:
                    self._subscription = None
            subscription.close()
            pause.wait(RECONNECT_SECONDS)


def channel(chat_id: int, user_id: int) -> str:
    """
    >>> channel(7, 3)
    'chat:7:3'
    """
    return f"chat:{chat_id}:{user_id}"


def attach_chat_hub(app: Flask, hub: ChatHub) -> None:
    """Give *app* the hub of its chat sockets."""
    app.extensions["chat_hub"] = hub


def chat_hub_of(app: Flask) -> ChatHub:
    """The hub of *app*'s chat sockets."""
    hub: ChatHub = app.extensions["chat_hub"]
    return hub


def chat_hub() -> ChatHub:
    """The hub of the application that answers the current request."""
    return chat_hub_of(current_app)
