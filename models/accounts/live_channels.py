"""Channels of Redis on which a process tells a user's open pages to look.

A message is empty: who hears it reads the table. So a lost or a doubled one tells nobody anything wrong.
"""

import logging

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)


def channel_of_user(user_id: int) -> str:
    """
    The channel of somebody's notifications.

    >>> channel_of_user(7)
    'user:7'
    """
    return f"user:{user_id}"


def tell(client: Redis, channel: str) -> None:
    """Have all pages that listen to *channel* look; without Redis they look by themselves, later."""
    try:
        client.publish(channel, b"")
    except (RedisError, OSError) as error:
        log.warning("live_update_not_sent", extra={"kind": type(error).__name__})


def users_to_tell(session: Session) -> set[int]:
    """
    Whom the session's committed transaction concerns, each time once: who got a notification
    (`models.accounts.notifications.notify`), and whose match has changed
    (`models.deals.match_notifications.look_at`).
    """
    return {*session.info.pop("notifications", {}).values(), *session.info.pop("looks", set())}


def tell_after_commits(factory: sessionmaker[Session], client: Redis) -> None:
    """Have the open pages of whom a transaction concerns look as soon as one of the factory's sessions commits it."""

    def committed(session: Session) -> None:
        if session.in_nested_transaction():  # a savepoint: nobody else sees its rows yet
            return
        for user_id in users_to_tell(session):
            tell(client, channel_of_user(user_id))

    def rolled_back(session: Session) -> None:
        users_to_tell(session)

    event.listen(factory, "after_commit", committed)
    event.listen(factory, "after_rollback", rolled_back)
