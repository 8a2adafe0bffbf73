"""Waiting for events in another process or thread."""

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from sqlalchemy import Engine, text

Result = TypeVar("Result")

#: Longer than anything takes on a slow, busy machine: only a failing test waits this long.
WAIT_LIMIT_SECONDS = 30


def wait_for(
    check: Callable[[], Result], seconds: float = WAIT_LIMIT_SECONDS, what: str = "the expected state"
) -> Result:
    """Call *check* until its result is true, and return that result; AssertionError after *seconds*."""
    end = time.monotonic() + seconds
    never, pause = Event(), 0.01  # seconds; it grows, because checking takes CPU time from the work that is waited for
    while not (result := check()):
        assert time.monotonic() < end, f"{what} did not come within {seconds:g} s"
        never.wait(pause)
        pause = min(pause * 1.2, 0.1)
    return result


def lock_waits(engine: Engine, application: str | None = None) -> int:
    """
    How many connections to the database, of *application* or of all, wait for a lock at the moment.

    Each call uses its own transaction, because within one the content of pg_stat_activity never changes.
    """
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    if application is not None:
        query += " AND application_name = :application"
    with engine.connect() as connection:
        return connection.scalar(text(query), {"application": application} if application else {}) or 0
