"""The orders of homes, and the indexes for them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, TextClause, and_, literal, text, true
from sqlalchemy.orm import Session

from models.core.enums import DealType
from models.market.properties import Property
from models.market.search.criteria import HomeOrder, SearchCriteria
from models.market.search.prices import PriceInCurrency


@dataclass(frozen=True)
class Part:
    """A set of adverts whose order an index provides; the newest first among equals."""

    condition: ColumnElement[bool]
    order: tuple[ColumnElement[Any], ...] = ()


@dataclass(frozen=True)
class Sorting:
    """An order by a value, rows without one last; the newest first among equals and among rows without a value."""

    value: ColumnElement[Any]
    falls: bool = False

    def by(self, value: ColumnElement[Any], advert_id: ColumnElement[int]) -> tuple[ColumnElement[Any], ...]:
        """The ORDER BY expressions for a query with the adverts and their values."""
        return (value.desc() if self.falls else value.asc()).nulls_last(), advert_id.desc()


def sorting_of(order: HomeOrder, price: PriceInCurrency) -> Sorting:
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


def parts_of(session: Session, criteria: SearchCriteria, price: PriceInCurrency) -> list[Part]:
    """
    The adverts of the town, or of all towns, in parts, each in the order of an index; each advert is in exactly one.

    Within one currency, converted prices have the same order as the original ones.
    """
    if criteria.order is HomeOrder.NEWEST and criteria.city_key is None:
        return [Part(true())]
    rows = session.execute(*_present(criteria.city_key))
    present = [(DealType(deal), currency) for deal, currency in rows if criteria.deal_type in (None, deal)]
    if criteria.order in (HomeOrder.NEWEST, HomeOrder.LARGEST):
        order = () if criteria.order is HomeOrder.NEWEST else (_AREA.desc().nulls_last(),)
        return [Part(Property.deal_type == deal, order) for deal in dict.fromkeys(deal for deal, _ in present)]
    by_price = {
        HomeOrder.CHEAPEST: _PRICE.asc(),
        HomeOrder.DEAREST: _PRICE.desc(),
        HomeOrder.CHEAPEST_PER_METRE: _PER_METRE.asc(),
    }[criteria.order]
    known = {price.currency, *price.factors}
    return [
        Part(and_(Property.deal_type == deal, Property.currency == currency), (by_price,) if currency in known else ())
        for deal, currency in present
    ]


def sorted_whole(criteria: SearchCriteria, price: PriceInCurrency) -> list[Part]:
    """
    All adverts as one part that PostgreSQL sorts, which takes about as long for every search.

    The search's conditions may hold for few of the first adverts in order: the largest homes have many rooms. Reading
    in the order of an index would then fetch most rows of all towns. "+ 0" keeps PostgreSQL from choosing that.
    """
    if criteria.order is HomeOrder.NEWEST:
        return [Part(true())]
    sorting = sorting_of(criteria.order, price)
    return [Part(true(), sorting.by(sorting.value + 0, _ID)[:1])]


_ID = Property.id.expression
_PRICE = Property.price.expression
_AREA = Property.area.expression
_PER_METRE = _PRICE / _AREA


def _present(city_key: str | None) -> tuple[TextClause, dict[str, str]]:
    """
    The query for the deals and currencies of the town, or of all towns, and its parameters.

    It does one index lookup for each, while DISTINCT would read the whole index.
    """
    if city_key is None:
        return _IN_ALL_TOWNS, {}
    return _IN_A_TOWN, {"city_key": city_key}


_PRESENT = """
    WITH RECURSIVE present(deal_type, currency) AS (
        (SELECT deal_type, currency FROM properties WHERE status = 'ACTIVE' {in_town}
         ORDER BY deal_type, currency LIMIT 1)
        UNION ALL
        SELECT further.deal_type, further.currency FROM present CROSS JOIN LATERAL (
            SELECT deal_type, currency FROM properties WHERE status = 'ACTIVE' {in_town}
            AND (deal_type, currency) > (present.deal_type, present.currency) ORDER BY deal_type, currency LIMIT 1
        ) AS further
    )
    SELECT deal_type, currency FROM present
"""
_IN_ALL_TOWNS = text(_PRESENT.format(in_town=""))
_IN_A_TOWN = text(_PRESENT.format(in_town="AND city_key = :city_key"))
