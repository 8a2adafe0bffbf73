"""The orders of homes, and the indexes that hold them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, text, true
from sqlalchemy.orm import Session

from models.core.enums import DealType
from models.market.properties import Property
from models.market.search.criteria import HomeOrder, SearchCriteria
from models.market.search.prices import PriceIn


@dataclass(frozen=True)
class Part:
    """Adverts whose order is held by an index; the newest first among equals."""

    condition: ColumnElement[bool]
    order: tuple[ColumnElement[Any], ...] = ()


@dataclass(frozen=True)
class Sorting:
    """By a value, those without one last; the newest first among equals, and where there is no value."""

    value: ColumnElement[Any]
    falls: bool = False

    def by(self, value: ColumnElement[Any], advert_id: ColumnElement[int]) -> tuple[ColumnElement[Any], ...]:
        """The order by columns of a query that holds the adverts with their values."""
        return (value.desc() if self.falls else value.asc()).nulls_last(), advert_id.desc()


def sorting_of(order: HomeOrder, price: PriceIn) -> Sorting:
    """The requested order, with prices in the currency of *price*."""
    match order:
        case HomeOrder.NEWEST:
            return Sorting(literal(0))
        case HomeOrder.LARGEST:
            return Sorting(_AREA, falls=True)
        case HomeOrder.CHEAPEST:
            return Sorting(price.amount(_PRICE))
        case HomeOrder.DEAREST:
            return Sorting(price.amount(_PRICE), falls=True)
        case HomeOrder.CHEAPEST_PER_METRE:
            # Divided before conversion, because the index holds the rounded quotient.
            return Sorting(price.amount(_PER_METRE))


def parts_of(session: Session, wanted: SearchCriteria, price: PriceIn) -> list[Part]:
    """
    The town's adverts in parts whose order an index holds; each advert is in one of them.

    Within one currency prices are in one order with what they convert to. Without a town all are one part.
    """
    if wanted.city_key is None:
        sorting = sorting_of(wanted.order, price)
        return [Part(true(), () if wanted.order is HomeOrder.NEWEST else sorting.by(sorting.value, _ID)[:1])]
    rows = session.execute(_PRESENT, {"city_key": wanted.city_key})
    present = [(DealType(deal), currency) for deal, currency in rows if wanted.deal_type in (None, deal)]
    if wanted.order in (HomeOrder.NEWEST, HomeOrder.LARGEST):
        order = () if wanted.order is HomeOrder.NEWEST else (_AREA.desc().nulls_last(),)
        return [Part(Property.deal_type == deal, order) for deal in dict.fromkeys(deal for deal, _ in present)]
    by_price = {
        HomeOrder.CHEAPEST: _PRICE.asc(),
        HomeOrder.DEAREST: _PRICE.desc(),
        HomeOrder.CHEAPEST_PER_METRE: _PER_METRE.asc(),
    }[wanted.order]
    known = {price.currency, *price.factors}
    return [
        Part(and_(Property.deal_type == deal, Property.currency == currency), (by_price,) if currency in known else ())
        for deal, currency in present
    ]


_ID = Property.id.expression
_PRICE = Property.price.expression
_AREA = Property.area.expression
_PER_METRE = _PRICE / _AREA

#: Which deals in which currencies a town has: a look into an index for each, where DISTINCT would read all of it.
_PRESENT = text("""
    WITH RECURSIVE present(deal_type, currency) AS (
        (SELECT deal_type, currency FROM properties WHERE status = 'ACTIVE' AND city_key = :city_key
         ORDER BY deal_type, currency LIMIT 1)
        UNION ALL
        SELECT further.deal_type, further.currency FROM present CROSS JOIN LATERAL (
            SELECT deal_type, currency FROM properties WHERE status = 'ACTIVE' AND city_key = :city_key
            AND (deal_type, currency) > (present.deal_type, present.currency) ORDER BY deal_type, currency LIMIT 1
        ) AS further
    )
    SELECT deal_type, currency FROM present
""")
