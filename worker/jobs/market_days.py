"""Daily figures of markets, from the tables and from the counts of shown lists in Redis."""

import logging
from datetime import timedelta

import redis
from sqlalchemy.orm import Session

from models.core.base import utc_now
from models.upkeep.market_days import count_markets
from worker.celery_app.task_context import redis_client
from worker.queue.shown import shown_counts

log = logging.getLogger(__name__)


def count_days(session: Session) -> int:
    """
    Write today's and yesterday's rows in the caller's transaction and return their number.

    If Redis is unavailable, no newly shown lists are added.
    """
    today = utc_now().date()
    shown = {}
    try:
        for day in (today - timedelta(days=1), today):
            counts = shown_counts(redis_client(), day)
            shown[day] = {key: (count.lists, count.entries) for key, count in counts.items()}
    except redis.RedisError as error:
        log.warning("list_views_not_read", extra={"kind": type(error).__name__})
    return count_markets(session, shown)
