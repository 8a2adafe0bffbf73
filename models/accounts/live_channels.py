"""Redis channels that signal to a user's open pages that something has changed.

A message is empty; listeners read the tables. So a lost or repeated message does no harm.
"""

import logging

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

#: How long Redis remembers when a channel was last signalled, in ms.
MEMORY_MS = 300_000


def channel_of_user(user_id: int) -> str:
    """The channel of a user's pages.

    >>> channel_of_user(7)
    'user:7'
    """
    return f"user:{user_id}"


def signal(client: Redis, channel: str) -> None:
    """Signal to all pages that listen to *channel*; without Redis they poll later."""
    try:
        with client.pipeline(transaction=False) as commands:
            # First, so that a reader who subscribes meanwhile misses nothing.
            commands.set(_memory_of(channel), b"", px=MEMORY_MS)
            commands.publish(channel, b"")
            commands.execute()
    except (RedisError, OSError) as error:
        log.warning("live_update_not_sent", extra={"kind": type(error).__name__})


def was_signalled(client: Redis, channel: str, within_ms: int) -> bool:
    """Whether the channel was signalled within the last *within_ms*; also if Redis does not remember so long.

    Raises:
        RedisError: Redis is unavailable.
    """
    return within_ms >= MEMORY_MS or client.pttl(_memory_of(channel)) >= MEMORY_MS - within_ms


def _memory_of(channel: str) -> str:
    return f"signalled:{channel}"


def users_to_signal(session: Session) -> set[int]:
    """
    The users concerned by the session's committed transaction, each once: recipients of notifications
    (`models.accounts.notifications.notify`) and owners of changed matches
    (`models.deals.match_notifications.signal_match_changed`).
    """
    return {*session.info.pop("notifications", {}).values(), *session.info.pop("changed_for_users", set())}


def signal_after_commits(factory: sessionmaker[Session], client: Redis) -> None:
    """Signal to the pages of the users concerned whenever a session of the factory commits a transaction."""

    def committed(session: Session) -> None:
        if session.in_nested_transaction():  # a savepoint: nobody else sees its rows yet
            return
        for user_id in users_to_signal(session):
            signal(client, channel_of_user(user_id))

    def rolled_back(session: Session) -> None:
        users_to_signal(session)

    event.listen(factory, "after_commit", committed)
    event.listen(factory, "after_rollback", rolled_back)
