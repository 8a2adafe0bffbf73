"""Quarantine: leads and properties that the engine failed on, so that one bad row does not stop its market.

An entity is quarantined in the version that failed. It counts as off the market until it is written again, or until the
next load of its whole market (every run does one) in which the engine manages it: then it is released. An entity that
killed its worker is not loaded again: it waits until it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, words
from models.core.enums import Side
from models.core.errors import NotFoundError

#: The error of an entity whose scoring ended with its worker, again and again.
KILLED_ITS_WORKER = "WorkerLostError"


class UnscorableEntity(Base):
    """
    One quarantined entity. No foreign key: the entity is in one of two tables; retention clears what is left behind.
    """

    __tablename__ = "unscorable_entities"

    side: Mapped[Side] = mapped_column(words(Side, "side_is_known"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    #: Kind and place of the failure; not its message, which may quote what a client wrote.
    error: Mapped[str] = mapped_column(String(200))
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class Failure:
    """A failure of the engine on an entity: its kind and place."""

    side: Side
    entity_id: int
    version: int
    error: str

    def as_json(self) -> dict[str, object]:
        return {"side": self.side.value, "id": self.entity_id, "version": self.version, "error": self.error}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Failure":
        return cls(Side(fields["side"]), fields["id"], fields["version"], fields["error"])


def quarantine(session: Session, failures: list[Failure]) -> None:
    """Quarantine entities in the caller's transaction; the latest failure of each counts."""
    for failure in failures:
        row = {
            "side": failure.side,
            "entity_id": failure.entity_id,
            "version": failure.version,
            "error": failure.error[:200],
        }
        stored = insert(UnscorableEntity).values(row | {"found_at": func.now()})
        session.execute(
            stored.on_conflict_do_update(
                index_elements=["side", "entity_id"],
                set_={"version": stored.excluded.version, "error": stored.excluded.error, "found_at": func.now()},
            )
        )


def release(session: Session, side: Side, entity_ids: list[int]) -> None:
    """Release those of the entities that are quarantined: the engine has managed them."""
    session.execute(
        delete(UnscorableEntity).where(UnscorableEntity.side == side, UnscorableEntity.entity_id.in_(entity_ids))
    )


def quarantined_ids(session: Session, side: Side) -> list[int]:
    """Ids of *side* that are quarantined: few, or there is something wrong with the engine itself."""
    return list(session.scalars(select(UnscorableEntity.entity_id).where(UnscorableEntity.side == side)))


def quarantined() -> Select[UnscorableEntity]:
    """Select what is quarantined, the newest failure first."""
    return select(UnscorableEntity).order_by(
        UnscorableEntity.found_at.desc(), UnscorableEntity.side, UnscorableEntity.entity_id
    )


def count_quarantined(session: Session) -> int:
    """The number of quarantined leads and properties."""
    return session.scalar(select(func.count()).select_from(UnscorableEntity)) or 0


def get_quarantined(session: Session, side: Side, entity_id: int) -> UnscorableEntity:
    """The quarantine row of a lead or property; raises NotFoundError without one."""
    quarantined = session.get(UnscorableEntity, (side, entity_id))
    if quarantined is None:
        raise NotFoundError("row")
    return quarantined
