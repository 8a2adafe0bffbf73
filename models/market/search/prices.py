"""Prices in a search: prices of any currency are compared in a single one."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_
from sqlalchemy.orm import Session

from models.core.base import database_now
from models.market.facts import market_factors
from models.market.places import DEFAULT_CURRENCY, currency_of_city
from models.market.properties import Property
from models.market.rates import factors_to
from models.market.search.criteria import HomeOrder, SearchCriteria


def currency_of_search(criteria: SearchCriteria) -> str:
    """The currency of a search's prices."""
    return currency_of_city(criteria.city_key) if criteria.city_key else DEFAULT_CURRENCY


def price_in(session: Session, criteria: SearchCriteria) -> "PriceInCurrency":
    """Prices in the search's currency, by today's rates."""
    own = currency_of_search(criteria)
    by_price = (HomeOrder.CHEAPEST, HomeOrder.DEAREST, HomeOrder.CHEAPEST_PER_METRE)
    if criteria.price_min is None and criteria.price_max is None and criteria.order not in by_price:
        return PriceInCurrency(own, {})
    if criteria.city_key:
        factors = market_factors(session, criteria.city_key)
    else:
        factors = factors_to(session, own, database_now(session).date())
    return PriceInCurrency(own, {currency: factor for currency, factor in factors.items() if currency != own})


@dataclass(frozen=True)
class PriceInCurrency:
    """A property's price in one currency, with the *factors* of the others. Without a rate the price is null."""

    currency: str
    factors: Mapping[str, Decimal]

    @property
    def others(self) -> ColumnElement[Any]:
        """The converted price of properties in other currencies."""
        return self._others(Property.price.expression)

    def amount(self, of: ColumnElement[Any]) -> ColumnElement[Any]:
        """An amount in the property's own currency, such as its price, converted to this one."""
        return case((Property.currency == self.currency, of), else_=self._others(of))

    def _others(self, of: ColumnElement[Any]) -> ColumnElement[Any]:
        if not self.factors:
            return literal(None, Property.price.type)
        return case({currency: of * factor for currency, factor in self.factors.items()}, value=Property.currency)

    def within(self, low: Decimal | None, high: Decimal | None) -> ColumnElement[bool]:
        """
        A condition: the price is in the range. Most prices are in the search's own currency; for these PostgreSQL can
        estimate how many match.
        """
        ends = [(low, operator.ge), (high, operator.le)]
        own = [compare(Property.price, end) for end, compare in ends if end is not None]
        others = [compare(self.others, end) for end, compare in ends if end is not None]
        in_own = and_(Property.currency == self.currency, *own)
        return or_(in_own, and_(Property.currency != self.currency, *others)) if self.factors else in_own
