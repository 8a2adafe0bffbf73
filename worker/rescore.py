"""Rescoring a market: wholly, or just what is stale in it. One transaction a market; readers never wait."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.ranking import RankedLists
from matching.topk import score_market
from models.enums import Side, Status
from models.leads import Lead
from models.properties import Property
from models.recommendations import LIST_LENGTH, LeadRecommendations, PropertyRecommendations, stale_rows
from models.users import User
from worker.changes import Before, apply_changes, other_side
from worker.load import MarketKey
from worker.markets import lock_market, text_model, weights
from worker.snapshot import Snapshot
from worker.store import StoredLists, write_lists

#: When more than this has changed in a market, scoring all of it is the quicker way to make it right.
MOST_CHANGES = 300

#: Snapshots kept by this process, least recently used first.
_snapshots: dict[MarketKey, Snapshot] = {}
SNAPSHOTS_KEPT = 8


def rebuild_market(
    session: Session,
    market: MarketKey,
    text_model_id: int | None,
    run_id: int | None = None,
    *,
    weights_id: int | None = None,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> int:
    """
    Compute and store every list of the market; the caller commits. How many lists.

    Without *weights_id* the default weights count.

    Scoring holds no lock. What was written meanwhile is made right in the transaction that publishes, so that a run
    never takes readers back behind a change that they have seen.

    Raises:
        ScoringStoppedError: *should_stop* said so; nothing is stored.
    """
    _leave_other_markets(session, market)
    snapshot = _load(session, market, text_model_id, weights_id)
    scored = snapshot.as_market(session)
    session.commit()  # scoring takes long; it must not hold back the database's clean-up
    lists = score_market(scored, LIST_LENGTH, threads, progress, should_stop)
    row = lock_market(session, market)
    parts = ((Side.LEAD, lists.for_leads), (Side.PROPERTY, lists.for_properties))
    for side, ranked in parts:
        part, other = snapshot.part(side), snapshot.part(other_side(side))
        named = RankedLists(ranked.indptr, other.ids[ranked.columns], ranked.scores)
        write_lists(session, side, market, StoredLists(part.ids, part.versions, named), run_id)
    row.text_model_id, row.weights_id, row.run_id = text_model_id, weights_id, run_id
    row.generation += 1
    row.published_at = func.now()
    leads, properties = snapshot.refresh(session)
    stale_leads, stale_properties = _stale(session, market)
    apply_changes(session, snapshot, leads | stale_leads, properties | stale_properties)
    _remember(snapshot)
    return len(lists.for_leads) + len(lists.for_properties)


def reconcile_market(session: Session, market: MarketKey) -> int:
    """Make right what is stale in the market; the caller commits. How many entities were stale."""
    _leave_other_markets(session, market)
    leads, properties = _stale(session, market)
    return _settle(session, market, leads, properties)


def settle_entity(session: Session, side: Side, entity_id: int) -> None:
    """
    Make right the lists that one lead or property touches, in the market it has left and in the one it is on.

    Commits after each market: every transaction leaves whole lists.
    """
    table, lists, key = (
        (Lead, LeadRecommendations, LeadRecommendations.lead_id)
        if side is Side.LEAD
        else (Property, PropertyRecommendations, PropertyRecommendations.property_id)
    )
    ids = {entity_id}
    listed = session.execute(select(lists.city_key, lists.deal_type).where(key == entity_id)).one_or_none()
    query = (
        select(table.city_key, table.deal_type)
        .join(User, User.id == table.owner_id)
        .where(table.id == entity_id, table.status == Status.ACTIVE, User.is_active)
    )
    now = session.execute(query).one_or_none()
    session.commit()
    markets = [tuple(place) for place in (listed, now) if place is not None and place[0] is not None]
    for market in dict.fromkeys(markets):
        _settle(session, market, *((ids, set()) if side is Side.LEAD else (set(), ids)))
        session.commit()


def _settle(session: Session, market: MarketKey, lead_ids: set[int], property_ids: set[int]) -> int:
    count = len(lead_ids) + len(property_ids)
    if count > MOST_CHANGES:
        row = lock_market(session, market)
        model_id, weights_id = row.text_model_id, row.weights_id
        session.commit()
        rebuild_market(session, market, model_id, weights_id=weights_id)
    elif count:
        row = lock_market(session, market)
        snapshot = _snapshot(session, market, row.text_model_id, row.weights_id)
        before = Before(snapshot, lead_ids, property_ids)
        snapshot.refresh(session)
        apply_changes(session, snapshot, lead_ids, property_ids, before)
    return count


def _leave_other_markets(session: Session, market: MarketKey) -> None:
    """Take what is on this market but still listed in another out of that one."""
    for side in Side:
        rows = stale_rows(side).subquery()
        moved = select(rows.c.id, rows.c.listed_city_key, rows.c.listed_deal_type).where(
            rows.c.on_market,
            rows.c.city_key == market[0],
            rows.c.deal_type == market[1],
            rows.c.listed_city_key.is_not(None),
        )
        left: dict[MarketKey, set[int]] = {}
        for entity_id, *old in session.execute(moved):
            if tuple(old) != market:
                left.setdefault(tuple(old), set()).add(entity_id)
        for old_market, ids in left.items():
            _settle(session, old_market, *((ids, set()) if side is Side.LEAD else (set(), ids)))
            session.commit()


def _stale(session: Session, market: MarketKey) -> tuple[set[int], set[int]]:
    """Ids of the leads and properties on this market, or listed in it, whose lists are stale."""
    found: list[set[int]] = []
    for side in (Side.LEAD, Side.PROPERTY):
        rows = stale_rows(side).subquery()
        here = (rows.c.on_market & (rows.c.city_key == market[0]) & (rows.c.deal_type == market[1])) | (
            (rows.c.listed_city_key == market[0]) & (rows.c.listed_deal_type == market[1])
        )
        found.append(set(session.scalars(select(rows.c.id).where(here))))
    return found[0], found[1]


def _snapshot(
    session: Session, market: MarketKey, text_model_id: int | None, weights_id: int | None
) -> Snapshot:
    known = _snapshots.pop(market, None)
    if known is None or (known.text_model_id, known.weights_id) != (text_model_id, weights_id):
        known = _load(session, market, text_model_id, weights_id)
    _remember(known)
    return known


def _load(session: Session, market: MarketKey, text_model_id: int | None, weights_id: int | None) -> Snapshot:
    model, weighed = text_model(session, text_model_id), weights(session, weights_id)
    return Snapshot.load(session, market, text_model_id, model, weights_id, weighed)


def _remember(snapshot: Snapshot) -> None:
    _snapshots.pop(snapshot.market, None)
    _snapshots[snapshot.market] = snapshot
    while len(_snapshots) > SNAPSHOTS_KEPT:
        del _snapshots[next(iter(_snapshots))]
