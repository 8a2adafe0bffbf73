"""Partial lists of tiles on their way through PostgreSQL: written in chunks, merged in chunks.

A chunk holds some thousand rows' lists as numpy arrays (the ``.npz`` format, without pickle). Merging holds one chunk
of each tile at a time, so its memory does not grow with the market.
"""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matching.engine.ranking import RankedLists
from matching.engine.tiles import merge_lists
from models.core.enums import Side
from models.rescoring.partial_lists import RescoringPartial
from worker.lists.store import StoredLists

#: Rows of a chunk: about 2.5 MB at a hundred entries a row.
CHUNK_ROWS = 2048


def stage_partials(session: Session, shard_id: int, attempt: int, side: Side, stored: StoredLists) -> None:
    """Leave a tile's lists of *side*, ids rising, for the merge, in the caller's transaction; at least one chunk."""
    for chunk, first in enumerate(range(0, max(len(stored.ids), 1), CHUNK_ROWS)):
        rows = np.arange(first, min(first + CHUNK_ROWS, len(stored.ids)))
        some = StoredLists(stored.ids[rows], stored.versions[rows], stored.lists.take(rows))
        session.execute(
            insert(RescoringPartial).values(
                shard_id=shard_id, attempt=attempt, side=side, chunk=chunk, lists=encode(some)
            )
        )


def merged_partials(session: Session, side: Side, shard_ids: Sequence[int], k: int) -> Iterator[StoredLists]:
    """
    The *k* best of each row from the partial lists of tiles that share their rows of *side*; ids rise, in parts.

    A row that is missing from some tile (it came or went between their loading) is merged from the others; its version
    is the oldest that any tile had.
    """
    streams = [_chunks(session, side, shard_id) for shard_id in shard_ids]
    waiting: list[StoredLists | None] = [next(stream, None) for stream in streams]
    while any(part is not None for part in waiting):
        # Up to here no tile has anything more to say than what it has in hand.
        limit = min((part.ids[-1] for part in waiting if part is not None and len(part.ids)), default=None)
        if limit is None:
            return
        ready = []
        for place, part in enumerate(waiting):
            if part is None:
                continue
            cut = int(np.searchsorted(part.ids, limit, side="right"))
            if cut:
                ready.append(_rows(part, np.arange(cut)))
            left = len(part.ids) - cut
            waiting[place] = _rows(part, np.arange(cut, len(part.ids))) if left else next(streams[place], None)
        yield merge_stored(ready, k)


def merge_stored(parts: Sequence[StoredLists], k: int) -> StoredLists:
    """The *k* best of each row that any of *parts* has, over the columns of all; ids rise in each and in the outcome."""
    ids = np.unique(np.concatenate([part.ids for part in parts]))
    versions = np.full(len(ids), np.iinfo(np.int64).max)
    aligned = []
    for part in parts:
        rows = np.searchsorted(ids, part.ids)
        versions[rows] = np.minimum(versions[rows], part.versions)
        lengths = np.zeros(len(ids), np.int64)
        lengths[rows] = part.lists.lengths
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        aligned.append(RankedLists(indptr, part.lists.columns, part.lists.scores))
    return StoredLists(ids, versions, aligned[0] if len(aligned) == 1 else merge_lists(aligned, k))


def _chunks(session: Session, side: Side, shard_id: int) -> Iterator[StoredLists]:
    """The chunks that hold rows, one read at a time."""
    mine = (RescoringPartial.shard_id == shard_id, RescoringPartial.side == side)
    for chunk in session.scalars(select(RescoringPartial.chunk).where(*mine).order_by(RescoringPartial.chunk)).all():
        part = decode(
            session.scalars(select(RescoringPartial.lists).where(*mine, RescoringPartial.chunk == chunk)).one()
        )
        if len(part.ids):
            yield part


def _rows(stored: StoredLists, rows: NDArray[np.intp]) -> StoredLists:
    return StoredLists(stored.ids[rows], stored.versions[rows], stored.lists.take(rows))


def encode(stored: StoredLists) -> bytes:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        ids=stored.ids,
        versions=stored.versions,
        indptr=stored.lists.indptr,
        columns=stored.lists.columns,
        scores=stored.lists.scores,
    )
    return buffer.getvalue()


def decode(chunk: bytes) -> StoredLists:
    with np.load(io.BytesIO(chunk), allow_pickle=False) as arrays:
        lists = RankedLists(arrays["indptr"], arrays["columns"], arrays["scores"])
        return StoredLists(arrays["ids"], arrays["versions"], lists)
