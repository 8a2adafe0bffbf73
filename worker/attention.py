"""The balanced order of the markets that ask for it: worked out from the stored lists after each run over them."""

import io
import logging

import numpy as np
from celery import shared_task
from numpy.typing import NDArray
from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from matching.balance import score_shifts
from matching.ranking import RankedLists
from models.attention import ScoreShift
from models.enums import Side
from models.list_orders import markets_to_order, take_order
from models.recommendations import LeadRecommendations, Market, PropertyRecommendations
from worker.context import new_session
from worker.load import MarketKey
from worker.snapshot import row_of
from worker.tasks import HEALS

log = logging.getLogger(__name__)

#: Lists read from the database at a time: their numbers are Python's until they are in arrays.
LISTS_AT_ONCE = 2000


@shared_task(name="worker.attention.order_markets", **HEALS)
def order_markets() -> None:
    """Order every market that is to be balanced and has had a run since it was last."""
    with new_session() as session:
        for market in markets_to_order(session):
            if order_market(session, market):
                log.info("market_ordered", extra={"market": market})
            session.commit()


def order_market(session: Session, market: MarketKey) -> bool:
    """
    Work out and store the shifts of a market's leads and properties; the caller commits. Readers go on meanwhile.

    Returns: False where ops have gone back to the order by score while this was at work.
    """
    generation = session.scalar(
        select(Market.generation).where(Market.city_key == market[0], Market.deal_type == market[1])
    )
    lead_ids, lead_lists = _stored(session, LeadRecommendations, market)
    property_ids, property_lists = _stored(session, PropertyRecommendations, market)
    session.commit()  # the sum below may take long, and must not hold back the database's clean-up
    shifts = score_shifts(_by_row(lead_lists, property_ids), _by_row(property_lists, lead_ids))
    # Two workers could store shifts of an entity that has just moved between their markets.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("score-shifts", 0))))
    if not take_order(session, *market, generation):
        return False
    for side, ids, shift in zip((Side.LEAD, Side.PROPERTY), (lead_ids, property_ids), shifts, strict=True):
        _store(session, side, market, ids, shift)
    return True


def _stored(
    session: Session, lists: type[LeadRecommendations] | type[PropertyRecommendations], market: MarketKey
) -> tuple[NDArray[np.int64], RankedLists]:
    """The owners of the market's lists of one side, rising, and the lists, whose columns are ids."""
    key, array = (
        (lists.lead_id, lists.property_ids)
        if lists is LeadRecommendations
        else (lists.property_id, lists.lead_ids)
    )
    query: Select = select(key, array, lists.scores).where(
        lists.city_key == market[0], lists.deal_type == market[1]
    )
    ids, parts = [np.zeros(0, np.int64)], [RankedLists.empty(0)]
    found = session.execute(query.order_by(key), execution_options={"yield_per": LISTS_AT_ONCE})
    for rows in found.partitions():
        lengths = np.array([0, *(len(row[1]) for row in rows)], np.int64)
        entries = np.array([entry for row in rows for entry in row[1]], np.int64)
        scores = np.array([score for row in rows for score in row[2]], np.float32)
        ids.append(np.array([row[0] for row in rows], np.int64))
        parts.append(RankedLists(np.cumsum(lengths), entries, scores))
    return np.concatenate(ids), RankedLists.concat(parts)


def _by_row(lists: RankedLists, ids: NDArray[np.int64]) -> RankedLists:
    """The lists with rows of *ids* for columns; what is not there (a change since has taken it out) is left out."""
    columns = row_of(ids, lists.columns)
    here = columns >= 0
    ends = np.concatenate([[0], np.cumsum(here)])
    return RankedLists(ends[lists.indptr], columns[here], lists.scores[here])


def _store(
    session: Session, side: Side, market: MarketKey, ids: NDArray[np.int64], shifts: NDArray[np.float64]
) -> None:
    here = (ScoreShift.city_key == market[0]) & (ScoreShift.deal_type == market[1])
    session.execute(
        delete(ScoreShift).where(ScoreShift.side == side, or_(here, ScoreShift.entity_id == func.any(ids.tolist())))
    )
    lines = "".join(
        f"{side.value}\t{entity_id}\t{market[0]}\t{market[1].value}\t{shift:.6g}\n"
        for entity_id, shift in zip(ids.tolist(), shifts.tolist(), strict=True)
    )
    with session.connection().connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY score_shifts (side, entity_id, city_key, deal_type, shift) FROM STDIN", io.StringIO(lines)
        )
