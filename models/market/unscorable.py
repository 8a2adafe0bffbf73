"""Leads and properties that the engine could not work on: set aside, so that one bad row does not stop its market.

An entity is set aside in the version that failed. It counts as off the market until it is written again, or
until the next time that its whole market is loaded (every run does) and the engine manages: then it is taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, words
from models.core.enums import Side


class UnscorableEntity(Base):
    """One entity set aside. No foreign key: the entity is in one of two tables; retention clears what is left behind."""

    __tablename__ = "unscorable_entities"

    side: Mapped[Side] = mapped_column(words(Side, "side_is_known"), primary_key=True)
    entity_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    #: Kind and place of the failure; not its message, which may quote what a client wrote.
    error: Mapped[str] = mapped_column(String(200))
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class Failure:
    """An entity that the engine failed on, and how."""

    side: Side
    entity_id: int
    version: int
    error: str

    def as_json(self) -> dict[str, object]:
        return {"side": self.side.value, "id": self.entity_id, "version": self.version, "error": self.error}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Failure":
        return cls(Side(said["side"]), said["id"], said["version"], said["error"])


def set_aside(session: Session, failures: list[Failure]) -> None:
    """Set entities aside, in the caller's transaction; the latest failure of each counts."""
    for failure in failures:
        row = {
            "side": failure.side,
            "entity_id": failure.entity_id,
            "version": failure.version,
            "error": failure.error[:200],
        }
        made = insert(UnscorableEntity).values(row | {"found_at": func.now()})
        session.execute(
            made.on_conflict_do_update(
                index_elements=["side", "entity_id"],
                set_={"version": made.excluded.version, "error": made.excluded.error, "found_at": func.now()},
            )
        )


def take_back(session: Session, side: Side, entity_ids: list[int]) -> None:
    """The engine managed these: whichever had been set aside no longer is."""
    session.execute(
        delete(UnscorableEntity).where(UnscorableEntity.side == side, UnscorableEntity.entity_id.in_(entity_ids))
    )


def set_aside_ids(session: Session, side: Side) -> list[int]:
    """Ids of *side* that are set aside: few, or there is something wrong with the engine itself."""
    return list(session.scalars(select(UnscorableEntity.entity_id).where(UnscorableEntity.side == side)))
