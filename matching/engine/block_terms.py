"""
Words and wishes in a block of properties, as sparse terms: of their thousands of columns only a few concern a lead.

A *term* is a word, or a set of answers to a kind of wish to which some wish gives the same value (for example all
answers that meet it). The terms that earn or cost a lead anything are stored as sparse rows, which are multiplied with
the block's terms. A wish has few such sets, but a kind may have thirty answers, which would be most of the columns of a
dense product.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from matching.engine.block_places import BlockPlaces
from matching.engine.sparse import answer_points
from matching.engine.sparse_product import add_product, rows_of_matrix
from matching.engine.units import ANSWER_SCALE
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.facts.places import PLACE_KINDS
from matching.facts.wishes import NOT_STATED, WishArrays


@dataclass(frozen=True)
class BlockWords:
    """The words of a block that some lead has: *words* ascending, and entries (row, index in *words*, parts)."""

    words: NDArray[np.int32]
    rows: NDArray[np.int64]
    local: NDArray[np.int64]
    entry_parts: NDArray[np.float32]
    size: int

    @property
    def max_parts(self) -> NDArray[np.float32]:
        maximum = np.zeros(len(self.words), np.float32)
        np.maximum.at(maximum, self.local, self.entry_parts)
        return maximum


class LeadWords:
    """The words of the leads that some property has, as sparse rows."""

    def __init__(self, leads: LeadVectors, properties: PropertyVectors) -> None:
        width = max(leads.word_codes.max(initial=-1), properties.word_codes.max(initial=-1)) + 1
        in_use = np.zeros(width, bool)
        in_use[leads.word_codes] = True
        has = np.zeros(width, bool)
        has[properties.word_codes] = True
        in_use &= has
        #: The index of each word among the words in use, -1 for other words.
        self._columns = np.where(in_use, np.cumsum(in_use) - 1, -1).astype(np.int32)
        kept = in_use[leads.word_codes]
        indptr = np.concatenate([[0], np.cumsum(kept)])[leads.word_indptr]
        shape = (len(leads), max(int(in_use.sum()), 1))
        self.rows = csr_matrix((leads.word_points[kept], self._columns[leads.word_codes[kept]], indptr), shape)

    def best(self, words: BlockWords) -> NDArray[np.float32]:
        """The most units that the words of a block can earn each lead."""
        maximum = np.zeros(self.rows.shape[1], np.float32)
        maximum[words.words] = words.max_parts
        return self.rows @ maximum

    def of_block(self, properties: PropertyVectors, start: int, stop: int) -> BlockWords:
        """The words of the properties ``start .. stop - 1``."""
        indptr = properties.word_indptr[start : stop + 1]
        span = slice(indptr[0], indptr[-1])
        columns = self._columns[properties.word_codes[span]]
        kept = columns >= 0
        rows = np.repeat(np.arange(stop - start), np.diff(indptr))[kept]
        words, local = np.unique(columns[kept], return_inverse=True)
        return BlockWords(words, rows, local, properties.word_parts[span][kept], stop - start)


class AnswerTerms:
    """The answers to wishes that some property gives, as terms, and the points they earn the leads, as sparse rows."""

    def __init__(self, leads: LeadVectors, properties: PropertyVectors) -> None:
        wishes = leads.wish_table.arrays()
        self._answers = properties.answers
        #: For each kind: its number, its first term, and float32 (terms, answers + 1), the parts of each term for a
        #: property with that answer. The last column, NOT_STATED, has none.
        self._kinds: list[tuple[int, int, NDArray[np.float32]]] = []
        wish: list[int] = []
        term: list[int] = []
        example: list[int] = []
        self.count = 0
        codes = np.unique(leads.wish_codes)
        for kind in np.unique(wishes.kind[codes]).tolist():
            # Answers are a few small numbers: counting them takes a tenth of the time of sorting them.
            given = np.flatnonzero(np.bincount(self._answers[:, kind].astype(np.int64) - NOT_STATED)[1:])
            term_of: dict[tuple[int, ...], int] = {}
            for code in codes[wishes.kind[codes] == kind].tolist():
                for answers in _valued_alike(wishes, code, given):
                    wish.append(code)
                    term.append(term_of.setdefault(answers, self.count + len(term_of)))
                    example.append(answers[0])
            parts = np.zeros((len(term_of), given.max(initial=-1) + 2), np.float32)
            for row, members in enumerate(term_of):
                parts[row, members] = ANSWER_SCALE
            self._kinds.append((kind, self.count, parts))
            self.count += len(term_of)
        self.rows = self._rows_of(leads, *(np.array(column, np.int64) for column in (wish, term, example)))

    def _rows_of(
        self, leads: LeadVectors, wish: NDArray[np.int64], term: NDArray[np.int64], example: NDArray[np.int64]
    ) -> csr_matrix:
        """The points of the leads' wishes for each term; *example* is one of the answers of *term*, one of *wish*."""
        order = np.argsort(wish, kind="stable")
        starts = np.searchsorted(wish[order], leads.wish_codes)
        counts = np.searchsorted(wish[order], leads.wish_codes, side="right") - starts
        entry = np.repeat(np.arange(len(counts)), counts)
        at = order[np.arange(len(entry)) + np.repeat(starts - np.cumsum(counts) + counts, counts)]
        wishes = leads.wish_table.arrays()
        earned, lost = answer_points(wishes, leads.wish_codes[entry], leads.wish_points[entry], example[at])
        indptr = np.concatenate([[0], np.cumsum(counts)])[leads.wish_indptr]
        rows = csr_matrix(((earned - lost).astype(np.float32), term[at], indptr), (len(leads), max(self.count, 1)))
        rows.sum_duplicates()
        return rows

    def fill(self, table: NDArray[np.float32], start: int, stop: int) -> None:
        """Write the parts of the properties ``start .. stop - 1`` into *table*, (terms, stop - start)."""
        for kind, first, parts in self._kinds:
            # NOT_STATED is -1 and so takes the last column.
            np.take(parts, self._answers[start:stop, kind], axis=1, out=table[first : first + len(parts)], mode="wrap")


def _valued_alike(wishes: WishArrays, code: int, answers: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    """*answers* grouped by their value for the wish, without those that count like an unknown answer."""
    at = wishes.first[code] + answers
    return _grouped(answers.tobytes(), wishes.values[at].tobytes(), wishes.contradicts[at].tobytes())


# Cached, because many towns have the same wishes and answers: grouping them took a fifth of a small market's time.
@lru_cache(maxsize=20_000)
def _grouped(answers: bytes, values: bytes, contradicts: bytes) -> tuple[tuple[int, ...], ...]:
    """int64 answers grouped by float64 value and by whether they contradict, in the order of first occurrence."""
    groups: dict[tuple[float, bool], list[int]] = {}
    for answer, value, does in zip(
        np.frombuffer(answers, np.int64).tolist(),
        np.frombuffer(values, np.float64).tolist(),
        np.frombuffer(contradicts, np.bool_).tolist(),
        strict=True,
    ):
        groups.setdefault((value, does), []).append(answer)
    groups.pop((0.5, False), None)
    return tuple(map(tuple, groups.values()))


class LeadTerms:
    """Words, answers and places of leads (columns in this order) as sparse rows of points."""

    def __init__(self, leads: LeadVectors, properties: PropertyVectors) -> None:
        self.words = LeadWords(leads, properties)
        self.answers = AnswerTerms(leads, properties)
        places = [_place_rows(kind, leads) for kind in PLACE_KINDS]
        parts = [self.words.rows, self.answers.rows, *places]
        self._firsts = np.cumsum([0, *(part.shape[1] for part in parts)])
        self._rows = hstack(parts, format="csr")

    def of_block(self, columns: dict[str, BlockPlaces], words: BlockWords, start: int) -> "BlockTerms":
        """The terms of a block's properties, from *start* on; *columns* and *words* are those of the block."""
        n_words = len(words.words)
        singles = [columns[kind].single for kind in PLACE_KINDS]
        heights = [n_words, self.answers.count, *(len(single) for single in singles)]
        firsts = np.cumsum([0, *heights])
        table = np.zeros((firsts[-1], words.size), np.float32)
        table[words.local, words.rows] = words.entry_parts
        self.answers.fill(table[n_words : firsts[2]], start, start + words.size)
        local = np.full(self._rows.shape[1], -1, np.int32)
        local[words.words] = np.arange(n_words)
        local[self._firsts[1] : self._firsts[1] + self.answers.count] = np.arange(n_words, firsts[2])
        for kind, single, first, row in zip(PLACE_KINDS, singles, self._firsts[2:], firsts[2:], strict=False):
            table[row : row + len(single)] = single
            # A place that earns no lead anything has no column.
            known = columns[kind].codes + first < self._firsts[PLACE_KINDS.index(kind) + 3]
            local[columns[kind].codes[known] + first] = np.arange(row, row + len(single))[known]
        return BlockTerms(self._rows, local, table)


def _place_rows(kind: str, leads: LeadVectors) -> csr_matrix:
    indptr, codes, points = (getattr(leads, f"{kind}_{part}") for part in ("indptr", "codes", "points"))
    return csr_matrix((points, codes, indptr), (len(leads), codes.max(initial=-1) + 1))


@dataclass(frozen=True)
class BlockTerms:
    """The terms of a block as a dense table, to be multiplied with leads."""

    _rows: csr_matrix
    #: The row of each term in the table; -1 if the block does not have it.
    _local: NDArray[np.int32]
    #: float32 (terms of the block, properties): parts.
    _table: NDArray[np.float32]

    def add_to(self, units: NDArray[np.float32], leads: NDArray[np.intp]) -> None:
        """Add the units that the terms earn some leads to *units*, float32 (leads, block's properties), C order."""
        indptr, terms, points = rows_of_matrix(self._rows, leads)
        local = self._local[terms]
        kept = np.flatnonzero(local >= 0)
        add_product(units, np.searchsorted(kept, indptr), local[kept], points[kept], self._table)
