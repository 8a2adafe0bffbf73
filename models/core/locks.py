"""Locks that hold one kind of work to one transaction at a time."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def lock_until_commit(session: Session, name: str) -> None:
    """
    Wait until no other transaction holds the lock *name*; hold it until the session's transaction ends.

    The session must read what the lock protects only afterwards: its earlier reads may be out of date.
    """
    session.execute(_LOCK, {"name": name})
