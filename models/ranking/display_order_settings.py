"""The settings of a market's display order; :mod:`models.ranking.display_order` defines the orders."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.core.enums import DealType, ListOrder, MarketKey
from models.core.errors import NotFoundError
from models.ranking.display_order import delete_explored_offers, delete_score_shifts
from models.ranking.recommendations import Market


def set_list_order(session: Session, city_key: str, deal_type: DealType, order: ListOrder) -> Market:
    """
    Set the order in which the market's lists are shown.

    By score: at once. Balanced: as soon as a worker has computed it from the present lists, within a minute, and again
    after each run over the market.

    Raises:
        NotFoundError: The market does not exist.
    """
    market = _locked_market(session, city_key, deal_type)
    market.list_order, market.ordered_at = order, None
    if order is ListOrder.SCORE:
        delete_score_shifts(session, city_key, deal_type)
    session.flush()
    return market


def set_exploration_slots(session: Session, city_key: str, deal_type: DealType, slots: int) -> Market:
    """
    Set how many explored properties follow each lead's list at most (0: none, at once).

    Raises:
        NotFoundError: The market does not exist.
    """
    market = _locked_market(session, city_key, deal_type)
    market.exploration_slots, market.ordered_at = slots, None
    delete_explored_offers(session, city_key, deal_type)
    session.flush()
    return market


def markets_to_order(session: Session) -> list[MarketKey]:
    """Markets with another order than by score alone, over which a run has published since that order was computed."""
    query = select(Market.city_key, Market.deal_type).where(
        or_(Market.list_order == ListOrder.BALANCED, Market.exploration_slots > 0),
        or_(Market.ordered_at.is_(None), Market.ordered_at < Market.published_at),
    )
    rows = session.execute(query.order_by(Market.city_key, Market.deal_type))
    return [(city_key, deal_type) for city_key, deal_type in rows]


def mark_ordered(session: Session, market: Market) -> bool:
    """
    Lock a market's row and mark it as ordered, for an order computed from *market* as it was read. False, and
    nothing is marked, if its settings have changed or a run has published since; then the order must not be stored.
    """
    read = (market.list_order, market.exploration_slots, market.published_at)
    row = _locked(session, market.city_key, market.deal_type)
    if row is None or (row.list_order, row.exploration_slots, row.published_at) != read:
        return False
    row.ordered_at = row.published_at or func.clock_timestamp()
    return True


def _locked_market(session: Session, city_key: str, deal_type: DealType) -> Market:
    market = _locked(session, city_key, deal_type)
    if market is None:
        raise NotFoundError("market")
    return market


def _locked(session: Session, city_key: str, deal_type: DealType) -> Market | None:
    query = select(Market).where(Market.city_key == city_key, Market.deal_type == deal_type).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()
