"""Niches: markets that advertising tries out, with targets for the cost of a lead and the return on spend."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, Select, String, Text, select, text, true
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, Money, UpdatedAt, enum_column
from models.core.errors import NotFoundError
from models.core.state_moves import check_move
from models.core.uuid7 import new_id


class NicheStatus(StrEnum):
    RESEARCH = "research"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    REJECTED = "rejected"


_RESEARCH, _ACTIVE, _PAUSED, _COMPLETED, _REJECTED = NicheStatus

#: Research ends when money is spent; only a rejected niche is researched again.
MOVES = {
    _RESEARCH: frozenset({_ACTIVE, _PAUSED, _COMPLETED, _REJECTED}),
    _ACTIVE: frozenset({_PAUSED, _COMPLETED, _REJECTED}),
    _PAUSED: frozenset({_ACTIVE, _COMPLETED, _REJECTED}),
    _COMPLETED: frozenset({_ACTIVE, _REJECTED}),
    _REJECTED: frozenset({_RESEARCH, _ACTIVE}),
}


class Niche(Base):
    """One niche. An archived niche is treated as deleted; its figures stay in the tables."""

    __tablename__ = "niches"
    __table_args__ = (
        CheckConstraint("cpl_target >= 0", name="cpl_target_is_not_negative"),
        Index("ix_niches_newest", "created_at", "id", postgresql_where=text("archived_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    category: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[NicheStatus] = mapped_column(
        enum_column(NicheStatus, "status_is_known"), default=NicheStatus.RESEARCH
    )
    #: The currency of all its amounts (budgets, costs, revenue), ISO 4217.
    currency: Mapped[str] = mapped_column(String(3), default="KZT", server_default="KZT")
    cpl_target: Mapped[Money | None]  #: Maximum cost of a lead.
    roi_target: Mapped[Money | None]  #: Minimum return on spend, per cent.
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
    archived_at: Mapped[datetime | None]


def create_niche(session: Session, fields: Mapping[str, Any]) -> Niche:
    """Add a niche; it begins in research."""
    niche = Niche(**fields)
    session.add(niche)
    session.flush()
    return niche


def within(niche_id: ColumnElement[Any] | InstrumentedAttribute[Any], scope: UUID | None) -> ColumnElement[bool]:
    """The condition that a row's niche is the one to which its reader is restricted; None is no restriction."""
    return true() if scope is None else niche_id == scope


def niches(status: NicheStatus | None = None, *, scope: UUID | None = None) -> Select[Niche]:
    """Select niches that are not archived, newest first; only that of a *scope* (see :func:`within`)."""
    query = (
        select(Niche)
        .where(Niche.archived_at.is_(None), within(Niche.id, scope))
        .order_by(Niche.created_at.desc(), Niche.id.desc())
    )
    return query.where(Niche.status == status) if status else query


def get_niche(session: Session, niche_id: UUID, *, lock: bool = False, scope: UUID | None = None) -> Niche:
    """
    Return a niche.

    Args:
        lock: Lock its row until the transaction ends.
        scope: See :func:`within`.
    Raises:
        NotFoundError: It is absent, archived, or outside the scope.
    """
    query = select(Niche).where(Niche.id == niche_id, Niche.archived_at.is_(None), within(Niche.id, scope))
    niche = session.scalar(query.with_for_update() if lock else query)
    if niche is None:
        raise NotFoundError("niche")
    return niche


def currencies_of(session: Session, niche_ids: Collection[UUID]) -> dict[UUID, str]:
    """The currency of each of the niches."""
    return dict(session.execute(select(Niche.id, Niche.currency).where(Niche.id.in_(niche_ids))).all())


def change_niche(session: Session, niche: Niche, fields: Mapping[str, Any]) -> None:
    """Set the given columns; raises ConflictError for a status that cannot follow the present one."""
    if "status" in fields:
        check_move("niche", niche.status, fields["status"], MOVES)
    for name, value in fields.items():
        setattr(niche, name, value)
    session.flush()
