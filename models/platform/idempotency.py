"""Stored answers for clients that repeat a write with the same Idempotency-Key."""

from datetime import datetime, timedelta

from sqlalchemy import Integer, LargeBinary, String, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, rows_changed
from models.core.errors import ConflictError

#: How long an answer is kept; a later retry starts again.
KEPT = timedelta(hours=24)


class IdempotentAnswer(Base):
    """The answer to one caller's request with a key, stored in the transaction of the write that it answers."""

    __tablename__ = "idempotent_answers"

    caller: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    #: SHA-256 of method, path and body; the same key with another request is an error.
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]


def claim(session: Session, caller: str, key: str, fingerprint: bytes) -> IdempotentAnswer | None:
    """
    Claim the key for this transaction.

    A second request with the same key waits here until the first one's transaction ends.

    Returns:
        The answer given earlier under the key, or None: the caller has to do the write.
    Raises:
        ConflictError: The key was used for another request.
    """
    earlier = find_or_claim(session, caller, key, fingerprint)
    if earlier is not None and earlier.fingerprint != fingerprint:
        raise ConflictError("idempotency.key_reused")
    return earlier


def find_or_claim(session: Session, caller: str, key: str, fingerprint: bytes) -> IdempotentAnswer | None:
    """Like :func:`claim`, but the answer given earlier may be that to another request: compare its fingerprint."""
    session.execute(
        delete(IdempotentAnswer).where(
            IdempotentAnswer.caller == caller,
            IdempotentAnswer.key == key,
            IdempotentAnswer.created_at < func.now() - KEPT,
        )
    )
    stored = session.scalar(
        insert(IdempotentAnswer)
        .values(caller=caller, key=key, fingerprint=fingerprint)
        .on_conflict_do_nothing()
        .returning(IdempotentAnswer.key)
    )
    if stored is not None:
        return None
    earlier = session.scalar(
        select(IdempotentAnswer).where(IdempotentAnswer.caller == caller, IdempotentAnswer.key == key)
    )
    if earlier is None:  # deleted this moment
        raise ConflictError("idempotency.key_reused")
    return earlier


def keep(session: Session, caller: str, key: str, status: int, body: bytes) -> None:
    """Store the answer under a key claimed in this transaction."""
    answer = session.get(IdempotentAnswer, (caller, key))
    if answer is None:  # the request has erased its own caller, including the caller's answers
        return
    answer.status, answer.body = status, body
    session.flush()


def delete_old_answers(session: Session, now: datetime) -> int:
    """Delete the answers older than :data:`KEPT` and return their number."""
    return rows_changed(session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < now - KEPT)))
