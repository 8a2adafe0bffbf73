"""Making lists right after some leads or properties changed, came or went: theirs, and those they stand in."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.incremental import (
    column_scores,
    merge_changed,
    row_scores,
    score_leads_against,
    score_properties_against,
)
from matching.ranking import RankedLists
from models.enums import Side
from models.recommendations import LIST_LENGTH
from worker.snapshot import Part, Snapshot
from worker.store import StoredLists, clear_lists, cuts, listing_any, read_lists, write_lists


def apply_changes(session: Session, snapshot: Snapshot, lead_ids: set[int], property_ids: set[int]) -> None:
    """
    Rewrite, in the caller's transaction, every list that the given leads and properties touch.

    The caller holds the market's lock and has refreshed the snapshot. Afterwards the lists are what a full run over the
    snapshot would have stored, to the last bit.
    """
    changed = {Side.LEAD: lead_ids, Side.PROPERTY: property_ids}
    for side in Side:
        _rewrite_own(session, snapshot, side, changed[side])
    for side in Side:
        _rewrite_others(session, snapshot, side, changed[side], changed[_other(side)])


def _rewrite_own(session: Session, snapshot: Snapshot, side: Side, ids: set[int]) -> None:
    """The lists of the changed entities themselves; those that have left stand in no market any more."""
    part = _part(snapshot, side)
    rows = part.rows_of(ids)
    gone = sorted(ids - set(part.ids[rows].tolist()))
    if gone:
        clear_lists(session, side, snapshot.market, gone)
    if len(rows):
        write_lists(session, side, snapshot.market, _scored(session, snapshot, side, rows))


def _scored(session: Session, snapshot: Snapshot, side: Side, rows: NDArray[np.int64]) -> StoredLists:
    """Fresh lists of these rows of *side*."""
    part, other = _part(snapshot, side), _part(snapshot, _other(side))
    excluded = _excluded_among(session, snapshot, side, side, rows)
    if side is Side.LEAD:
        lists = score_leads_against(part.vectors.take(rows), other.vectors, LIST_LENGTH, excluded)
    else:
        lists = score_properties_against(part.vectors.take(rows), other.vectors, LIST_LENGTH, excluded)
    return StoredLists(part.ids[rows], part.versions[rows], _by_id(lists, other))


def _rewrite_others(session: Session, snapshot: Snapshot, side: Side, already: set[int], changed: set[int]) -> None:
    """The lists of *side* in which *changed* entities of the other side stand, stood or belong; not those done *already*."""
    if not changed:
        return
    part = _part(snapshot, side)
    columns = np.array(sorted(changed), np.int64)
    scores = _scores_of(session, snapshot, side, columns)
    ids, cut = cuts(session, side, snapshot.market, LIST_LENGTH)
    row_of = {int(entity): row for row, entity in enumerate(part.ids)}
    here = np.array([row_of.get(int(entity), -1) for entity in ids], np.int64)
    reach = np.zeros(len(ids), bool)
    if len(ids):
        best = np.where(np.isnan(scores), -np.inf, scores).max(axis=1, initial=-np.inf)
        reach = (here >= 0) & (np.append(best, -np.inf)[here] >= cut)
    touched = np.union1d(ids[reach], listing_any(session, side, snapshot.market, columns.tolist()))
    touched = np.setdiff1d(touched, np.fromiter(already, np.int64, len(already)))
    stored = read_lists(session, side, snapshot.market, touched)
    known = np.array([int(entity) in row_of for entity in stored.ids], bool)
    # A list whose owner is not in the snapshot has left the market; its own change will clear it.
    stored = StoredLists(stored.ids[known], stored.versions[known], stored.lists.take(np.flatnonzero(known)))
    rows = np.array([row_of[int(entity)] for entity in stored.ids], np.int64)
    merged = merge_changed(stored.lists, columns, scores[rows] if len(rows) else scores[:0], LIST_LENGTH)
    write_lists(
        session,
        side,
        snapshot.market,
        StoredLists(stored.ids[merged.rows], stored.versions[merged.rows], merged.lists),
    )
    if len(merged.rows_to_recompute):
        fresh = _scored(session, snapshot, side, rows[merged.rows_to_recompute])
        write_lists(
            session,
            side,
            snapshot.market,
            StoredLists(fresh.ids, stored.versions[merged.rows_to_recompute], fresh.lists),
        )


def _scores_of(session: Session, snapshot: Snapshot, side: Side, columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """(rows of *side*, columns) scores against the changed entities of the other side; NaN where gone or left out."""
    part, other = _part(snapshot, side), _part(snapshot, _other(side))
    scores = np.full((len(part), len(columns)), np.nan, np.float32)
    there = other.rows_of(columns.tolist())
    if not len(there) or not len(part):
        return scores
    excluded = _excluded_among(session, snapshot, side, _other(side), there)
    vectors = other.vectors.take(there)
    if side is Side.LEAD:
        found = column_scores(part.vectors, vectors, excluded)
    else:
        found = row_scores(vectors, part.vectors, excluded).T
    scores[:, np.searchsorted(columns, other.ids[there])] = found
    return scores


def _excluded_among(
    session: Session, snapshot: Snapshot, side: Side, few: Side, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What lists of *side* leave out, as (lead row, property row), the rows of side *few* counted within *rows*."""
    name, column = ("lead_ids", 0) if few is Side.LEAD else ("property_ids", 1)
    excluded = snapshot.excluded(session, side, **{name: _part(snapshot, few).ids[rows].tolist()})
    excluded[:, column] = np.searchsorted(rows, excluded[:, column])
    return excluded


def _by_id(lists: RankedLists, other: Part) -> RankedLists:
    """The lists with the other side's ids in place of its rows."""
    return RankedLists(lists.indptr, other.ids[lists.columns], lists.scores)


def _part(snapshot: Snapshot, side: Side) -> Part:
    return snapshot.leads if side is Side.LEAD else snapshot.properties


def _other(side: Side) -> Side:
    return Side.PROPERTY if side is Side.LEAD else Side.LEAD
