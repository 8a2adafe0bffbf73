"""Niches: markets that advertising tries out, with targets for the cost of a lead and the return on spend."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, Money, UpdatedAt, words
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
    status: Mapped[NicheStatus] = mapped_column(words(NicheStatus, "status_is_known"), default=NicheStatus.RESEARCH)
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


def niches(status: NicheStatus | None = None) -> Select[Niche]:
    """Select niches that are not archived, newest first."""
    query = select(Niche).where(Niche.archived_at.is_(None)).order_by(Niche.created_at.desc(), Niche.id.desc())
    return query.where(Niche.status == status) if status else query


def get_niche(session: Session, niche_id: UUID, *, lock: bool = False) -> Niche:
    """
    Return a niche.

    Args:
        lock: Lock its row until the transaction ends.
    Raises:
        NotFoundError: It is absent or archived.
    """
    query = select(Niche).where(Niche.id == niche_id, Niche.archived_at.is_(None))
    niche = session.scalar(query.with_for_update() if lock else query)
    if niche is None:
        raise NotFoundError("niche")
    return niche


def change_niche(session: Session, niche: Niche, fields: Mapping[str, Any]) -> None:
    """Set the given columns; raises ConflictError for a status that cannot follow the present one."""
    if "status" in fields:
        check_move("niche", niche.status, fields["status"], MOVES)
    for name, value in fields.items():
        setattr(niche, name, value)
    session.flush()
