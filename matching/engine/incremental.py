"""Scoring a few changed leads or properties with a whole market, and updating the lists of the other side.

All results equal those of a full run to the last bit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.engine.pairs import pair_scores
from matching.engine.ranking import RankedLists
from matching.engine.vectors import LeadVectors, PropertyVectors
from matching.errors import InvalidInputError

#: An empty array of excluded pairs (lead, property).
NO_PAIRS = np.zeros((0, 2), np.int64)


def row_scores(
    leads: LeadVectors, properties: PropertyVectors, excluded: NDArray[np.int64] = NO_PAIRS
) -> NDArray[np.float32]:
    """
    Score a few leads against all properties.

    Args:
        excluded: (n, 2) pairs (row of *leads*, row of *properties*) that the lists leave out.
    Returns:
        (leads, properties), NaN where the pair is broken, of one owner, or excluded.
    """
    scores = np.full((len(leads), len(properties)), np.nan, np.float32)
    for row in range(len(leads)):
        scores[row] = pair_scores(leads.take([row]), properties)
    scores[excluded[:, 0], excluded[:, 1]] = np.nan
    return scores


def column_scores(
    leads: LeadVectors, properties: PropertyVectors, excluded: NDArray[np.int64] = NO_PAIRS
) -> NDArray[np.float32]:
    """:func:`row_scores` the other way round: all leads against a few properties, (leads, properties)."""
    scores = np.full((len(leads), len(properties)), np.nan, np.float32)
    for column in range(len(properties)):
        scores[:, column] = pair_scores(leads, properties.take([column]))
    scores[excluded[:, 0], excluded[:, 1]] = np.nan
    return scores


def score_leads_against(
    leads: LeadVectors,
    properties: PropertyVectors,
    k: int = 100,
    excluded_for_leads: NDArray[np.int64] = NO_PAIRS,
) -> RankedLists:
    """The *k* best properties for each of a few leads. *excluded_for_leads* are (row of leads, row of properties)."""
    return best_of_scores(row_scores(leads, properties, excluded_for_leads), k)


def score_properties_against(
    properties: PropertyVectors,
    leads: LeadVectors,
    k: int = 100,
    excluded_for_properties: NDArray[np.int64] = NO_PAIRS,
) -> RankedLists:
    """
    The *k* best leads for each of a few properties. *excluded_for_properties* are (row of leads, row of properties).
    """
    return best_of_scores(column_scores(leads, properties, excluded_for_properties).T, k)


def best_of_scores(scores: NDArray[np.float32], k: int) -> RankedLists:
    """The *k* best columns of each row of a score matrix; NaN never enters. Ties by column."""
    lists = []
    for row in scores:
        columns = np.flatnonzero(~np.isnan(row))
        if len(columns) > k:
            # Keep everything not below the k-th best, including ties, so that only these few need sorting.
            kth = np.partition(row[columns], len(columns) - k)[len(columns) - k]
            columns = columns[row[columns] >= kth]
        columns = columns[np.lexsort((columns, -row[columns]))][:k]
        lists.append(RankedLists(np.array([0, len(columns)]), columns.astype(np.int32), row[columns]))
    return RankedLists.concat(lists)


@dataclass(frozen=True)
class MergedLists:
    """The effect of a change of some columns on the other side's lists."""

    #: Rows whose list has changed, ascending; ``lists`` holds their new lists in that order.
    rows: NDArray[np.int64]
    lists: RankedLists
    #: Rows that lost an entry of a full list without a known replacement; they must be scored again.
    rows_to_recompute: NDArray[np.int64]


def merge_changed(
    existing: RankedLists, changed_columns: NDArray[np.integer], scores: NDArray[np.float32], k: int
) -> MergedLists:
    """
    Update lists after some columns were changed, added or removed.

    An entry of a changed column is removed and, if it has a new score, inserted again in order. In a list that was
    full, the entries behind its last one, the *cut*, are unknown. As long as *k* entries rank no worse than that cut,
    no unknown entry can belong among them; otherwise the row is returned for a full recomputation.

    Args:
        existing: Lists of n rows, computed with this *k*.
        changed_columns: (m,), without duplicates; numbered as in ``existing.columns``.
        scores: (n, m) new scores; NaN where the pair is broken, excluded or gone.
        k: Length of a full list.
    """
    if scores.shape != (len(existing), len(changed_columns)):
        raise InvalidInputError(f"scores must be {(len(existing), len(changed_columns))}, not {scores.shape}")
    rows = np.repeat(np.arange(len(existing)), existing.lengths)
    stale = np.isin(existing.columns, changed_columns)
    cut_score, cut_column, was_full = _cuts(existing, k)

    new_rows, new = np.nonzero(~np.isnan(scores))
    new_columns, new_scores = np.asarray(changed_columns)[new], scores[new_rows, new]
    # An entry that ranks behind the cut of a full list is among unknown entries, so its place is unknown.
    placed = ~was_full[new_rows] | _not_behind(new_scores, new_columns, cut_score[new_rows], cut_column[new_rows])
    new_rows, new_columns, new_scores = new_rows[placed], new_columns[placed], new_scores[placed]

    touched = np.zeros(len(existing), bool)
    touched[rows[stale]] = touched[new_rows] = True
    kept = ~stale & touched[rows]
    known = np.bincount(rows[kept], minlength=len(existing)) + np.bincount(new_rows, minlength=len(existing))
    lost = touched & was_full & (known < k)
    solid = np.flatnonzero(touched & ~lost)

    new_row = np.full(len(existing), -1)
    new_row[solid] = np.arange(len(solid))
    entry_rows = new_row[np.concatenate([rows[kept], new_rows])]
    used = entry_rows >= 0
    lists = RankedLists.from_entries(
        entry_rows[used],
        np.concatenate([existing.columns[kept], new_columns.astype(existing.columns.dtype)])[used],
        np.concatenate([existing.scores[kept], new_scores])[used],
        len(solid),
        k,
    )
    return MergedLists(solid, lists, np.flatnonzero(lost))


def _cuts(existing: RankedLists, k: int) -> tuple[NDArray[np.float32], NDArray[np.integer], NDArray[np.bool_]]:
    """Score and column of each row's last entry (0 where there is none), and whether the list is full."""
    if not len(existing.columns):
        return (
            np.zeros(len(existing), np.float32),
            np.zeros(len(existing), np.int64),
            np.zeros(len(existing), bool),
        )
    last = np.maximum(existing.indptr[1:] - 1, 0)
    return existing.scores[last], existing.columns[last], existing.lengths >= k


def _not_behind(
    scores: NDArray[np.float32],
    columns: NDArray[np.integer],
    cut_scores: NDArray[np.float32],
    cut_columns: NDArray[np.integer],
) -> NDArray[np.bool_]:
    return (scores > cut_scores) | ((scores == cut_scores) & (columns <= cut_columns))
