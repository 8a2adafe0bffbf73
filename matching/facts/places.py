"""Names of one market as small integers, and lists of them as compressed sparse rows (CSR)."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.facts.place_names import place_keys
from matching.facts.wishes import WishTable

#: The code of a place that a property does not state.
UNKNOWN_PLACE = -1

#: The kinds of places. A property has one district and one spot (cell of the map), and any number of stations.
PLACE_KINDS = ("district", "metro", "spot")


class PlaceNames:
    """Names of one kind of place (for example districts) as codes 0, 1, 2, ... in the order of first occurrence."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._code_of_key: dict[str, int] = {}
        # A cache: there are few spellings, which repeat a hundred thousand times, so each is normalised once.
        self._codes_of_spelling: dict[str | None, tuple[int, ...]] = {}
        self.codes(list(names))

    def __len__(self) -> int:
        return len(self._code_of_key)

    def keys(self) -> list[str]:
        """Normalised names; the place with code *i* is at position *i*. ``PlaceNames(keys)`` rebuilds the codes."""
        return list(self._code_of_key)

    def code(self, name: str | None) -> int:
        """
        The code of *name*, a new one for a new name; :data:`UNKNOWN_PLACE` for None and for a text without a name.

        A text that names several places has the code of the first.
        """
        return self._codes_in(name)[0]

    def _codes_in(self, text: str | None) -> tuple[int, ...]:
        """The codes of all places that a text names, in the order of the text; (UNKNOWN_PLACE,) if it names none."""
        known = self._codes_of_spelling.get(text)
        if known is None:
            keys = place_keys(text) if text is not None else ()
            known = tuple(self._code_of_key.setdefault(key, len(self._code_of_key)) for key in keys) or (UNKNOWN_PLACE,)
            self._codes_of_spelling[text] = known
        return known

    def codes(self, names: Sequence[str | None]) -> NDArray[np.int32]:
        """:meth:`code` of every name, as int32 (n,)."""
        return np.fromiter((self.code(name) for name in names), np.int32, len(names))

    def code_lists(self, lists: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """
        Lists of names as CSR ``(indptr, codes)``: each row's codes ascending, without duplicates and empty names.

        One text of a list may name several places.
        """
        rows = [sorted({code for name in names for code in self._codes_in(name)} - {UNKNOWN_PLACE}) for names in lists]
        return csr_of(rows, np.int32)


class Numbering:
    """Any hashable values as codes 0, 1, 2, ... in the order of first occurrence."""

    def __init__(self) -> None:
        self._code_of: dict[object, int] = {}

    def __len__(self) -> int:
        return len(self._code_of)

    def code(self, value: object) -> int:
        return self._code_of.setdefault(value, len(self._code_of))


class PlaceIndex:
    """
    The codes that all rows of one market share: districts, stations, spots, foreign currencies and wishes.

    New names are added; codes never change. Leads and properties that are scored together must be made with the same
    index.
    """

    def __init__(self, districts: Iterable[str] = (), metros: Iterable[str] = ()) -> None:
        self.districts = PlaceNames(districts)
        self.metros = PlaceNames(metros)
        #: Cells of the map.
        self.spots = Numbering()
        self.currencies = Numbering()
        #: Code 0 is the market's own currency.
        self.currencies.code("")
        self.wishes = WishTable()


def csr_of(rows: Sequence[Sequence[float]], dtype: type) -> tuple[NDArray[np.int64], NDArray]:
    """Lists of numbers as ``(indptr, numbers)``."""
    indptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=indptr[1:])
    return indptr, np.fromiter((number for row in rows for number in row), dtype, int(indptr[-1]))


def take_lists(indptr: NDArray[np.int64], rows: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indptr of the given rows of a CSR table, in the given order, and the old positions of their entries."""
    lengths = np.diff(indptr)[rows]
    taken = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=taken[1:])
    return taken, np.arange(taken[-1]) + np.repeat(indptr[:-1][rows] - taken[:-1], lengths)


def concat_lists(indptrs: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The indptr of the concatenation of CSR tables."""
    lengths = np.concatenate([np.diff(indptr) for indptr in indptrs])
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def rows_of(indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of every entry of a CSR table."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def sum_by_row(indptr: NDArray[np.int64], values: NDArray) -> NDArray[np.float64]:
    """The sum of each row's entries, float64 (n,); 0 for a row without any."""
    return np.bincount(rows_of(indptr), values, minlength=len(indptr) - 1).astype(np.float64)


def max_by_row(indptr: NDArray[np.int64], values: NDArray, empty: float) -> NDArray:
    """The largest of each row's entries; *empty* for a row without any."""
    filled = np.diff(indptr) > 0
    largest = np.full(len(indptr) - 1, empty, values.dtype)
    if filled.any():
        largest[filled] = np.maximum.reduceat(values, indptr[:-1][filled])
    return largest


def find_in_rows(
    indptr: NDArray[np.int64], codes: NDArray[np.int32], rows: NDArray[np.integer], searched: NDArray[np.integer]
) -> NDArray[np.int64]:
    """
    The position of the entry ``wanted[i]`` of row ``rows[i]`` in a CSR table, -1 if that row lacks it.

    *codes* ascend within a row.
    """
    if not len(codes):
        return np.full(len(searched), -1, np.int64)
    # Row and code are combined into one ascending integer, so that one binary search is enough for all rows.
    present = (rows_of(indptr) << 32) | codes
    keys = (np.asarray(rows, np.int64) << 32) + searched
    position = np.minimum(np.searchsorted(present, keys), len(present) - 1)
    return np.where((present[position] == keys) & (searched >= 0), position, -1)
