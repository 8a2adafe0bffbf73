"""
Places and words in a block of properties: of their many columns, a block has few and a lead earns something by few.

Places are turned round (which leads earn something at this place?), and written out for the places of a block and the
leads in question: rows for the block's matrix product. Words are multiplied as sparse rows of leads with the block's
own words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.engine.units import ANSWER_SCALE
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS, rows_of


@dataclass(frozen=True)
class BlockPlaces:
    """
    The places of one kind in a block of P properties.

    A property with one place has its parts in the column of that place; one with several has a column of its own,
    with what the best of them earns.
    """

    codes: NDArray[np.int32]
    #: float32 (codes,): the most parts that a property of the block has at each.
    most_parts: NDArray[np.float32]
    #: Places in *codes*, and parts, of each property with several.
    several: tuple[tuple[tuple[int, float], ...], ...]
    #: float32 (P, codes + several).
    parts: NDArray[np.float32]
    has_unknown: bool

    @property
    def width(self) -> int:
        return self.parts.shape[1]


def block_places(kind: str, properties: PropertyVectors, start: int, stop: int) -> BlockPlaces:
    """The places of one kind of the properties ``start .. stop - 1``."""
    indptr = getattr(properties, f"{kind}_indptr")[start : stop + 1]
    span = slice(indptr[0], indptr[-1])
    codes, places = np.unique(getattr(properties, f"{kind}_codes")[span], return_inverse=True)
    entry_parts = getattr(properties, f"{kind}_parts")[span]
    counts = np.diff(indptr)
    most = np.zeros(len(codes), np.float32)
    np.maximum.at(most, places, entry_parts)
    single = np.flatnonzero(counts == 1)
    profiles: dict[tuple[tuple[int, float], ...], int] = {}
    column_of = {}
    for row in np.flatnonzero(counts > 1).tolist():
        entries = slice(indptr[row] - indptr[0], indptr[row + 1] - indptr[0])
        profile = tuple(zip(places[entries].tolist(), entry_parts[entries].tolist(), strict=True))
        column_of[row] = len(codes) + profiles.setdefault(profile, len(profiles))
    parts = np.zeros((stop - start, len(codes) + len(profiles)), np.float32)
    first = indptr[:-1][single] - indptr[0]
    parts[single, places[first]] = entry_parts[first]
    for row, column in column_of.items():
        parts[row, column] = 1
    return BlockPlaces(codes.astype(np.int32), most, tuple(profiles), parts, bool((counts == 0).any()))


class LeadPlaces:
    """What places of one kind earn the leads, by place."""

    def __init__(self, kind: str, leads: LeadVectors) -> None:
        codes, points = getattr(leads, f"{kind}_codes"), getattr(leads, f"{kind}_points")
        by_code = np.argsort(codes, kind="stable")
        self._leads = rows_of(getattr(leads, f"{kind}_indptr"))[by_code].astype(np.int32)
        self._points = points[by_code]
        self._starts = np.searchsorted(codes[by_code], np.arange(codes.max(initial=-1) + 2))
        self._elsewhere = getattr(leads, f"{kind}_elsewhere")
        self._any_only = bool(self._elsewhere.any())

    def rows(
        self, places: BlockPlaces, leads: NDArray[np.intp] | None, position: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """
        Rows of points for the columns of *places*, float32 (width, leads).

        Args:
            leads: The leads in question; None for all.
            position: (all leads,) where each of them stands among *leads*, -1 for others.
        """
        n = len(position) if leads is None else len(leads)
        rows = np.zeros((places.width, n), np.float32)
        if self._any_only:
            rows[: len(places.codes)] = self._elsewhere if leads is None else self._elsewhere[leads]
        for row, code in enumerate(places.codes.tolist()):
            some, points = self._of(code)
            if leads is None:
                rows[row, some] = points
                continue
            at = position[some]
            here = at >= 0
            rows[row, at[here]] = points[here]
        for row, profile in enumerate(places.several, len(places.codes)):
            (first, parts), *others = profile
            np.multiply(rows[first], parts, out=rows[row])
            for place, parts in others:
                np.maximum(rows[row], rows[place] * np.float32(parts), out=rows[row])
        return rows

    def best(self, places: BlockPlaces, unknown: NDArray[np.float32]) -> NDArray[np.float32]:
        """
        What the best place of a block earns each lead, at most, in units; *unknown* is what an unknown place earns, in
        points.
        """
        if places.has_unknown:
            best = unknown * np.float32(ANSWER_SCALE)
        elif self._any_only:
            best = self._elsewhere * np.float32(ANSWER_SCALE)
        else:
            best = np.zeros(len(unknown), np.float32)
        for code, parts in zip(places.codes.tolist(), places.most_parts, strict=True):
            some, points = self._of(code)
            best[some] = np.maximum(best[some], points * parts)
        return best

    def _of(self, code: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if code >= len(self._starts) - 1:
            return self._leads[:0], self._points[:0]
        span = slice(self._starts[code], self._starts[code + 1])
        return self._leads[span], self._points[span]


def lead_places(leads: LeadVectors) -> dict[str, LeadPlaces]:
    return {kind: LeadPlaces(kind, leads) for kind in PLACE_KINDS}


class LeadWords:
    """The words of the leads that some property has, as sparse rows."""

    def __init__(self, leads: LeadVectors, properties: PropertyVectors) -> None:
        width = max(leads.word_codes.max(initial=-1), properties.word_codes.max(initial=-1)) + 1
        in_use = np.zeros(width, bool)
        in_use[leads.word_codes] = True
        has = np.zeros(width, bool)
        has[properties.word_codes] = True
        in_use &= has
        #: The place of each word among those in use, -1 of others.
        self._place = np.where(in_use, np.cumsum(in_use) - 1, -1).astype(np.int32)
        kept = in_use[leads.word_codes]
        indptr = np.concatenate([[0], np.cumsum(kept)])[leads.word_indptr]
        shape = (len(leads), max(int(in_use.sum()), 1))
        self._rows = csr_matrix((leads.word_points[kept], self._place[leads.word_codes[kept]], indptr), shape)

    def of_block(self, properties: PropertyVectors, start: int, stop: int) -> "BlockWords":
        """The words of the properties ``start .. stop - 1``."""
        indptr = properties.word_indptr[start : stop + 1]
        span = slice(indptr[0], indptr[-1])
        places = self._place[properties.word_codes[span]]
        kept = places >= 0
        rows = np.repeat(np.arange(stop - start), np.diff(indptr))[kept]
        words, local = np.unique(places[kept], return_inverse=True)
        return BlockWords(words, rows, local, properties.word_parts[span][kept], stop - start)

    def best(self, words: "BlockWords") -> NDArray[np.float32]:
        """What the words of a block earn each lead at most, in units."""
        most = np.zeros(self._rows.shape[1], np.float32)
        most[words.words] = words.most_parts
        return self._rows @ most

    def units(self, words: "BlockWords", leads: NDArray[np.intp]) -> NDArray[np.float32]:
        """What a block's words earn some leads, in units, float32 (leads, properties of the block)."""
        some = self._rows[leads]
        # Words that the block does not have meet a row of zeros.
        local = np.full(self._rows.shape[1], len(words.words), np.int32)
        local[words.words] = np.arange(len(words.words))
        mine = csr_matrix((some.data, local[some.indices], some.indptr), (len(leads), len(words.words) + 1))
        return mine @ words.dense()


@dataclass(frozen=True)
class BlockWords:
    """The words of a block that some lead has: ``words`` ascending, and entries (row, place in *words*, parts)."""

    words: NDArray[np.int32]
    rows: NDArray[np.int64]
    local: NDArray[np.int64]
    entry_parts: NDArray[np.float32]
    size: int

    @property
    def most_parts(self) -> NDArray[np.float32]:
        most = np.zeros(len(self.words), np.float32)
        np.maximum.at(most, self.local, self.entry_parts)
        return most

    def dense(self) -> NDArray[np.float32]:
        """float32 (words + 1, properties); the last row is 0."""
        table = np.zeros((len(self.words) + 1, self.size), np.float32)
        table[self.local, self.rows] = self.entry_parts
        return table
