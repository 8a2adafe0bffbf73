"""Attempts at an import: an import that repeatedly kills its worker is abandoned.

An attempt is stored before the work and removed after it, whether the work succeeded or raised. A remaining attempt
belongs to a worker that died at work, as in :mod:`models.rescoring.attempts`.
"""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.sources.tables import OPEN_IMPORTS, Import, lock_name

#: An import is abandoned after this many attempts that ended with the death of their worker.
MAX_ATTEMPTS = 3


def begin_attempt(session: Session, import_id: int) -> bool:
    """Store one more attempt, unless too many have ended with the death of their worker; the caller commits.

    Returns:
        Whether the attempt may start. An import that has ended gets none.
    """
    statement = update(Import).where(
        Import.id == import_id, Import.state.in_(OPEN_IMPORTS), Import.attempts < MAX_ATTEMPTS
    )
    return session.scalar(statement.values(attempts=Import.attempts + 1).returning(Import.id)) is not None


def is_given_up(session: Session, import_: Import) -> bool:
    """Whether too many attempts have ended with the death of their worker; one in progress holds its source's lock."""
    is_free = select(func.pg_try_advisory_xact_lock(func.hashtextextended(lock_name(import_.source_id), 0)))
    return import_.attempts >= MAX_ATTEMPTS and bool(session.scalar(is_free))


def end_attempt(session: Session, import_id: int) -> None:
    """Remove an attempt, which this process has survived; the caller commits."""
    statement = update(Import).where(Import.id == import_id, Import.attempts > 0)
    session.execute(statement.values(attempts=Import.attempts - 1))
