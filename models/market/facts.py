"""What the engine is told of a lead or a property: plain values, money in the market's own currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models.core.base import database_now
from models.market.places import currency_of_city
from models.market.rates import factors_to
from models.market.readings import effective_wishes, told_facts

#: What to multiply an amount of a currency by to get it in the market's; currencies without a rate are left out.
Factors = Mapping[str, Decimal]


def market_factors(session: Session, city_key: str) -> Factors:
    """Today's factors into the currency of the city; "today" is the same on every machine."""
    return factors_to(session, currency_of_city(city_key), database_now(session).date())


def format_factors(factors: Factors) -> str:
    """
    The factors in one line, to be stored and compared.

    >>> format_factors({"USD": Decimal("90"), "RUB": Decimal(1)})
    'RUB 1, USD 90'
    """
    return ", ".join(f"{currency} {factor}" for currency, factor in sorted(factors.items()))


def parse_factors(line: str) -> Factors:
    """
    The factors that :func:`format_factors` wrote, to the last digit.

    >>> parse_factors("RUB 1, USD 90")
    {'RUB': Decimal('1'), 'USD': Decimal('90')}
    """
    pairs = (pair.split(" ") for pair in line.split(", ") if pair)
    return {currency: Decimal(factor) for currency, factor in pairs}


def lead_facts(lead: Any, factors: Factors) -> dict[str, Any]:
    """The fields of :class:`matching.facts.records.LeadFacts` for a Lead, or for a row with its columns."""
    return {
        "owner": lead.owner_id,
        "price_min": lead.budget_min,
        "price_max": lead.budget_max,
        "currency": lead.currency,
        "rate": factors.get(lead.currency),
        "area_min": _number(lead.area_min),
        "area_max": _number(lead.area_max),
        "rooms": lead.rooms,
        "property_type": lead.property_type,
        "property_class": lead.property_class,
        "condition": lead.condition,
        "year_min": lead.year_min,
        "districts": lead.districts,
        "metros": lead.metro_stations,
        "place_scope": lead.place_scope or "",
        "radius_km": _number(lead.radius_km),
        "latitude": _number(lead.latitude),
        "longitude": _number(lead.longitude),
        "wishes": effective_wishes(lead.wishes or (), lead.payment_method),
        "text": lead.additional_requirements or "",
    }


def property_facts(found: Any, factors: Factors) -> dict[str, Any]:
    """The fields of :class:`matching.facts.records.PropertyFacts` for a Property, or for a row with its columns."""
    return {
        "owner": found.owner_id,
        "price": found.price,
        "currency": found.currency,
        "rate": factors.get(found.currency),
        "area": _number(found.area),
        "rooms": found.rooms,
        "property_type": found.property_type,
        "property_class": found.property_class,
        "condition": found.condition,
        "district": found.district,
        "metro": found.metro_station,
        "metros": [(station["name"], station.get("minutes")) for station in found.stations or ()],
        "latitude": _number(found.latitude),
        "longitude": _number(found.longitude),
        "facts": told_facts(found),
        "year": found.year_built,
        "text": property_text(found.title, found.description, found.search_text),
    }


def property_text(title: str | None, description: str | None, search_text: str) -> str:
    """What the engine reads of a property."""
    return " ".join(filter(None, (title, description, search_text)))


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
