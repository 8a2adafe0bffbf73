"""
Refilling the lists of a few rows of one side that have lost an entry or two, without scoring each row with the whole
other side.

In a list of *k* entries the pairs behind the last entry are unknown. The remaining entries are known, so only the best
of the unknown pairs are needed, one or two for each list. Upper bounds of all pairs are computed by one product
(:mod:`matching.engine.bounds_of_few`). Then the few pairs of each list with the highest bounds are scored, which mostly
decides which are the best.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.engine.bounds_of_few import Bounded, max_units_of_leads, max_units_of_properties
from matching.engine.buckets import Bucket
from matching.engine.ends import NOTHING, Ends, ends_at, ends_of_keys, units_of_ends
from matching.engine.pairs import pair_units
from matching.engine.ranking import RankedLists, best_of_groups, pack, unpack
from matching.engine.units import MAX_UNITS
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError
from matching.facts.places import rows_of

#: A sample of columns from the whole market whose bounds are computed first, besides those of the known entries: they
#: show how high a pair's bound must be.
SAMPLE = 512
#: Pairs of a list that are scored in addition to the number that it lacks: in the first round, and, if that does not
#: decide the list, in the second.
EXTRA_CANDIDATES = (24, 400)


@dataclass(frozen=True)
class ListsToRefill:
    """
    The lists of a few rows of one side, the *owners*; each list may lack some of its *k* entries.

    Exactly one of the sides contains the owners; the other is the whole other side of the market, and its rows are the
    columns.
    """

    #: The known entries of each list, best first. All other entries rank behind them or are scored here.
    known: RankedLists
    leads: LeadVectors
    properties: PropertyVectors
    owners_are_leads: bool
    k: int
    #: (n, 2) pairs (owner, column) that lists leave out; none is among the known entries.
    excluded: NDArray[np.int64]
    #: Columns that no list may contain; none is among the known entries.
    unlisted: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.known) != len(self.owners):
            raise InvalidInputError(f"{len(self.known)} lists for {len(self.owners)} owners")

    @property
    def owners(self) -> LeadVectors | PropertyVectors:
        return self.leads if self.owners_are_leads else self.properties

    @property
    def others(self) -> LeadVectors | PropertyVectors:
        return self.properties if self.owners_are_leads else self.leads

    def of_owners(self, rows: NDArray[np.intp]) -> "ListsToRefill":
        """The lists of some owners (ascending)."""
        position = np.minimum(np.searchsorted(rows, self.excluded[:, 0]), len(rows) - 1)
        kept = rows[position] == self.excluded[:, 0]
        excluded = np.stack([position[kept], self.excluded[kept, 1]], axis=1)
        known = self.known.take(rows)
        if self.owners_are_leads:
            return replace(self, known=known, excluded=excluded, leads=self.leads.take(rows))
        return replace(self, known=known, excluded=excluded, properties=self.properties.take(rows))

    def units(self, owners: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """The units of pairs; -1 where forbidden."""
        rows = (owners, columns) if self.owners_are_leads else (columns, owners)
        return pair_units(self.leads.take(rows[0]), self.properties.take(rows[1]))

    def max_units(
        self, sample: NDArray[np.int64] | None, minimum: Callable[[], NDArray[np.float32]]
    ) -> Iterator[Bounded]:
        """Bounds of pairs with a *sample* of the columns, or with all columns, that may reach the *minimum* units."""
        others = self.others if sample is None else self.others.take(sample)
        if isinstance(others, PropertyVectors):
            portions = max_units_of_leads(self.leads, others)
        else:
            portions = max_units_of_properties(others, self.properties, minimum)
        for portion in portions:
            yield portion if sample is None else Bounded(sample[portion.rows], portion.units)


def refilled(lacking: ListsToRefill) -> tuple[RankedLists, NDArray[np.intp]]:
    """
    The refilled lists, and the owners whose lists are still undecided because too many pairs have bounds above their
    units.
    """
    lists, left = lacking.known, np.arange(len(lacking.known))
    for spare in EXTRA_CANDIDATES if len(lacking.others) else ():
        if not len(left):
            break
        refilled_lists, is_settled = _Search(lacking.of_owners(left)).best(spare)
        source = np.arange(len(lists))
        source[left] = len(lists) + np.arange(len(left))
        lists = RankedLists.concat([lists, refilled_lists]).take(source)
        left = left[~is_settled]
    return lists, left


class _Search:
    """The search for the missing entries of some owners' lists."""

    def __init__(self, lists: ListsToRefill) -> None:
        self._lists = lists
        self._is_unlisted = np.zeros(len(lists.others), bool)
        self._is_unlisted[lists.unlisted] = True
        self._lacking = lists.k - lists.known.lengths
        # Pairs that are not wanted, by column.
        owner = np.concatenate([rows_of(lists.known.indptr), lists.excluded[:, 0]])
        column = np.concatenate([lists.known.columns.astype(np.int64), lists.excluded[:, 1]])
        by_column = np.argsort(column, kind="stable")
        self._taken_owners, self._taken = owner[by_column], column[by_column]

    def best(self, spare: int) -> tuple[RankedLists, NDArray[np.bool_]]:
        """All lists, and whether each is decided, after scoring *spare* more pairs than the list lacks."""
        known, k, n = self._lists.known, self._lists.k, len(self._lists.known)
        count = int(self._lacking.max(initial=0)) + spare
        # Only lists that lack entries admit pairs.
        ends = np.where(self._lacking > 0, ends_at(np.zeros(n, np.float32)), NOTHING)
        for sample in (self._sample(), None):
            promising = Bucket(n, count)
            self._bound(sample, promising, ends)
            keys, indptr = promising.finish()
            full = np.flatnonzero(np.diff(indptr) == count)
            ends[full] = np.minimum(ends[full], ends_of_keys(keys[indptr[full + 1] - 1]))
        owner, column = rows_of(indptr), unpack(keys, indptr).columns.astype(np.int64)
        units = self._lists.units(owner, column)
        allowed = units >= 0
        scored = pack(owner[allowed], units[allowed].astype(np.float32), column[allowed])
        scored, scored_indptr = best_of_groups(scored, n, k)
        best = unpack(scored, scored_indptr)
        joined = RankedLists.from_entries(
            np.concatenate([rows_of(known.indptr), rows_of(scored_indptr)]),
            np.concatenate([known.columns, best.columns]),
            np.concatenate([known.scores, best.scores]),
            n,
            k,
        )
        # By their bounds, unscored pairs rank behind the last scored pair. So they also rank behind the list's new
        # entries, if these do not rank behind that last pair's bound.
        is_settled = np.diff(indptr) < count
        enough = np.flatnonzero((np.diff(scored_indptr) >= self._lacking) & ~is_settled)
        worst = ends_of_keys(scored[scored_indptr[enough] + self._lacking[enough] - 1])
        is_settled[enough] = worst <= ends[enough]
        return joined, is_settled

    def _sample(self) -> NDArray[np.int64]:
        n = len(self._lists.others)
        return np.union1d(self._lists.known.columns, np.arange(0, n, max(1, n // SAMPLE))).astype(np.int64)

    def _bound(self, sample: NDArray[np.int64] | None, promising: Bucket, ends: NDArray[np.int64]) -> None:
        """Add the pairs with a *sample* of the columns, or with all columns, that may rank within the *ends*."""
        for columns, units in self._lists.max_units(sample, lambda: units_of_ends(ends)):
            if not len(columns):
                continue
            self._strike(units, columns)
            now = Ends.of(ends)
            within = np.flatnonzero(units >= now.min_units(int(columns[0])))
            row, owner = np.divmod(within, units.shape[1])
            maximum, column = np.minimum(units.ravel()[within], MAX_UNITS), columns[row]
            kept = now.ranks_within(owner, maximum, column)
            promising.add(pack(owner[kept], maximum[kept], column[kept]), ends)

    def _strike(self, units: NDArray[np.float32], columns: NDArray[np.int64]) -> None:
        """Set the units of unwanted pairs to -1; *columns* ascend."""
        units[self._is_unlisted[columns]] = -1
        span = slice(*np.searchsorted(self._taken, [columns[0], columns[-1] + 1]))
        row = np.minimum(np.searchsorted(columns, self._taken[span]), len(columns) - 1)
        is_owned = columns[row] == self._taken[span]
        units[row[is_owned], self._taken_owners[span][is_owned]] = -1
