"""Partial lists of tiles, stored in PostgreSQL in chunks and merged chunk by chunk.

A chunk contains the lists of some hundred rows as numpy arrays (the ``.npz`` format, without pickle). Merging loads
one chunk of each tile at a time, and merges so many rows at once that they have a limited number of entries. So its
memory does not grow with the market, and with the number of tiles only by the size of their chunks.
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
from worker.market.stored_lists import StoredLists

#: Rows of a chunk: about 0.6 MB at a hundred entries a row.
CHUNK_ROWS = 512
#: Entries that are merged at once. Merging takes about 70 bytes for each, so 18 MB.
MERGED_ENTRIES = 1 << 18


def stage_partials(session: Session, shard_id: int, attempt: int, side: Side, stored: StoredLists) -> None:
    """Store a tile's lists of *side*, with ascending ids, for the merge; at least one chunk. The caller commits."""
    for chunk, first in enumerate(range(0, max(len(stored.ids), 1), CHUNK_ROWS)):
        rows = np.arange(first, min(first + CHUNK_ROWS, len(stored.ids)))
        session.execute(
            insert(RescoringPartial).values(
                shard_id=shard_id, attempt=attempt, side=side, chunk=chunk, lists=encode(_take(stored, rows))
            )
        )


def merged_partials(session: Session, side: Side, shard_ids: Sequence[int], k: int) -> Iterator[StoredLists]:
    """
    The *k* best of each row from the partial lists of tiles that share their rows of *side*, in parts, by ascending id.

    A row that a tile lacks (it was added or removed between the loading of two tiles) is merged from the other tiles.
    Its version is the oldest one of all tiles.
    """
    streams = [_chunks(session, side, shard_id) for shard_id in shard_ids]
    pending: list[StoredLists | None] = [next(stream, None) for stream in streams]
    while True:
        # No tile has further rows with ids up to the smallest of the pending chunks' last ids.
        chunks = [chunk for chunk in pending if chunk is not None]
        if not chunks:
            return
        limit = min(_last_id(chunk, MERGED_ENTRIES // len(chunks)) for chunk in chunks)
        ready = []
        for number, chunk in enumerate(pending):
            if chunk is None:
                continue
            end = int(np.searchsorted(chunk.ids, limit, side="right"))
            if end:
                ready.append(_take(chunk, np.arange(end)))
            if end < len(chunk.ids):
                pending[number] = _take(chunk, np.arange(end, len(chunk.ids)))
            else:
                pending[number] = next(streams[number], None)
        yield merge_stored(ready, k)


def _last_id(chunk: StoredLists, entries: int) -> np.int64:
    """The last id of the leading rows of *chunk* that have at most so many *entries* together; at least one row."""
    rows = int(np.searchsorted(chunk.lists.indptr, entries, side="right")) - 1
    return chunk.ids[min(max(rows, 1), len(chunk.ids)) - 1]


def merge_stored(parts: Sequence[StoredLists], k: int) -> StoredLists:
    """The *k* best of each row in any of *parts*, over the columns of all; ids ascend in *parts* and in the result."""
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
    """The chunks that contain rows, read one at a time."""
    of_shard = (RescoringPartial.shard_id == shard_id, RescoringPartial.side == side)
    numbers = session.scalars(select(RescoringPartial.chunk).where(*of_shard).order_by(RescoringPartial.chunk)).all()
    for number in numbers:
        query = select(RescoringPartial.lists).where(*of_shard, RescoringPartial.chunk == number)
        chunk = decode(session.scalars(query).one())
        if len(chunk.ids):
            yield chunk


def _take(stored: StoredLists, rows: NDArray[np.intp]) -> StoredLists:
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
