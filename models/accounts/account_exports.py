"""
Exports of a user's data: requested by the user, created by a worker, kept for a week, and readable only by that user.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed
from models.core.errors import NotFoundError

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
#: An export is abandoned after this many attempts that ended with the death of their worker.
MAX_ATTEMPTS = 3
#: If an export is not finished after this time, its message was lost.
LOST_AFTER = timedelta(minutes=5)


class AccountExport(Base):
    """One export; *content* is a ZIP once it is ready."""

    __tablename__ = "account_exports"
    __table_args__ = (
        CheckConstraint("(content IS NULL) = (ready_at IS NULL)", name="ready_has_its_content"),
        Index("ix_account_exports_user", "user_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[CreatedAt]
    ready_at: Mapped[datetime | None]
    #: The number of attempts that were begun.
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


def request_export(session: Session, user: User) -> AccountExport:
    """Request an export. If one is still in progress, that one is returned. A new one replaces earlier ones."""
    session.refresh(user, with_for_update={"key_share": True})
    waiting = session.scalar(
        select(AccountExport).where(AccountExport.user_id == user.id, AccountExport.ready_at.is_(None))
    )
    if waiting is not None:
        return waiting
    session.execute(delete(AccountExport).where(AccountExport.user_id == user.id))
    made = AccountExport(user_id=user.id)
    session.add(made)
    session.flush()
    return made


def export_of(session: Session, user: User, export_id: int) -> AccountExport:
    """One of the user's exports; raises NotFoundError."""
    conditions = AccountExport.id == export_id, AccountExport.user_id == user.id
    export = session.scalar(select(AccountExport).where(*conditions))
    if export is None:
        raise NotFoundError("export")
    return export


def latest_export(session: Session, user: User) -> AccountExport | None:
    """The user's newest export, ready or not."""
    exports = select(AccountExport).where(AccountExport.user_id == user.id)
    return session.scalar(exports.order_by(AccountExport.id.desc()).limit(1))


def lost_exports(session: Session) -> list[int]:
    """Ids of exports that were requested some time ago and are still not finished."""
    waiting = AccountExport.ready_at.is_(None), AccountExport.created_at < func.now() - LOST_AFTER
    return list(session.scalars(select(AccountExport.id).where(*waiting)))


def begin_export(session: Session, export_id: int) -> bool:
    """
    Count an attempt at an unfinished export; the caller commits before the work. False if there is none.

    After :data:`MAX_ATTEMPTS` the export is deleted, so that its user may request another.
    """
    waiting = AccountExport.id == export_id, AccountExport.ready_at.is_(None)
    counted = update(AccountExport).where(*waiting, AccountExport.attempts < MAX_ATTEMPTS)
    if session.scalar(counted.values(attempts=AccountExport.attempts + 1).returning(AccountExport.id)) is not None:
        return True
    if rows_changed(session.execute(delete(AccountExport).where(*waiting))):
        log.error("export_given_up", extra={"export_id": export_id})
    return False


def delete_old_exports(session: Session) -> int:
    """Delete exports past their retention; returns their number."""
    return rows_changed(session.execute(delete(AccountExport).where(AccountExport.created_at < func.now() - KEPT)))
