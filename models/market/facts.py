"""What the engine is told of a lead or a property: plain values, money in the market's own currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models.core.base import database_now
from models.market.places import currency_of_city
from models.market.rates import factors_to

#: What to multiply an amount of a currency by to get it in the market's; currencies without a rate are left out.
Factors = Mapping[str, Decimal]


def market_factors(session: Session, city_key: str) -> Factors:
    """Today's factors into the currency of the city; "today" is the same on every machine."""
    return factors_to(session, currency_of_city(city_key), database_now(session).date())


def told_factors(factors: Factors) -> str:
    """
    The factors in one line, to be kept and compared.

    >>> told_factors({"USD": Decimal("90"), "RUB": Decimal(1)})
    'RUB 1, USD 90'
    """
    return ", ".join(f"{currency} {factor}" for currency, factor in sorted(factors.items()))


def lead_facts(lead: Any, factors: Factors) -> dict[str, Any]:
    """The fields of :class:`matching.facts.records.LeadFacts` for a Lead, or for a row with its columns."""
    factor = factors.get(lead.currency)
    return {
        "owner": lead.owner_id,
        "price_min": _money(lead.budget_min, factor),
        "price_max": _money(lead.budget_max, factor),
        "area_min": _number(lead.area_min),
        "area_max": _number(lead.area_max),
        "rooms": lead.rooms,
        "property_type": lead.property_type,
        "property_class": lead.property_class,
        "condition": lead.condition,
        "year_min": lead.year_min,
        "districts": lead.districts,
        "metros": lead.metro_stations,
        "text": lead.additional_requirements or "",
    }


def property_facts(found: Any, factors: Factors) -> dict[str, Any]:
    """The fields of :class:`matching.facts.records.PropertyFacts` for a Property, or for a row with its columns."""
    return {
        "owner": found.owner_id,
        "price": _money(found.price, factors.get(found.currency)),
        "area": _number(found.area),
        "rooms": found.rooms,
        "property_type": found.property_type,
        "property_class": found.property_class,
        "condition": found.condition,
        "district": found.district,
        "metro": found.metro_station,
        "year": found.year_built,
        "text": property_text(found.title, found.description, found.search_text),
    }


def property_text(title: str | None, description: str | None, search_text: str) -> str:
    """What the engine reads of a property."""
    return " ".join(filter(None, (title, description, search_text)))


def _money(amount: Decimal | None, factor: Decimal | None) -> float | None:
    """The amount in the market's currency; None where it is unstated or has no rate: no rate, no comparison."""
    return None if amount is None or factor is None else float(amount * factor)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
