"""Waiting for what happens in another process or thread."""

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from sqlalchemy import Engine, text

Result = TypeVar("Result")

#: Longer than anything takes on a slow machine beside other work: only a test that fails waits for so long.
PATIENCE_SECONDS = 120


def wait_for(
    check: Callable[[], Result], seconds: float = PATIENCE_SECONDS, what: str = "the expected state"
) -> Result:
    """Call *check* until its result is true, and return that result; AssertionError after *seconds*."""
    end = time.monotonic() + seconds
    never, pause = Event(), 0.01  # seconds; longer and longer, for looking costs what is waited for its time
    while not (result := check()):
        assert time.monotonic() < end, f"{what} did not come within {seconds:g} s"
        never.wait(pause)
        pause = min(pause * 1.2, 0.1)
    return result


def lock_waits(engine: Engine, application: str | None = None) -> int:
    """
    How many connections to the database, of *application* or of any, wait for a lock at the moment.

    Each call is a transaction of its own: within one, the picture of pg_stat_activity that the first look takes never
    changes.
    """
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    if application is not None:
        query += " AND application_name = :application"
    with engine.connect() as connection:
        return connection.scalar(text(query), {"application": application} if application else {}) or 0
