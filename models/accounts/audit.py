"""
The audit log: who did what to which row, and from where (sign-ins, role changes, deletions, contact sharing, ...).
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Select, String, select
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.user_search import find_users
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id


class AuditEntry(Base):
    """One recorded action. *detail* holds ids and enumeration words, never personal data."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_actor", "actor_id", "id"),
        Index("ix_audit_log_row", "table_name", "row_id"),
        # The former name of `action`. The release before migration 0041 writes it; a later migration drops it.
        Column("deed", String(50)),
    )
    __mapper_args__ = {"exclude_properties": ["deed"]}

    id: Mapped[Id]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  #: Null: a command or a schedule.
    action: Mapped[str] = mapped_column(String(50))
    table_name: Mapped[str | None] = mapped_column(String(50))
    row_id: Mapped[str | None] = mapped_column(String(50))
    address: Mapped[str | None] = mapped_column(INET)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[CreatedAt]


def record(
    session: Session,
    action: str,
    *,
    actor_id: int | None = None,
    table_name: str | None = None,
    row_id: object = None,
    address: str | None = None,
    **detail: Any,
) -> None:
    """Write an entry in the caller's transaction: the action and its record are stored together or not at all."""
    session.add(
        AuditEntry(
            actor_id=actor_id,
            action=action,
            table_name=table_name,
            row_id=None if row_id is None else str(row_id),
            address=address,
            detail=detail,
        )
    )


def entries(
    action: str | None = None, *, person: str = "", first: date | None = None, last: date | None = None
) -> Select[AuditEntry, User | None]:
    """
    Select (entry, its actor or None), newest first.

    Args:
        person: Only actions of users whom these words find (:func:`models.accounts.user_search.find_users`).
        first, last: Only entries of these days (UTC), both included.
    """
    query = select(AuditEntry, User).outerjoin(User, User.id == AuditEntry.actor_id).order_by(AuditEntry.id.desc())
    if action:
        query = query.where(AuditEntry.action == action)
    if person:
        query = query.where(AuditEntry.actor_id.in_(find_users(person).with_only_columns(User.id).order_by(None)))
    if first is not None:
        query = query.where(AuditEntry.created_at >= datetime.combine(first, time.min, UTC))
    if last is not None and last < date.max:
        query = query.where(AuditEntry.created_at < datetime.combine(last + timedelta(days=1), time.min, UTC))
    return query


def recorded_actions(session: Session) -> list[str]:
    """Return the actions that have been recorded, in alphabetical order."""
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))
