"""Quarantine: leads and properties that the engine failed on, so that one bad row does not stop its market.

An entity is quarantined in the version that failed, and counts as off the market. It is released when it is written
again, or when the engine succeeds with it at the next load of its whole market (every run loads it). An entity that
killed its worker is not loaded again until it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, enum_column
from models.core.enums import Side
from models.core.errors import NotFoundError

#: The error of an entity whose scoring repeatedly ended with the death of its worker.
KILLED_ITS_WORKER = "WorkerLostError"


class UnscorableEntity(Base):
    """
    One quarantined entity. There is no foreign key, because the entity is in one of two tables; retention deletes rows
    of missing entities.
    """

    __tablename__ = "unscorable_entities"

    side: Mapped[Side] = mapped_column(enum_column(Side, "side_is_known"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    #: The kind and place of the failure; its message is not stored, because it may quote a client's text.
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
    """Release those of the entities that are quarantined, because the engine has processed them."""
    session.execute(
        delete(UnscorableEntity).where(UnscorableEntity.side == side, UnscorableEntity.entity_id.in_(entity_ids))
    )


def quarantined_ids(session: Session) -> dict[Side, list[int]]:
    """Ids of each side that are quarantined. They are few, unless the engine itself has an error."""
    ids: dict[Side, list[int]] = {side: [] for side in Side}
    for side, entity_id in session.execute(select(UnscorableEntity.side, UnscorableEntity.entity_id)):
        ids[side].append(entity_id)
    return ids


def quarantined() -> Select[UnscorableEntity]:
    """Select the quarantined entities, the newest failure first."""
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
