"""Partial lists of tiles: what a tile of a big market leaves for the shard that merges them all.

They go through PostgreSQL, so that any machine can score a tile and any other merge. They are kept while their run may
still use them: publishing the market or cancelling the run deletes them, a failed run keeps them for a retry
(:data:`PARTIALS_KEPT`).
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, ForeignKey, Integer, Select, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, words
from models.core.enums import Side

#: How long a failed run may be retried without scoring again the tiles that succeeded.
PARTIALS_KEPT = timedelta(days=2)


class RescoringPartial(Base):
    """A chunk of one tile's lists of one side: rows of rising ids, in chunks that rise too, in the worker's own format."""

    __tablename__ = "rescoring_partials"
    shard_id: Mapped[int] = mapped_column(ForeignKey("rescoring_shards.id", ondelete="CASCADE"), primary_key=True)
    #: Of the shard: what an attempt leaves that was overtaken by another is never seen.
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    side: Mapped[Side] = mapped_column(words(Side, "side_is_known"), primary_key=True)
    chunk: Mapped[int] = mapped_column(Integer, primary_key=True)
    lists: Mapped[bytes]


def forget_partials(session: Session, shard_ids: Select[int]) -> int:
    """Delete the partial lists of these shards; how many chunks there were."""
    gone = delete(RescoringPartial).where(RescoringPartial.shard_id.in_(shard_ids))
    return session.execute(gone.execution_options(synchronize_session=False)).rowcount


def keep_attempt(session: Session, shard_id: int, attempt: int) -> None:
    """Delete what other attempts at the shard have left."""
    others: ColumnElement[bool] = (RescoringPartial.shard_id == shard_id) & (RescoringPartial.attempt != attempt)
    session.execute(delete(RescoringPartial).where(others).execution_options(synchronize_session=False))


def with_partials(session: Session, shard_ids: list[int]) -> set[int]:
    """Those of the shards whose partial lists are there."""
    there = select(RescoringPartial.shard_id).where(RescoringPartial.shard_id.in_(shard_ids))
    return set(session.scalars(there.distinct()))
