"""Computing the lists of some rows of one side of a market in full, or refilling lists that have lost entries."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.engine.incremental import best_of_scores
from matching.engine.pairs import KeptTerms, pair_scores
from matching.engine.ranking import RankedLists
from matching.engine.refill import ListsToRefill, refilled
from matching.engine.topk import Market, score_market
from matching.facts.places import rows_of
from models.core.enums import Side
from models.ranking.recommendations import LIST_LENGTH
from models.rescoring.tiles import grid_of
from worker.celery_app.task_context import settings
from worker.market.change_set import ChangeSet
from worker.market.snapshot import Snapshot, row_of
from worker.market.stored_lists import StoredLists

#: From this many lists on, one pass that skips most of the market is quicker than scoring all of it for each list in
#: turn (5 times at 100 lists, 30 times at 1,000, whatever the market's size).
SCORED_TOGETHER = 20

#: From this many lists on, lists that have lost entries are refilled by one matrix product. Fewer are computed as
#: quickly one by one; more than ``FILLED_UP_TO`` are computed in the pass that skips most of the market.
FILLED_UP_FROM = 4
FILLED_UP_TO = {Side.LEAD: 1500, Side.PROPERTY: 500}

#: Changed entities whose scores with the whole other side are kept while their changes are applied.
SCORES_KEPT = 16


class ChangedScores:
    """
    Scores of the changed entities with the whole other side.

    The last few scores are kept, because each is needed three times. Also holds the rows that no list may contain. An
    entity is scored in its present and its former version; parts that are equal in both are computed once.
    """

    def __init__(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        self.snapshot = snapshot
        #: Rows of each side that have no list and are not given one by these changes.
        self.unlisted: dict[Side, NDArray[np.int64]] = {}
        for side in Side:
            part = snapshot.part(side)
            unlisted = part.listed_versions == 0
            unlisted[part.rows_of(changes.ids(side))] = False
            self.unlisted[side] = np.flatnonzero(unlisted)
        self._kept: dict[tuple[Side, int], NDArray[np.float32]] = {}
        self._terms: dict[Side, KeptTerms] = {side: {} for side in Side}

    def of(self, side: Side, row: int) -> NDArray[np.float32]:
        """Scores of row *row* of *side* with each row of the other side; NaN where the pair is broken. Read only."""
        if (side, row) not in self._kept:
            part = self.snapshot.part(side)
            while len(self._kept) >= SCORES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[side, row] = self.of_vector(side, part.vectors.take([row]))
        return self._kept[side, row]

    def of_vector(self, side: Side, vector: Any) -> NDArray[np.float32]:
        """Scores of one entity of *side*, by its vector, with each row of the other side."""
        others, terms = self.snapshot.part(side.other).vectors, self._terms[side]
        return pair_scores(vector, others, terms) if side is Side.LEAD else pair_scores(others, vector, terms)


def compute_lists(session: Session, scorer: ChangedScores, side: Side, rows: NDArray[np.int64]) -> StoredLists:
    """The lists of these rows of *side*, computed in full."""
    snapshot = scorer.snapshot
    excluded = excluded_among(session, snapshot, side, side, rows)
    owners, entries = (excluded[:, 0], excluded[:, 1]) if side is Side.LEAD else (excluded[:, 1], excluded[:, 0])
    n_others = len(snapshot.part(side.other))
    if len(rows) >= SCORED_TOGETHER and grid_of(len(rows), n_others, settings().worker_memory_mb) == (1, 1):
        return snapshot.named(side, _scored_together(scorer, side, rows, owners, entries), rows)
    lists = []
    for position, row in enumerate(rows.tolist()):
        scores = scorer.of(side, row).copy()
        scores[scorer.unlisted[side.other]] = np.nan
        scores[entries[owners == position]] = np.nan
        lists.append(best_of_scores(scores[np.newaxis], LIST_LENGTH))
    return snapshot.named(side, RankedLists.concat(lists), rows)


def _scored_together(
    scorer: ChangedScores, side: Side, rows: NDArray[np.int64], owners: NDArray[np.int64], entries: NDArray[np.int64]
) -> RankedLists:
    """
    The lists of these rows of *side*, scored in one pass.

    The pairs (position ``owners[i]`` among *rows*, row ``entries[i]`` of the other side) are left out.
    """
    other = scorer.snapshot.part(side.other)
    listed = np.delete(np.arange(len(other)), scorer.unlisted[side.other])
    entries = row_of(listed, entries)
    owners, entries = owners[entries >= 0], entries[entries >= 0]
    owner_vectors = scorer.snapshot.part(side).vectors.take(rows)
    entry_vectors = other.vectors if len(listed) == len(other) else other.vectors.take(listed)
    if side is Side.LEAD:
        market = Market(owner_vectors, entry_vectors, excluded_for_leads=np.stack([owners, entries], axis=1))
        lists = score_market(market, LIST_LENGTH, threads=1, for_properties=False).for_leads
    else:
        market = Market(entry_vectors, owner_vectors, excluded_for_properties=np.stack([entries, owners], axis=1))
        lists = score_market(market, LIST_LENGTH, threads=1, for_leads=False).for_properties
    return RankedLists(lists.indptr, listed[lists.columns], lists.scores)


def refill(
    session: Session,
    scorer: ChangedScores,
    side: Side,
    rows: NDArray[np.int64],
    former: StoredLists,
    changed: ChangeSet,
) -> StoredLists:
    """
    The lists of these rows of *side*, which have lost entries; equal to the result of :func:`compute_lists`.

    Args:
        former: The stored lists of *rows*, which were full.
        changed: The changed entities, whose scores in *former* are no longer valid.
    """
    if not FILLED_UP_FROM <= len(rows) <= FILLED_UP_TO[side]:
        return compute_lists(session, scorer, side, rows)
    snapshot = scorer.snapshot
    part, other = snapshot.part(side), snapshot.part(side.other)
    excluded = excluded_among(session, snapshot, side, side, rows)
    excluded = excluded if side is Side.LEAD else excluded[:, ::-1]
    # An entry's stored score is valid if neither the entry nor the owner has changes that are still to be applied.
    is_current = (other.versions == other.listed_versions) & (other.listed_versions > 0)
    is_current[other.rows_of(changed.ids(side.other))] = False
    owners, columns = rows_of(former.lists.indptr), row_of(other.ids, former.lists.columns)
    known = (columns >= 0) & is_current[columns] & (former.versions == part.versions[rows])[owners]
    known &= ~np.isin(owners * len(other) + columns, excluded[:, 0] * len(other) + excluded[:, 1])
    known_lists = RankedLists.from_entries(
        owners[known], columns[known], former.lists.scores[known], len(rows), LIST_LENGTH
    )
    taken = part.vectors.take(rows)
    leads, properties = (taken, other.vectors) if side is Side.LEAD else (other.vectors, taken)
    lacking = ListsToRefill(
        known_lists, leads, properties, side is Side.LEAD, LIST_LENGTH, excluded, scorer.unlisted[side.other]
    )
    lists, left = refilled(lacking)
    if len(left):
        computed = compute_lists(session, scorer, side, rows[left])
        source = np.arange(len(rows))
        source[left] = len(rows) + np.arange(len(left))
        filled = snapshot.named(side, lists, rows)
        both = RankedLists.concat([filled.lists, computed.lists]).take(source)
        return StoredLists(filled.ids, filled.versions, both)
    return snapshot.named(side, lists, rows)


def excluded_among(
    session: Session, snapshot: Snapshot, side: Side, counted: Side, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """
    The pairs (lead, property) that lists of *side* leave out, restricted to these *rows* of side *counted*.

    In a pair, the entity of side *counted* is given by its position in *rows*, the other entity by its row.
    """
    name, column = ("lead_ids", 0) if counted is Side.LEAD else ("property_ids", 1)
    excluded = snapshot.excluded(session, side, **{name: snapshot.part(counted).ids[rows].tolist()})
    excluded[:, column] = np.searchsorted(rows, excluded[:, column])
    return excluded
