"""The display order of markets that do not order by score, computed from the stored lists after each run."""

import io
import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from matching.engine.balance import score_shifts
from matching.engine.explore import Explored, explore
from matching.engine.ranking import RankedLists
from models.core.enums import ListOrder, MarketKey, Side
from models.core.locks import lock_until_commit
from models.deals.exclusions import acted_pairs
from models.market.properties import Property
from models.ranking.display_order import ExploredOffer, ScoreShift, delete_explored_offers
from models.ranking.display_order_settings import mark_ordered, markets_to_order
from models.ranking.recommendations import SIDE_TABLES, Market
from worker.market.market_lock import own_transaction
from worker.market.snapshot import row_of

log = logging.getLogger(__name__)

#: Lists read from the database at a time; their numbers are memory-hungry Python objects until they are in arrays.
LISTS_PER_READ = 2000
#: A property is new for this long after its creation.
NEW = timedelta(days=14)


@dataclass(frozen=True)
class _Lists:
    """
    One side's stored lists. Row *i* belongs to entity ``ids[i]`` in ``versions[i]``; ids ascend, columns are ids.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    lists: RankedLists

    def by_row(self, other: "_Lists") -> RankedLists:
        """The lists with rows of *other* as columns; entries that a change has removed from *other* are left out."""
        columns = row_of(other.ids, self.lists.columns)
        known = columns >= 0
        ends = np.concatenate([[0], np.cumsum(known)])
        return RankedLists(ends[self.lists.indptr], columns[known], self.lists.scores[known])


def order_markets(session: Session) -> None:
    """
    Order every market that has had a run since it was last ordered, and draw its explored offers. Commits after each.
    """
    for market in markets_to_order(session):
        with own_transaction(session, "market_failed", market=market):
            if order_market(session, market):
                log.info("market_ordered", extra={"market": market})


def order_market(session: Session, key: MarketKey) -> bool:
    """
    Compute and store a market's score shifts and explored offers; the caller commits. Readers are not blocked.

    Returns:
        False if meanwhile the market's settings have changed or a run has published; then nothing is stored.
    """
    market = session.get_one(Market, key)
    leads, properties = (_stored(session, side, key) for side in (Side.LEAD, Side.PROPERTY))
    new = select(Property.id).where(Property.created_at > func.now() - NEW)
    new = new.where(Property.city_key == key[0], Property.deal_type == key[1])
    new_rows = row_of(properties.ids, np.array(session.scalars(new.order_by(Property.id)).all(), np.int64))
    acted = np.array(acted_pairs(session, Side.LEAD, key), np.int64).reshape(-1, 2)
    session.expunge(market)  # as it was read
    session.commit()  # the rest may take long, and an open transaction would hold back PostgreSQL's vacuum
    for_leads, for_properties = leads.by_row(properties), properties.by_row(leads)
    is_new = np.zeros(len(properties.ids), bool)
    is_new[new_rows[new_rows >= 0]] = True
    acted = np.stack([row_of(leads.ids, acted[:, 0]), row_of(properties.ids, acted[:, 1])], axis=1)
    explored = explore(
        for_leads,
        for_properties,
        leads.ids,
        properties.ids,
        is_new,
        market.exploration_slots,
        _draw(market),
        acted[(acted >= 0).all(axis=1)],
    )
    is_balanced = market.list_order is ListOrder.BALANCED
    shifts = score_shifts(for_leads, for_properties) if is_balanced else None
    # Without this lock two workers could both store shifts of an entity that has just moved between their markets.
    lock_until_commit(session, "score-shifts")
    if not mark_ordered(session, market):
        return False
    if shifts is not None:
        for side, ids, shift in zip((Side.LEAD, Side.PROPERTY), (leads.ids, properties.ids), shifts, strict=True):
            _store_shifts(session, side, key, ids, shift)
    _store_explored(session, market, leads, properties, explored)
    return True


def _draw(market: Market) -> int:
    """The seed of the random draw, different after each publication."""
    return int(market.published_at.timestamp() * 1000) if market.published_at else 0


def _stored(session: Session, side: Side, market: MarketKey) -> _Lists:
    _, lists, key, array = SIDE_TABLES[side]
    query = select(key, array, lists.scores, lists.version).where(
        lists.city_key == market[0], lists.deal_type == market[1]
    )
    heads, parts = [np.zeros((0, 2), np.int64)], [RankedLists.empty(0)]
    result = session.execute(query.order_by(key), execution_options={"yield_per": LISTS_PER_READ})
    for rows in result.partitions():
        lengths = np.array([0, *(len(row[1]) for row in rows)], np.int64)
        entries = np.array([entry for row in rows for entry in row[1]], np.int64)
        scores = np.array([score for row in rows for score in row[2]], np.float32)
        heads.append(np.array([(row[0], row[3]) for row in rows], np.int64))
        parts.append(RankedLists(np.cumsum(lengths), entries, scores))
    ids, versions = np.concatenate(heads).T
    return _Lists(ids, versions, RankedLists.concat(parts))


def _store_shifts(
    session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64], shifts: NDArray[np.float64]
) -> None:
    in_market = (ScoreShift.city_key == market[0]) & (ScoreShift.deal_type == market[1])
    session.execute(
        delete(ScoreShift).where(
            ScoreShift.side == side, or_(in_market, ScoreShift.entity_id == func.any(ids.tolist()))
        )
    )
    rows = ((side, id_, *market, f"{shift:.6g}") for id_, shift in zip(ids.tolist(), shifts.tolist(), strict=True))
    _copy(session, "score_shifts (side, entity_id, city_key, deal_type, shift)", rows)


def _store_explored(session: Session, market: Market, leads: _Lists, properties: _Lists, explored: Explored) -> None:
    key = (market.city_key, market.deal_type)
    delete_explored_offers(session, *key)
    # Also delete offers that these leads have from another market.
    session.execute(delete(ExploredOffer).where(ExploredOffer.lead_id == func.any(leads.ids[explored.leads].tolist())))
    rows = zip(
        leads.ids[explored.leads].tolist(),
        properties.ids[explored.properties].tolist(),
        explored.scores.tolist(),
        leads.versions[explored.leads].tolist(),
        properties.versions[explored.properties].tolist(),
        strict=True,
    )
    _copy(
        session,
        "explored_offers (lead_id, property_id, score, lead_version, property_version, city_key, deal_type)",
        ((*row, *key) for row in rows),
    )


def _copy(session: Session, table: str, rows: Iterable[tuple]) -> None:
    """COPY rows of numbers, enumerations and city keys. None contains a tab or line break; backslashes are escaped."""
    lines = "".join("\t".join(map(str, row)).replace("\\", r"\\") + "\n" for row in rows)
    with closing(session.connection().connection.cursor()) as cursor:
        cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))
