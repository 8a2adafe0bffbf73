"""Markets with money that cannot be compared because an exchange rate is missing."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import DealType
from models.market.leads import Lead
from models.market.places import NO_CURRENCY, currency_of_city
from models.market.properties import Property, on_market
from models.market.rates import Rate, factors_to


@dataclass(frozen=True, order=True)
class MissingRate:
    """A currency in a market whose own currency is *home*, without a rate between them.

    Amounts of *currency* are compared only with each other; in comparisons with other currencies they count as unknown.
    """

    city_key: str
    deal_type: DealType
    currency: str
    home: str
    leads: int
    properties: int


def missing_rates(session: Session) -> list[MissingRate]:
    """The leads and properties on the market in currencies without a rate, by market and currency."""
    counts: dict[tuple[str, DealType, str], Counter[str]] = {}
    stated: tuple[tuple[Any, ColumnElement[bool]], ...] = (
        (Lead, Lead.budget_max.is_not(None) | Lead.budget_min.is_not(None)),
        (Property, Property.price.is_not(None)),
    )
    for table, has_money in stated:
        query = (
            select(table.city_key, table.deal_type, table.currency, func.count())
            .join(User, on_market(table))
            .where(has_money, table.currency != NO_CURRENCY)  # compared without conversion: market_factors
            .group_by(table.city_key, table.deal_type, table.currency)
        )
        for city_key, deal_type, currency, count in session.execute(query):
            counts.setdefault((city_key, deal_type, currency), Counter())[table.__tablename__] += count
    today = database_now(session).date()
    known: dict[str, set[str]] = {}
    missing = []
    for (city_key, deal_type, currency), count in counts.items():
        home = currency_of_city(city_key)
        if home not in known:
            known[home] = set(factors_to(session, home, today))
        if currency not in known[home]:
            missing.append(MissingRate(city_key, deal_type, currency, home, count["leads"], count["properties"]))
    return sorted(missing)


def newest_rate_day(session: Session) -> date | None:
    """The day of the newest stored rate; None without rates."""
    return session.scalar(select(func.max(Rate.day)))
