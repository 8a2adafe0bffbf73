"""Rescoring a market: wholly, or just what is stale in it. One transaction a market; readers never wait."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.ranking import RankedLists
from models.enums import Side, Status
from models.leads import Lead
from models.properties import Property
from models.recommendations import LIST_LENGTH, LeadRecommendations, PropertyRecommendations, stale_rows
from models.unscorable import Failure
from models.users import User
from worker.changes import Before, apply_changes, other_side
from worker.load import MarketKey
from worker.markets import lock_market, text_model
from worker.poison import NOT_A_ROWS_FAULT, place_of
from worker.scoring import score_snapshot
from worker.snapshot import Snapshot
from worker.store import StoredLists, compare_staged, publish_staged, stage_lists

log = logging.getLogger(__name__)

#: When more than this has changed in a market, scoring all of it is the quicker way to make it right.
MOST_CHANGES = 300

#: Snapshots kept by this process, least recently used first.
_snapshots: dict[MarketKey, Snapshot] = {}
SNAPSHOTS_KEPT = 8


@dataclass
class Published:
    """What a rebuild of a market has stored."""

    lists: int = 0
    #: How many name others, or in another order, than what was stored.
    changed: int = 0
    #: By how much their first scores moved, on average; None if none was there before.
    mean_score_change: float | None = None
    #: What the engine failed on.
    skipped: list[Failure] = field(default_factory=list)


def rebuild_market(
    session: Session,
    market: MarketKey,
    text_model_id: int | None,
    run_id: int | None = None,
    *,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Published:
    """
    Compute and store every list of the market; the caller commits.

    Scoring holds no lock. What was written meanwhile is made right in the transaction that publishes, so that a run
    never takes readers back behind a change that they have seen.

    Raises:
        ScoringStoppedError: *should_stop* said so; nothing is stored.
    """
    _leave_other_markets(session, market)
    snapshot = Snapshot.load(session, market, text_model_id, text_model(session, text_model_id))
    lists = score_snapshot(session, snapshot, LIST_LENGTH, threads, progress, should_stop)
    # Copying and comparing need no lock; only moving into place does.
    for side, ranked in ((Side.LEAD, lists.for_leads), (Side.PROPERTY, lists.for_properties)):
        part, other = snapshot.part(side), snapshot.part(other_side(side))
        named = RankedLists(ranked.indptr, other.ids[ranked.columns], ranked.scores)
        stage_lists(session, side, StoredLists(part.ids, part.versions, named))
    published = _compare(session)
    row = lock_market(session, market)
    for side in Side:
        publish_staged(session, side, market, run_id)
    row.text_model_id, row.run_id = text_model_id, run_id
    row.generation += 1
    row.published_at = func.now()
    leads, properties = snapshot.refresh(session)
    stale_leads, stale_properties = _stale(session, market)
    failed = {side: {f.entity_id for f in snapshot.failures if f.side is side} for side in Side}
    apply_changes(
        session,
        snapshot,
        leads | stale_leads | failed[Side.LEAD],
        properties | stale_properties | failed[Side.PROPERTY],
    )
    _remember(snapshot)
    published.skipped = snapshot.failures
    return published


def _compare(session: Session) -> Published:
    found = [compare_staged(session, side) for side in Side]
    means = [(mean, lists) for lists, _, mean in found if mean is not None]
    whole = sum(lists for _, lists in means)
    return Published(
        lists=sum(lists for lists, _, _ in found),
        changed=sum(changed for _, changed, _ in found),
        mean_score_change=sum(mean * lists for mean, lists in means) / whole if whole else None,
    )


def reconcile_market(session: Session, market: MarketKey) -> int:
    """Make right what is stale in the market; the caller commits. How many entities were stale."""
    _leave_other_markets(session, market)
    leads, properties = _stale(session, market)
    return _settle(session, market, leads, properties)


def stale_count(session: Session, market: MarketKey) -> int:
    """How many entities on this market, or listed in it, have stale lists."""
    return sum(map(len, _stale(session, market)))


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
        model_id = lock_market(session, market).text_model_id
        session.commit()
        rebuild_market(session, market, model_id)
    elif count:
        snapshot = _locked_snapshot(session, market)
        before = Before(snapshot, lead_ids, property_ids)
        snapshot.refresh(session)
        try:
            apply_changes(session, snapshot, lead_ids, property_ids, before)
        except NOT_A_ROWS_FAULT:
            raise
        except Exception as failure:
            session.rollback()
            _settle_apart(session, market, lead_ids, property_ids, failure)
        else:
            _remember(snapshot)
    return count


def _settle_apart(
    session: Session, market: MarketKey, lead_ids: set[int], property_ids: set[int], failure: Exception
) -> None:
    """One entity after another, for *failure* came of one of them; that one is set aside."""
    if len(lead_ids) + len(property_ids) == 1:
        _set_aside(session, market, failure, lead_ids, property_ids)
        return
    for entity_id in sorted(lead_ids):
        _settle(session, market, {entity_id}, set())
        session.commit()
    for entity_id in sorted(property_ids):
        _settle(session, market, set(), {entity_id})
        session.commit()


def _set_aside(
    session: Session, market: MarketKey, failure: Exception, lead_ids: set[int], property_ids: set[int]
) -> None:
    """Take the one entity that the engine fails on out of the market's lists, until it is written again or a run manages."""
    snapshot = _locked_snapshot(session, market)
    snapshot.refresh(session)
    side = Side.LEAD if lead_ids else Side.PROPERTY
    part = snapshot.part(side)
    place = part.rows_of(lead_ids | property_ids)
    if not len(place):
        raise failure  # it is not the entity's: it is not even in the market
    failed = Failure(side, int(part.ids[place[0]]), int(part.versions[place[0]]), place_of(failure))
    log.error("entity_set_aside", extra={"side": side, "entity_id": failed.entity_id, "reason": failed.error})
    snapshot.leave_out(session, [failed])
    apply_changes(session, snapshot, lead_ids, property_ids)
    _remember(snapshot)


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


def _locked_snapshot(session: Session, market: MarketKey) -> Snapshot:
    """
    The market's lock, and the market as last remembered, or loaded anew.

    Loading a big market takes seconds: it is done without the lock, so that others who have it loaded go on meanwhile.
    The caller remembers the snapshot when all went well: one that broke off in the middle of a refresh would be missing
    what it was just about to take in, for ever.
    """
    while True:
        model_id = lock_market(session, market).text_model_id
        known = _snapshots.pop(market, None)
        if known is not None and known.text_model_id == model_id:
            return known
        session.commit()
        _remember(Snapshot.load(session, market, model_id, text_model(session, model_id)))
        session.commit()


def _remember(snapshot: Snapshot) -> None:
    _snapshots.pop(snapshot.market, None)
    _snapshots[snapshot.market] = snapshot
    while len(_snapshots) > SNAPSHOTS_KEPT:
        del _snapshots[next(iter(_snapshots))]
