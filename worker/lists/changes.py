"""Applying changes of some leads and properties to the stored lists: their own, and those that contain them."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.engine.incremental import merge_changed
from models.core.enums import Side
from models.ranking.recommendations import LIST_LENGTH
from worker.lists.compute import ChangedScores, compute_lists, excluded_among, refill
from worker.lists.store import clear_lists, write_lists
from worker.market.change_set import ChangeSet
from worker.market.market_lock import require_generation
from worker.market.snapshot import Part, Snapshot, row_of
from worker.market.stored_lists import listed_elsewhere, listing_any, read_lists

#: When more entities than this have changed in a market, scoring all of it is quicker.
MAX_CHANGES = 300

#: When more lists than this may contain an entity, searching all lists is quicker than reading these.
MAX_LISTS_READ = 1000


class FormerVectors:
    """Changed entities as a snapshot held them before its refresh, which shows which lists contain them."""

    def __init__(self, snapshot: Snapshot, changes: ChangeSet) -> None:
        self._former = {side: snapshot.part(side).take(snapshot.part(side).rows_of(changes.ids(side))) for side in Side}

    def listed(self, side: Side, ids: frozenset[int], present: Part) -> Part | None:
        """
        The entities of *side*, in the versions from which the lists of the other side were computed.

        An entity's own list and its entries in other lists are written together, so both belong to the same version of
        it, unless a list was written since the snapshot. An entity without a list is in no other list.

        Args:
            present: This side after the refresh.
        Returns:
            None if the version of any of *ids* is not known.
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
    those that a full run over the snapshot would have stored, with one exception: entities that have no list of their
    own yet are in no other list. They enter the other lists when their own list is written. So when an entity without
    a list leaves the market, no list needs to be searched for it.

    Args:
        former: The changed entities before the snapshot's refresh; saves a search through all lists of the market.
        only: The owners of the lists to rewrite, where the caller knows that all other lists are correct.
    Raises:
        GenerationMovedError: The market's lists belong to another generation than the snapshot.
    """
    require_generation(session, snapshot.market, snapshot.generation)
    changes -= _listed_elsewhere(session, snapshot, changes)
    scorer = ChangedScores(snapshot, changes)
    for side in Side:
        ids = changes.ids(side)
        _rewrite_own(session, scorer, side, ids if only is None else ids & only.ids(side))
    for side in Side:
        owners = None if only is None else only.ids(side)
        if changes.ids(side.other) and (owners is None or owners):
            affected = _affected(session, scorer, side, changes.ids(side.other), former, owners)
            _rewrite_others(session, scorer, side, affected, changes)


def _listed_elsewhere(session: Session, snapshot: Snapshot, changes: ChangeSet) -> ChangeSet:
    """The entities that have moved to this market and are still listed in another, which they must leave first."""
    elsewhere = ChangeSet()
    for side in Side:
        part = snapshot.part(side)
        present = part.ids[part.rows_of(changes.ids(side))]
        elsewhere |= ChangeSet.of(side, listed_elsewhere(session, side, snapshot.market, present))
    return elsewhere


def _rewrite_own(session: Session, scorer: ChangedScores, side: Side, ids: frozenset[int]) -> None:
    """Rewrite the lists of the changed entities themselves; clear those of entities that have left the market."""
    part = scorer.snapshot.part(side)
    rows = part.rows_of(ids)
    gone = sorted(ids - set(part.ids[rows].tolist()))
    if gone:
        clear_lists(session, side, scorer.snapshot.market, gone)
    if len(rows):
        write_lists(session, side, scorer.snapshot.market, compute_lists(session, scorer, side, rows))


def _affected(
    session: Session,
    scorer: ChangedScores,
    side: Side,
    changed: frozenset[int],
    former: FormerVectors | None,
    only: frozenset[int] | None,
) -> NDArray[np.int64]:
    """Ids of *side* whose lists contain a *changed* entity of the other side or may have to; extra ids do no harm."""
    snapshot, changed_side = scorer.snapshot, side.other
    if only is not None and len(only) <= MAX_LISTS_READ:
        return np.array(sorted(only), np.int64)
    part, changed_part = snapshot.part(side), snapshot.part(changed_side)
    is_reached = np.zeros(len(part), bool)
    for row in changed_part.rows_of(changed).tolist():
        is_reached |= scorer.of(changed_side, row) >= part.entry_thresholds  # False for NaN, which marks a broken pair
    known = None if former is None else former.listed(changed_side, changed, changed_part)
    # Two kinds of lists may contain the changed entities in unknown versions: lists written since the snapshot, and
    # lists whose owner has changed and is not rescored yet (the vector that its list was computed from is gone).
    is_waiting = (part.listed_versions > 0) & (part.listed_versions != part.versions)
    unsure = np.union1d(snapshot.lists_written[side], part.ids[is_waiting])
    if known is None or len(unsure) > MAX_LISTS_READ:
        affected = np.union1d(part.ids[is_reached], listing_any(session, side, snapshot.market, sorted(changed)))
    else:
        for row in range(len(known)):
            is_reached |= scorer.of_vector(changed_side, known.vectors.take([row])) >= part.entry_thresholds
        affected = np.union1d(part.ids[is_reached], unsure)
    return affected if only is None else np.intersect1d(affected, sorted(only))


def _rewrite_others(
    session: Session, scorer: ChangedScores, side: Side, affected: NDArray[np.int64], changes: ChangeSet
) -> None:
    """Remove, move or insert the changed entities of the other side in the *affected* lists of *side*."""
    snapshot = scorer.snapshot
    part = snapshot.part(side)
    columns = np.array(sorted(changes.ids(side.other)), np.int64)
    # The lists of changed owners have been rewritten already, and those of departed owners cleared.
    affected = np.setdiff1d(affected, np.array(sorted(changes.ids(side)), np.int64))
    affected = affected[row_of(part.ids, affected) >= 0]
    stored = read_lists(session, side, snapshot.market, affected)
    if not len(stored.ids):
        return
    rows = row_of(part.ids, stored.ids)
    merged = merge_changed(stored.lists, columns, _scores_of(session, scorer, side, rows, columns), LIST_LENGTH)
    written = stored.take(merged.rows, merged.lists)
    lost = merged.rows_to_recompute
    if len(lost):
        former = stored.take(lost, stored.lists.take(lost))
        refilled = refill(session, scorer, side, rows[lost], former, changes)
        written = written.with_lists(former.ids, former.versions, refilled.lists)
    write_lists(session, side, snapshot.market, written)


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
    excluded = excluded_among(session, scorer.snapshot, side, changed_side, present)
    owner_column = 0 if side is Side.LEAD else 1
    excluded = excluded[np.isin(excluded[:, owner_column], rows)]
    of_present[np.searchsorted(rows, excluded[:, owner_column]), excluded[:, 1 - owner_column]] = np.nan
    scores[:, np.searchsorted(columns, other.ids[present])] = of_present
    return scores
