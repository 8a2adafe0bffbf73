"""Attempts at rescoring single leads and properties: which ones may have killed their worker.

An attempt is stored before the work and removed after it, whether the work succeeded or raised. A remaining attempt
belongs to a worker that died at work. An entity with :data:`MAX_ATTEMPTS` such attempts is quarantined instead of being
tried again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Integer, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, enum_column, rows_changed
from models.core.enums import Side
from models.market.unscorable import KILLED_ITS_WORKER, Failure, quarantine
from models.ranking.recommendations import SIDE_TABLES

#: An entity is quarantined after this many attempts that ended with the death of their worker.
MAX_ATTEMPTS = 3
#: How long an attempt counts after its worker died.
ATTEMPTS_KEPT = timedelta(days=1)


class RescoringAttempt(Base):
    """One entity that is being rescored, or was when its worker died. No foreign key: it is in one of two tables."""

    __tablename__ = "rescoring_attempts"

    side: Mapped[Side] = mapped_column(enum_column(Side, "side_is_known"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer)
    began_at: Mapped[datetime] = mapped_column(server_default=func.now())


def attempts_of(session: Session, side: Side, entity_ids: Iterable[int]) -> dict[int, int]:
    """The number of unfinished attempts at each of the entities; entities without one are left out."""
    query = select(RescoringAttempt.entity_id, RescoringAttempt.attempts).where(
        RescoringAttempt.side == side, RescoringAttempt.entity_id.in_(list(entity_ids))
    )
    return dict(session.execute(query).all())


def begin_attempts(session: Session, side: Side, entity_ids: Iterable[int]) -> None:
    """Store one more attempt at each of the entities; the caller commits before the work."""
    rows = [{"side": side, "entity_id": entity_id, "attempts": 1} for entity_id in sorted(entity_ids)]
    if not rows:
        return
    stored = insert(RescoringAttempt).values(rows)
    session.execute(
        stored.on_conflict_do_update(
            index_elements=["side", "entity_id"],
            set_={"attempts": RescoringAttempt.attempts + 1, "began_at": func.now()},
        )
    )


def end_attempts(session: Session, side: Side, entity_ids: Iterable[int]) -> None:
    """Remove the attempts at the entities after the work has ended or raised; the caller commits."""
    session.execute(
        delete(RescoringAttempt).where(RescoringAttempt.side == side, RescoringAttempt.entity_id.in_(list(entity_ids)))
    )


def quarantine_crashing(session: Session, side: Side, entity_ids: Iterable[int]) -> None:
    """Quarantine the entities in their present versions, and remove their attempts; the caller commits."""
    table = SIDE_TABLES[side].entities
    ids = list(entity_ids)
    rows = session.execute(select(table.id, table.version).where(table.id.in_(ids)))
    quarantine(session, [Failure(side, entity_id, version, KILLED_ITS_WORKER) for entity_id, version in rows])
    end_attempts(session, side, ids)


def delete_old_attempts(session: Session) -> int:
    """Remove attempts at entities that have not been tried for :data:`ATTEMPTS_KEPT`, and return their number."""
    old = delete(RescoringAttempt).where(RescoringAttempt.began_at < func.now() - ATTEMPTS_KEPT)
    return rows_changed(session.execute(old))
