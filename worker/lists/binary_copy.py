"""Ranked lists in PostgreSQL's binary COPY format, encoded piece by piece while the server reads them."""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matching.engine.ranking import RankedLists

# See "Binary Format" in PostgreSQL's documentation of COPY; arrays have the format of array_send.
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_INT8_OID, _FLOAT4_OID = 20, 700

#: Small enough for the processor's cache: one side of a large market in a single piece takes three times as long.
_PIECE_BYTES = 1 << 16


class ListsToCopy:
    """A file of (id, ids, scores, version) for COPY ... FROM STDIN (FORMAT binary); it can be read once."""

    def __init__(self, ids: NDArray[np.int64], versions: NDArray[np.int64], lists: RankedLists) -> None:
        self._pieces = _encoded(ids, versions, lists)

    def read(self, size: int = -1) -> bytes:
        """The next piece, whatever *size* is; empty at the end."""
        return next(self._pieces, b"")


def _encoded(ids: NDArray[np.int64], versions: NDArray[np.int64], lists: RankedLists) -> Iterator[bytes]:
    """Rows of one length are encoded together by numpy."""
    yield _SIGNATURE
    lengths = lists.lengths
    for length in np.unique(lengths).tolist():
        alike = np.flatnonzero(lengths == length)
        blank = _blank_records(length, len(alike))
        for first in range(0, len(alike), len(blank)):
            rows = alike[first : first + len(blank)]
            records = blank[: len(rows)]
            records["id"], records["version"] = ids[rows], versions[rows]
            if length:
                entries = lists.indptr[rows][:, np.newaxis] + np.arange(length)
                records["entries"]["value"] = lists.columns[entries]
                records["scores"]["value"] = lists.scores[entries]
            yield records.tobytes()
    yield _TRAILER


def _blank_records(length: int, max_rows: int) -> NDArray[np.void]:
    """At most *max_rows* rows of a piece, complete except for their values."""
    kind = _record(length)
    records = np.zeros(min(max(1, _PIECE_BYTES // kind.itemsize), max_rows), kind)
    records["fields"] = 4
    records["id_size"] = records["version_size"] = 8
    for name, oid, width in (("entries", _INT8_OID, 8), ("scores", _FLOAT4_OID, 4)):
        records[f"{name}_oid"] = oid
        if not length:
            records[f"{name}_size"] = 12
            continue
        records[f"{name}_size"] = 20 + length * (4 + width)
        records[f"{name}_dimensions"], records[f"{name}_length"], records[f"{name}_first"] = 1, length, 1
        records[name]["size"] = width
    return records


def _record(length: int) -> np.dtype:
    """One row of binary COPY whose two arrays have *length* entries."""

    def array(name: str, kind: str) -> list[tuple]:
        head = [
            (f"{name}_size", ">i4"),
            (f"{name}_dimensions", ">i4"),
            (f"{name}_nulls", ">i4"),
            (f"{name}_oid", ">i4"),
        ]
        if not length:
            return head
        item = np.dtype([("size", ">i4"), ("value", kind)])
        return [*head, (f"{name}_length", ">i4"), (f"{name}_first", ">i4"), (name, item, (length,))]

    return np.dtype(
        [
            ("fields", ">i2"),
            ("id_size", ">i4"),
            ("id", ">i8"),
            *array("entries", ">i8"),
            *array("scores", ">f4"),
            ("version_size", ">i4"),
            ("version", ">i8"),
        ]
    )
