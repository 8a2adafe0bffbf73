"""Applying changes of some leads and properties to the stored lists: their own, and those that name them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.engine.incremental import best_of_scores, merge_changed
from matching.engine.pairs import pair_scores
from matching.engine.ranking import RankedLists
from matching.engine.topk import Market, score_market
from models.core.enums import Side
from models.ranking.recommendations import LIST_LENGTH
from models.rescoring.tiles import grid_of
from worker.celery_app.task_context import settings
from worker.lists.store import clear_lists, write_lists
from worker.market.change_set import ChangeSet
from worker.market.market_lock import require_generation
from worker.market.snapshot import Part, Snapshot, row_of
from worker.market.stored_lists import StoredLists, listed_elsewhere, listing_any, read_lists

#: When more entities than this have changed in a market, scoring all of it is quicker.
MAX_CHANGES = 300

#: When more lists than this may name an entity, searching all lists is quicker than reading these.
MAX_LISTS_READ = 1000

#: From this many lists on, one pass that skips most of the market is quicker than scoring all of it for each list in
#: turn (5 times at 100 lists, 30 times at 1,000, whatever the market's size).
SCORED_TOGETHER = 20

#: Changed entities whose scores with the whole other side are kept while their changes are applied.
SCORES_KEPT = 16


class FormerVectors:
    """Changed entities as a snapshot held them before its refresh: they tell which lists name them."""

    def __init__(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        self._former = {side: snapshot.part(side).take(snapshot.part(side).rows_of(changes.ids(side))) for side in Side}

    def listed(self, side: Side, ids: frozenset[int], present: Part) -> Part | None:
        """
        The entities of *side* in the versions that the others' lists, unless written since, name them in.

        A list names an entity in the version of that entity's own list: both are written together. An entity without a
        list is named by none.

        Args:
            present: This side after the refresh.
        Returns:
            None if the version is not known for each of *ids*.
        """
        former = self._former[side]
        is_listed = former.listed_versions > 0
        changed = is_listed & (former.versions != former.listed_versions)
        came = present.take(present.rows_of(ids - set(former.ids.tolist())))
        are_known = len(former) + len(came) == len(ids) and not changed.any() and not came.listed_versions.any()
        return former.take(np.flatnonzero(is_listed)) if are_known else None


def apply_changes(
    session: Session,
    snapshot: Snapshot,
    changes: ChangeSet,
    former: FormerVectors | None = None,
    only: ChangeSet | None = None,
) -> None:
    """
    Rewrite, in the caller's transaction, every list that the changes affect.

    The caller holds the market's lock and has refreshed the snapshot. Afterwards the lists equal, to the last bit,
    those that a full run over the snapshot would have stored, except that no list names entities that have no list of
    their own yet: they enter the others' lists together with their own. So an entity without a list that leaves the
    market need not be searched for.

    Args:
        former: The changed entities before the snapshot's refresh; saves a search through all lists of the market.
        only: The owners of the lists to rewrite, where the caller knows that all other lists are right.
    Raises:
        GenerationMovedError: The market's lists are of another generation than the snapshot.
    """
    require_generation(session, snapshot.market, snapshot.generation)
    changes -= _still_elsewhere(session, snapshot, changes)
    scorer = ChangedScores(snapshot, changes)
    for side in Side:
        ids = changes.ids(side)
        _rewrite_own(session, scorer, side, ids if only is None else ids & only.ids(side))
    for side in Side:
        owners = None if only is None else only.ids(side)
        if changes.ids(side.other) and (owners is None or owners):
            affected = _affected(session, scorer, side, changes.ids(side.other), former, owners)
            _rewrite_others(session, scorer, side, affected, changes)


class ChangedScores:
    """
    Scores of the changed entities with the whole other side.

    The last few are kept, for each is asked for three times. Also knows the rows that no list may name.
    """

    def __init__(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        self.snapshot = snapshot
        #: Rows of each side that have no list and get none now.
        self.unlisted: dict[Side, NDArray[np.int64]] = {}
        for side in Side:
            part = snapshot.part(side)
            unlisted = part.listed_versions == 0
            unlisted[part.rows_of(changes.ids(side))] = False
            self.unlisted[side] = np.flatnonzero(unlisted)
        self._kept: dict[tuple[Side, int], NDArray[np.float32]] = {}

    def of(self, side: Side, row: int) -> NDArray[np.float32]:
        """Scores of row *row* of *side* with each row of the other side; NaN where the pair is broken. Read only."""
        if (side, row) not in self._kept:
            part, other = self.snapshot.part(side), self.snapshot.part(side.other)
            while len(self._kept) >= SCORES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[side, row] = _scores(side, part.vectors.take([row]), other)
        return self._kept[side, row]


def _still_elsewhere(session: Session, snapshot: Snapshot, changes: ChangeSet) -> ChangeSet:
    """The entities that have come to this market and are still listed in another: they leave that one first."""
    elsewhere = ChangeSet()
    for side in Side:
        part = snapshot.part(side)
        present = part.ids[part.rows_of(changes.ids(side))]
        elsewhere |= ChangeSet.of(side, listed_elsewhere(session, side, snapshot.market, present))
    return elsewhere


def _scores(side: Side, vector: Any, others: Part) -> NDArray[np.float32]:
    """Scores of one entity of *side* with each of *others*."""
    return pair_scores(vector, others.vectors) if side is Side.LEAD else pair_scores(others.vectors, vector)


def _rewrite_own(session: Session, scorer: ChangedScores, side: Side, ids: frozenset[int]) -> None:
    """Rewrite the lists of the changed entities themselves; clear those of entities that have left the market."""
    part = scorer.snapshot.part(side)
    rows = part.rows_of(ids)
    gone = sorted(ids - set(part.ids[rows].tolist()))
    if gone:
        clear_lists(session, side, scorer.snapshot.market, gone)
    if len(rows):
        write_lists(session, side, scorer.snapshot.market, _computed(session, scorer, side, rows))


def _computed(session: Session, scorer: ChangedScores, side: Side, rows: NDArray[np.int64]) -> StoredLists:
    """The lists of these rows of *side*, computed from nothing."""
    snapshot = scorer.snapshot
    excluded = _excluded_among(session, snapshot, side, side, rows)
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

    They leave out the pairs (position ``owners[i]`` among *rows*, row ``entries[i]`` of the other side).
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


def _affected(
    session: Session,
    scorer: ChangedScores,
    side: Side,
    changed: frozenset[int],
    former: FormerVectors | None,
    only: frozenset[int] | None,
) -> NDArray[np.int64]:
    """Ids of *side* whose lists name a *changed* entity of the other side or may have to; a few too many do no harm."""
    snapshot, changed_side = scorer.snapshot, side.other
    if only is not None and len(only) <= MAX_LISTS_READ:
        return np.array(sorted(only), np.int64)
    part, changed_part = snapshot.part(side), snapshot.part(changed_side)
    is_reached = np.zeros(len(part), bool)
    for row in changed_part.rows_of(changed).tolist():
        is_reached |= scorer.of(changed_side, row) >= part.entry_thresholds  # NaN, a broken pair, reaches nothing
    known = None if former is None else former.listed(changed_side, changed, changed_part)
    # Two kinds of lists may name the changed entities in versions that are not known: lists written since the snapshot,
    # and lists whose owner has changed and is not rescored yet (its former vector, which the entries reached, is gone).
    is_waiting = (part.listed_versions > 0) & (part.listed_versions != part.versions)
    unsure = np.union1d(snapshot.lists_written[side], part.ids[is_waiting])
    if known is None or len(unsure) > MAX_LISTS_READ:
        affected = np.union1d(part.ids[is_reached], listing_any(session, side, snapshot.market, sorted(changed)))
    else:
        for row in range(len(known)):
            is_reached |= _scores(changed_side, known.vectors.take([row]), part) >= part.entry_thresholds
        affected = np.union1d(part.ids[is_reached], unsure)
    return affected if only is None else np.intersect1d(affected, sorted(only))


def _rewrite_others(
    session: Session, scorer: ChangedScores, side: Side, affected: NDArray[np.int64], changes: ChangeSet
) -> None:
    """Remove the changed entities of the other side from the *affected* lists of *side*, move them, or insert them."""
    snapshot = scorer.snapshot
    part = snapshot.part(side)
    columns = np.array(sorted(changes.ids(side.other)), np.int64)
    # The lists of changed owners are rewritten already; a departed owner's list is cleared with that change.
    affected = np.setdiff1d(affected, np.array(sorted(changes.ids(side)), np.int64))
    affected = affected[row_of(part.ids, affected) >= 0]
    stored = read_lists(session, side, snapshot.market, affected)
    if not len(stored.ids):
        return
    rows = row_of(part.ids, stored.ids)
    merged = merge_changed(stored.lists, columns, _scores_of(session, scorer, side, rows, columns), LIST_LENGTH)
    kept = StoredLists(stored.ids[merged.rows], stored.versions[merged.rows], merged.lists)
    write_lists(session, side, snapshot.market, kept)
    to_compute = merged.rows_to_recompute
    if len(to_compute):
        computed = _computed(session, scorer, side, rows[to_compute])
        versions = stored.versions[to_compute]
        write_lists(session, side, snapshot.market, StoredLists(computed.ids, versions, computed.lists))


def _scores_of(
    session: Session, scorer: ChangedScores, side: Side, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float32]:
    """
    (rows, columns) scores of these rows of *side* with the changed entities *columns*; NaN where gone or excluded.
    """
    changed_side, other = side.other, scorer.snapshot.part(side.other)
    scores = np.full((len(rows), len(columns)), np.nan, np.float32)
    present = other.rows_of(columns.tolist())
    if not len(present):
        return scores
    of_present = np.stack([scorer.of(changed_side, row)[rows] for row in present.tolist()], axis=1)
    excluded = _excluded_among(session, scorer.snapshot, side, changed_side, present)
    owner_column = 0 if side is Side.LEAD else 1
    excluded = excluded[np.isin(excluded[:, owner_column], rows)]
    of_present[np.searchsorted(rows, excluded[:, owner_column]), excluded[:, 1 - owner_column]] = np.nan
    scores[:, np.searchsorted(columns, other.ids[present])] = of_present
    return scores


def _excluded_among(
    session: Session, snapshot: Snapshot, side: Side, counted: Side, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """
    The pairs (lead, property) that lists of *side* leave out, among these *rows* of side *counted*.

    A pair names the entity of side *counted* by its position in *rows*, the other by its row.
    """
    name, column = ("lead_ids", 0) if counted is Side.LEAD else ("property_ids", 1)
    excluded = snapshot.excluded(session, side, **{name: snapshot.part(counted).ids[rows].tolist()})
    excluded[:, column] = np.searchsorted(rows, excluded[:, column])
    return excluded
