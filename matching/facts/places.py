"""Places of one market as small integers, and lists of them as compressed sparse rows (CSR)."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.facts.vocabulary import place_key

#: The code of a place that a property does not state.
UNKNOWN_PLACE = -1


class PlaceNames:
    """Names of one kind of place (districts, say) as codes 0, 1, 2, ... in the order they were first seen."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._code_of_key: dict[str, int] = {}
        # Spellings are few and repeat a hundred thousand times: each is normalised once.
        self._code_of_spelling: dict[str | None, int] = {None: UNKNOWN_PLACE}
        self.codes(list(names))

    def __len__(self) -> int:
        return len(self._code_of_key)

    def keys(self) -> list[str]:
        """Normalised names; the place with code *i* is at position *i*. ``PlaceNames(keys)`` rebuilds the codes."""
        return list(self._code_of_key)

    def code(self, name: str | None) -> int:
        """The code of *name*, a new one if it was never seen; :data:`UNKNOWN_PLACE` for None and for no name at all."""
        known = self._code_of_spelling.get(name)
        if known is not None:
            return known
        key = place_key(name)
        code = self._code_of_key.setdefault(key, len(self._code_of_key)) if key else UNKNOWN_PLACE
        self._code_of_spelling[name] = code
        return code

    def codes(self, names: Sequence[str | None]) -> NDArray[np.int32]:
        """:meth:`code` of every name, as int32 (n,)."""
        return np.fromiter((self.code(name) for name in names), np.int32, len(names))

    def code_lists(self, lists: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Lists of names as CSR ``(indptr, codes)``: each row's codes ascending, once each, nameless ones left out."""
        rows = [sorted({self.code(name) for name in names} - {UNKNOWN_PLACE}) for names in lists]
        indptr = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=indptr[1:])
        codes = np.fromiter((code for row in rows for code in row), np.int32, int(indptr[-1]))
        return indptr, codes


class PlaceIndex:
    """The districts and the metro stations of one market; grows as names are met, and never renumbers."""

    def __init__(self, districts: Iterable[str] = (), metros: Iterable[str] = ()) -> None:
        self.districts = PlaceNames(districts)
        self.metros = PlaceNames(metros)


def take_lists(
    indptr: NDArray[np.int64], codes: NDArray[np.int32], rows: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The given rows of a CSR table, in the given order."""
    lengths = np.diff(indptr)[rows]
    taken = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=taken[1:])
    positions = np.arange(taken[-1]) + np.repeat(indptr[:-1][rows] - taken[:-1], lengths)
    return taken, codes[positions]


def concat_lists(
    tables: Sequence[tuple[NDArray[np.int64], NDArray[np.int32]]],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """CSR tables one under another."""
    lengths = np.concatenate([np.diff(indptr) for indptr, _ in tables])
    codes = np.concatenate([codes for _, codes in tables])
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), codes


def list_contains(indptr: NDArray[np.int64], codes: NDArray[np.int32], wanted: NDArray[np.int32]) -> NDArray[np.bool_]:
    """
    Whether row *i*'s list holds ``wanted[i]``; one row against many codes and many rows against one work too.

    Args:
        indptr, codes: CSR of n rows, codes ascending within a row.
        wanted: (n,), or any length when n is 1, or (1,).
    Returns:
        Boolean of the longer length.
    """
    # A row and a code make one ascending integer, so that one binary search serves all rows.
    rows = np.arange(len(indptr) - 1, dtype=np.int64)
    if not len(codes):
        return np.zeros(max(len(rows), len(wanted)) if len(rows) and len(wanted) else 0, bool)
    present = (np.repeat(rows, np.diff(indptr)) << 32) | codes
    asked = (rows << 32) + wanted
    position = np.minimum(np.searchsorted(present, asked), len(present) - 1)
    return (present[position] == asked) & (wanted >= 0)
