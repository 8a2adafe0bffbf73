"""Choosing how a market's lists are read; :mod:`models.ranking.display_order` says what ways there are."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.core.enums import DealType, ListOrder
from models.core.errors import NotFoundError
from models.ranking.display_order import forget_explored, forget_shifts
from models.ranking.recommendations import Market


def set_list_order(session: Session, city_key: str, deal_type: DealType, order: ListOrder) -> Market:
    """
    From now on the market's lists are read in this *order*.

    By score: at once. Balanced: when the worker has worked it out from the lists that stand, within a minute, and anew
    after each run over the market.

    Raises:
        NotFoundError: There is no such market.
    """
    market = _found(session, city_key, deal_type)
    market.list_order, market.ordered_at = order, None
    if order is ListOrder.SCORE:
        forget_shifts(session, city_key, deal_type)
    session.flush()
    return market


def set_exploration_slots(session: Session, city_key: str, deal_type: DealType, slots: int) -> Market:
    """
    From now on each lead's list is followed by at most *slots* explored properties (0: none, at once).

    Raises:
        NotFoundError: There is no such market.
    """
    market = _found(session, city_key, deal_type)
    market.exploration_slots, market.ordered_at = slots, None
    forget_explored(session, city_key, deal_type)
    session.flush()
    return market


def markets_to_order(session: Session) -> list[tuple[str, DealType]]:
    """Markets read otherwise than plainly by score, over which a run has published since that was worked out."""
    query = select(Market.city_key, Market.deal_type).where(
        or_(Market.list_order == ListOrder.BALANCED, Market.exploration_slots > 0),
        or_(Market.ordered_at.is_(None), Market.ordered_at < Market.published_at),
    )
    return [tuple(row) for row in session.execute(query.order_by(Market.city_key, Market.deal_type))]


def take_order(session: Session, market: Market) -> bool:
    """
    Whether to store what was worked out from *market* as it was read: not if ops have changed their mind or a run has
    published meanwhile. If so, the market's row is locked and says that it is ordered.
    """
    read = (market.list_order, market.exploration_slots, market.published_at)
    now = _locked(session, market.city_key, market.deal_type)
    if now is None or (now.list_order, now.exploration_slots, now.published_at) != read:
        return False
    now.ordered_at = now.published_at or func.clock_timestamp()
    return True


def _found(session: Session, city_key: str, deal_type: DealType) -> Market:
    market = _locked(session, city_key, deal_type)
    if market is None:
        raise NotFoundError("market")
    return market


def _locked(session: Session, city_key: str, deal_type: DealType) -> Market | None:
    query = select(Market).where(Market.city_key == city_key, Market.deal_type == deal_type).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()
