"""Exports of a user's data: requested by the user, made by a worker, kept for a week, readable by that user alone."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, delete, func, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed
from models.core.errors import NotFoundError

KEPT = timedelta(days=7)
#: An export that is not made after this time has lost its message.
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
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


def request_export(session: Session, user: User) -> AccountExport:
    """Request an export; one that is still being made is returned again. A new one replaces those before."""
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
    mine = AccountExport.id == export_id, AccountExport.user_id == user.id
    export = session.scalar(select(AccountExport).where(*mine))
    if export is None:
        raise NotFoundError("export")
    return export


def latest_export(session: Session, user: User) -> AccountExport | None:
    """The user's newest export, ready or not."""
    mine = select(AccountExport).where(AccountExport.user_id == user.id)
    return session.scalar(mine.order_by(AccountExport.id.desc()).limit(1))


def lost_exports(session: Session) -> list[int]:
    """Ids of exports that were requested a while ago and are still not made."""
    waiting = AccountExport.ready_at.is_(None), AccountExport.created_at < func.now() - LOST_AFTER
    return list(session.scalars(select(AccountExport.id).where(*waiting)))


def forget_old_exports(session: Session) -> int:
    """Delete exports past their retention; returns their number."""
    return rows_changed(session.execute(delete(AccountExport).where(AccountExport.created_at < func.now() - KEPT)))
