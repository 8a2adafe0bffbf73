"""Partial lists, which the tiles of a big market store for the shard that merges them.

They are in PostgreSQL, so that any machine can score a tile and any other can merge the tiles. Publishing the market or
cancelling the run deletes them; a failed run keeps them for a retry (:data:`PARTIALS_KEPT`).
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, ForeignKey, Integer, Select, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, enum_column, rows_changed
from models.core.enums import Side

#: How long a failed run can be retried without scoring its successful tiles again.
PARTIALS_KEPT = timedelta(days=2)


class RescoringPartial(Base):
    """
    A chunk of one tile's lists of one side, in the worker's own format; ids rise within a chunk and between chunks.
    """

    __tablename__ = "rescoring_partials"
    shard_id: Mapped[int] = mapped_column(ForeignKey("rescoring_shards.id", ondelete="CASCADE"), primary_key=True)
    #: The shard's attempt; lists of an attempt that another has replaced are never read.
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    side: Mapped[Side] = mapped_column(enum_column(Side, "side_is_known"), primary_key=True)
    chunk: Mapped[int] = mapped_column(Integer, primary_key=True)
    lists: Mapped[bytes]


def delete_partials(session: Session, shard_ids: Select[int]) -> int:
    """Delete the partial lists of these shards; returns the number of chunks."""
    deleting = delete(RescoringPartial).where(RescoringPartial.shard_id.in_(shard_ids))
    return rows_changed(session.execute(deleting.execution_options(synchronize_session=False)))


def delete_other_attempts(session: Session, shard_id: int, attempt: int) -> None:
    """Delete the partial lists of other attempts at the shard."""
    others: ColumnElement[bool] = (RescoringPartial.shard_id == shard_id) & (RescoringPartial.attempt != attempt)
    session.execute(delete(RescoringPartial).where(others).execution_options(synchronize_session=False))


def with_partials(session: Session, shard_ids: list[int]) -> set[int]:
    """Those of the shards whose partial lists are stored."""
    stored = select(RescoringPartial.shard_id).where(RescoringPartial.shard_id.in_(shard_ids))
    return set(session.scalars(stored.distinct()))
