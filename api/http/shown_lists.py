"""
Count how often lists are shown. Counts are collected and sent every few seconds, so that no request waits for Redis.
"""

import logging
import threading

import redis
from flask import current_app

from api.http.services import services
from models.core.base import utc_now
from models.core.enums import Side
from worker.queue.shown import ListKey, ShownCounts, add_shown

log = logging.getLogger(__name__)

#: How long counts are collected before they are sent; a process that is killed loses the counts of this time.
GATHERED_SECONDS = 5.0


class UnsentCounts:
    """Counts of one application that have not been sent yet."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self._counts: dict[ListKey, ShownCounts] = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._timer: threading.Timer | None = None

    def add(self, side: Side, row_id: int, entries: int) -> None:
        """Count one page of a list with this many entries."""
        with self._lock:
            shown = self._counts.setdefault((side, row_id), ShownCounts())
            shown.lists += 1
            shown.entries += entries
            if self._timer is None:
                self._timer = threading.Timer(GATHERED_SECONDS, self.send)
                self._timer.daemon = True
                self._timer.start()

    def send(self) -> None:
        """
        Send the collected counts; if Redis is away they are lost: statistics are not worth a queue.

        Returns after those that another thread is sending have been sent too, so that the client may then be closed.
        """
        with self._sending:
            with self._lock:
                counts, self._counts, self._timer = self._counts, {}, None
            try:
                if counts:
                    add_shown(self.client, utc_now().date(), counts)
            except redis.RedisError as error:
                log.warning("list_views_not_counted", extra={"kind": type(error).__name__})


def unsent_counts() -> UnsentCounts:
    """The counts of the application that answers the current request."""
    client = services().redis
    collected: UnsentCounts | None = current_app.extensions.get("shown_lists")
    if collected is None or collected.client is not client:
        collected = current_app.extensions["shown_lists"] = UnsentCounts(client)
    return collected


def count_shown(side: Side, row_id: int, entries: int) -> None:
    """Count a page of the list of a lead (side LEAD) or property; empty pages are not counted."""
    if entries:
        unsent_counts().add(side, row_id, entries)
