"""Choosing the order in which a market's lists are read; :mod:`models.attention` says what an order is."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.attention import forget_shifts
from models.enums import DealType, ListOrder
from models.errors import NotFoundError
from models.recommendations import Market


def set_list_order(session: Session, city_key: str, deal_type: DealType, order: ListOrder) -> Market:
    """
    From now on the market's lists are read in this *order*.

    By score: at once. Balanced: when the worker has worked it out from the lists that stand, within a minute, and anew
    after each run over the market.

    Raises:
        NotFoundError: There is no such market.
    """
    market = _locked(session, city_key, deal_type)
    if market is None:
        raise NotFoundError("market")
    market.list_order = order
    market.ordered_generation = None
    if order is ListOrder.SCORE:
        forget_shifts(session, city_key, deal_type)
    session.flush()
    return market


def markets_to_order(session: Session) -> list[tuple[str, DealType]]:
    """Markets whose balanced order is not that of their present generation of lists."""
    query = select(Market.city_key, Market.deal_type).where(
        Market.list_order == ListOrder.BALANCED,
        or_(Market.ordered_generation.is_(None), Market.ordered_generation < Market.generation),
    )
    return [tuple(row) for row in session.execute(query.order_by(Market.city_key, Market.deal_type))]


def take_order(session: Session, city_key: str, deal_type: DealType, generation: int) -> bool:
    """
    Whether to store an order worked out from *generation*: not if ops have gone back to scores meanwhile. If so, the
    market's row is locked and says that it is ordered.
    """
    market = _locked(session, city_key, deal_type)
    if market is None or market.list_order is not ListOrder.BALANCED:
        return False
    market.ordered_generation = generation
    return True


def _locked(session: Session, city_key: str, deal_type: DealType) -> Market | None:
    query = select(Market).where(Market.city_key == city_key, Market.deal_type == deal_type).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()
