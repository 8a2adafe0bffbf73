"""Making lists right after some leads or properties changed, came or went: theirs, and those they stand in."""

from collections.abc import Mapping
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
from worker.lists.store import StoredLists, clear_lists, listed_elsewhere, listing_any, read_lists, write_lists
from worker.market.snapshot import Part, Snapshot, row_of

#: When more than this has changed in a market, scoring all of it is the quicker way to make it right.
MOST_CHANGES = 300

#: When more lists than this may hold an entity, searching all lists is quicker than reading these.
MOST_LISTS_READ = 1000

#: From so many lists on, one pass that skips most of the market is quicker than scoring all of it for one after another
#: (5 times at 100 lists, 30 times at 1,000, whatever the market's size).
SCORED_TOGETHER = 20

#: Changed entities whose scores with the whole other side are kept while their changes are applied.
SCORES_KEPT = 16


class Before:
    """What a snapshot knew of some entities before it was refreshed: tells in whose lists they stand."""

    def __init__(self, snapshot: Snapshot, lead_ids: set[int], property_ids: set[int]) -> None:
        self._known = {
            side: snapshot.part(side).take(snapshot.part(side).rows_of(ids))
            for side, ids in ((Side.LEAD, lead_ids), (Side.PROPERTY, property_ids))
        }

    def listed(self, side: Side, ids: set[int], now: Part) -> Part | None:
        """
        The entities of *side* as they are in the others' lists that have not been written since; None if that cannot be
        told of all of *ids*.

        Lists hold an entity by the version that its own list was computed from: both are written together. One that has
        no list stands in none.

        Args:
            now: This side after the refresh.
        """
        known = self._known[side]
        stands = known.listed_versions > 0
        changed = stands & (known.versions != known.listed_versions)
        came = now.take(now.rows_of(ids - set(known.ids.tolist())))
        told = len(known) + len(came) == len(ids) and not changed.any() and not came.listed_versions.any()
        return known.take(np.flatnonzero(stands)) if told else None


def apply_changes(
    session: Session,
    snapshot: Snapshot,
    lead_ids: set[int],
    property_ids: set[int],
    before: Before | None = None,
    only: Mapping[Side, set[int]] | None = None,
) -> None:
    """
    Rewrite, in the caller's transaction, every list that the given leads and properties touch.

    The caller holds the market's lock and has refreshed the snapshot. Afterwards the lists are what a full run over the
    snapshot would have stored, to the last bit, but for entities of the market that have no list yet: these stand in
    nobody's lists until they are made right themselves. So whoever has no list need not be looked for when it leaves.

    Args:
        before: The changed entities as the snapshot had them before it was refreshed. It saves a search through all
            lists of the market.
        only: The lists to look at; the caller knows that all others are right. Without it, all.
    """
    changed = {
        side: ids - _still_elsewhere(session, snapshot, side, ids)
        for side, ids in ((Side.LEAD, lead_ids), (Side.PROPERTY, property_ids))
    }
    fresh = _Fresh(snapshot, changed)
    for side in Side:
        _rewrite_own(session, fresh, side, changed[side] if only is None else changed[side] & only[side])
    for side in Side:
        if changed[side.other] and (only is None or only[side]):
            touched = _touched(session, fresh, side, changed[side.other], before, only and only[side])
            _rewrite_others(session, fresh, side, touched, changed)


class _Fresh:
    """What is worked out for the changed entities: scores against all of the other side, of the last few kept, for they are
    asked for thrice; and who is not to stand in lists."""

    def __init__(self, snapshot: Snapshot, changed: Mapping[Side, set[int]]) -> None:
        self.snapshot = snapshot
        #: Rows of each side that have no list and get none now.
        self.unlisted: dict[Side, NDArray[np.int64]] = {}
        for side in Side:
            part = snapshot.part(side)
            unlisted = part.listed_versions == 0
            unlisted[part.rows_of(changed[side])] = False
            self.unlisted[side] = np.flatnonzero(unlisted)
        self._kept: dict[tuple[Side, int], NDArray[np.float32]] = {}

    def of(self, side: Side, row: int) -> NDArray[np.float32]:
        """Of row *row* of *side* with every row of the other side; NaN where the pair is broken. Not to be written to."""
        if (side, row) not in self._kept:
            part, other = self.snapshot.part(side), self.snapshot.part(side.other)
            while len(self._kept) >= SCORES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[side, row] = _scores(side, part.vectors.take([row]), other)
        return self._kept[side, row]


def _still_elsewhere(session: Session, snapshot: Snapshot, side: Side, ids: set[int]) -> set[int]:
    """Those of *ids* that have come to this market and stand in another's lists: they leave there first."""
    part = snapshot.part(side)
    return listed_elsewhere(session, side, snapshot.market, part.ids[part.rows_of(ids)])


def _scores(side: Side, one: Any, others: Part) -> NDArray[np.float32]:
    """Of one entity of *side* with each of *others*."""
    return pair_scores(one, others.vectors) if side is Side.LEAD else pair_scores(others.vectors, one)


def _rewrite_own(session: Session, fresh: _Fresh, side: Side, ids: set[int]) -> None:
    """The lists of the changed entities themselves; those that have left stand in no market any more."""
    part = fresh.snapshot.part(side)
    rows = part.rows_of(ids)
    gone = sorted(ids - set(part.ids[rows].tolist()))
    if gone:
        clear_lists(session, side, fresh.snapshot.market, gone)
    if len(rows):
        write_lists(session, side, fresh.snapshot.market, _scored(session, fresh, side, rows))


def _scored(session: Session, fresh: _Fresh, side: Side, rows: NDArray[np.int64]) -> StoredLists:
    """Fresh lists of these rows of *side*."""
    excluded = _excluded_among(session, fresh.snapshot, side, side, rows)
    mine, theirs = (excluded[:, 0], excluded[:, 1]) if side is Side.LEAD else (excluded[:, 1], excluded[:, 0])
    others = len(fresh.snapshot.part(side.other))
    if len(rows) >= SCORED_TOGETHER and grid_of(len(rows), others, settings().worker_memory_mb) == (1, 1):
        return fresh.snapshot.named(side, _scored_together(fresh, side, rows, mine, theirs), rows)
    lists = []
    for place, row in enumerate(rows.tolist()):
        scores = fresh.of(side, row).copy()
        scores[fresh.unlisted[side.other]] = np.nan
        scores[theirs[mine == place]] = np.nan
        lists.append(best_of_scores(scores[np.newaxis], LIST_LENGTH))
    return fresh.snapshot.named(side, RankedLists.concat(lists), rows)


def _scored_together(
    fresh: _Fresh, side: Side, rows: NDArray[np.int64], mine: NDArray[np.int64], theirs: NDArray[np.int64]
) -> RankedLists:
    """Lists of these rows of *side*, which leave out the pairs of place *mine* among them and row *theirs* of the other side."""
    other = fresh.snapshot.part(side.other)
    listed = np.delete(np.arange(len(other)), fresh.unlisted[side.other])
    theirs = row_of(listed, theirs)
    mine, theirs = mine[theirs >= 0], theirs[theirs >= 0]
    few = fresh.snapshot.part(side).vectors.take(rows)
    many = other.vectors if len(listed) == len(other) else other.vectors.take(listed)
    if side is Side.LEAD:
        market = Market(few, many, excluded_for_leads=np.stack([mine, theirs], axis=1))
        found = score_market(market, LIST_LENGTH, threads=1, for_properties=False).for_leads
    else:
        market = Market(many, few, excluded_for_properties=np.stack([theirs, mine], axis=1))
        found = score_market(market, LIST_LENGTH, threads=1, for_leads=False).for_properties
    return RankedLists(found.indptr, listed[found.columns], found.scores)


def _touched(
    session: Session,
    fresh: _Fresh,
    side: Side,
    changed: set[int],
    before: Before | None,
    only: set[int] | None,
) -> NDArray[np.int64]:
    """Ids of *side* in whose lists the *changed* of the other side stand or may now belong; a few too many do no harm."""
    snapshot, few = fresh.snapshot, side.other
    if only is not None and len(only) <= MOST_LISTS_READ:
        return np.array(sorted(only), np.int64)
    part = snapshot.part(side)
    reached = np.zeros(len(part), bool)
    for row in snapshot.part(few).rows_of(changed).tolist():
        reached |= fresh.of(few, row) >= part.cuts  # NaN, where the pair is broken, reaches nothing
    known = before and before.listed(few, changed, snapshot.part(few))
    # Lists written since may hold a version of the changed that we have never seen; and of owners that have changed, too,
    # and are yet to be made right, we do not know any more what reached their lists.
    waiting = (part.listed_versions > 0) & (part.listed_versions != part.versions)
    unsure = np.union1d(snapshot.lists_written[side], part.ids[waiting])
    if known is None or len(unsure) > MOST_LISTS_READ:
        touched = np.union1d(part.ids[reached], listing_any(session, side, snapshot.market, sorted(changed)))
    else:
        for row in range(len(known)):
            reached |= _scores(few, known.vectors.take([row]), part) >= part.cuts
        touched = np.union1d(part.ids[reached], unsure)
    return touched if only is None else np.intersect1d(touched, sorted(only))


def _rewrite_others(
    session: Session, fresh: _Fresh, side: Side, touched: NDArray[np.int64], changed: dict[Side, set[int]]
) -> None:
    """Those lists of *side* with the changed entities of the other side taken out, moved or put in."""
    snapshot = fresh.snapshot
    part = snapshot.part(side)
    columns = np.array(sorted(changed[side.other]), np.int64)
    # Lists of changed entities are fresh already; one whose owner has left the market will be cleared by that change.
    touched = np.setdiff1d(touched, np.array(sorted(changed[side]), np.int64))
    touched = touched[row_of(part.ids, touched) >= 0]
    stored = read_lists(session, side, snapshot.market, touched)
    if not len(stored.ids):
        return
    rows = row_of(part.ids, stored.ids)
    merged = merge_changed(stored.lists, columns, _scores_of(session, fresh, side, rows, columns), LIST_LENGTH)
    kept = StoredLists(stored.ids[merged.rows], stored.versions[merged.rows], merged.lists)
    write_lists(session, side, snapshot.market, kept)
    lost = merged.rows_to_recompute
    if len(lost):
        anew = _scored(session, fresh, side, rows[lost])
        write_lists(session, side, snapshot.market, StoredLists(anew.ids, stored.versions[lost], anew.lists))


def _scores_of(
    session: Session, fresh: _Fresh, side: Side, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(rows, columns) scores of these rows of *side* with the changed entities *columns*; NaN where gone or left out."""
    few, other = side.other, fresh.snapshot.part(side.other)
    scores = np.full((len(rows), len(columns)), np.nan, np.float32)
    there = other.rows_of(columns.tolist())
    if not len(there):
        return scores
    found = np.stack([fresh.of(few, row)[rows] for row in there.tolist()], axis=1)
    excluded = _excluded_among(session, fresh.snapshot, side, few, there)
    mine_column = 0 if side is Side.LEAD else 1
    among = np.isin(excluded[:, mine_column], rows)
    found[np.searchsorted(rows, excluded[among, mine_column]), excluded[among, 1 - mine_column]] = np.nan
    scores[:, np.searchsorted(columns, other.ids[there])] = found
    return scores


def _excluded_among(
    session: Session, snapshot: Snapshot, side: Side, few: Side, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What lists of *side* leave out, as (lead row, property row), the rows of side *few* counted within *rows*."""
    name, column = ("lead_ids", 0) if few is Side.LEAD else ("property_ids", 1)
    excluded = snapshot.excluded(session, side, **{name: snapshot.part(few).ids[rows].tolist()})
    excluded[:, column] = np.searchsorted(rows, excluded[:, column])
    return excluded
