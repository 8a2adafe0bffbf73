"""The engine's input for a lead or a property: plain values, with money in the market's own currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from models.core.base import database_now
from models.market.places import NO_CURRENCY, currency_of_city, own_currency
from models.market.rates import factors_to
from models.market.readings import effective_facts, effective_wishes

#: Currency -> the factor that converts its amounts into the market's currency; currencies without a rate are left out.
Factors = Mapping[str, Decimal]


def market_factors(session: Session, city_key: str) -> Factors:
    """
    Today's factors into the currency of the city; "today" is the same date on every machine.

    If the town's country is unknown, an amount without a currency is compared without conversion with amounts that have
    one: people in one village use the same currency.
    """
    factors = factors_to(session, currency_of_city(city_key), database_now(session).date())
    return {**factors, NO_CURRENCY: Decimal(1)} if own_currency(city_key) == NO_CURRENCY else factors


def format_factors(factors: Factors) -> str:
    """
    The factors in one line of text, for storage and comparison.

    >>> format_factors({"USD": Decimal("90"), "RUB": Decimal(1)})
    'RUB 1, USD 90'
    """
    return ", ".join(f"{currency} {factor}" for currency, factor in sorted(factors.items()))


def parse_factors(line: str) -> Factors:
    """
    The exact factors that :func:`format_factors` wrote.

    >>> parse_factors("RUB 1, USD 90")
    {'RUB': Decimal('1'), 'USD': Decimal('90')}
    """
    pairs = (pair.split(" ") for pair in line.split(", ") if pair)
    return {currency: Decimal(factor) for currency, factor in pairs}


def converted(amount: Decimal, currency: str, into: str, factors: Factors) -> Decimal | None:
    """An amount in another currency; None without a rate. Equal currencies need no rate.

    >>> converted(Decimal(2), "USD", "RUB", {"USD": Decimal("90"), "RUB": Decimal(1)})
    Decimal('180')
    >>> converted(Decimal(2), "AED", "AED", {}), converted(Decimal(2), "AED", "RUB", {"RUB": Decimal(1)})
    (Decimal('2'), None)
    """
    if currency == into:
        return amount
    if currency not in factors or into not in factors:
        return None
    return amount * factors[currency] / factors[into]


def stated_range(low: Decimal | None, high: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The effective limits of a range: a range from 0 to 0 is no range, and a lower end of 0 is open.

    >>> stated_range(Decimal(0), Decimal(0)), stated_range(Decimal(0), Decimal(9)), stated_range(Decimal(5), None)
    ((None, None), (None, Decimal('9')), (Decimal('5'), None))
    """
    return low or None, high or None


def lead_money(lead: Any, factors: Factors) -> dict[str, Any]:
    """
    A lead's budget for an exact comparison: amounts to the hundredth, in the lead's own currency.

    Returns:
        `price_min`, `price_max` (Decimal; None: not stated), `currency` ("" for the market's own) and `rate`, the
        factor into the market's currency (None: no rate). Amounts of equal currencies are compared directly, others by
        the rates of both. If one has no rate, both are stated, but their relation is unknown.
    """
    low, high = stated_range(lead.budget_min, lead.budget_max)
    return {"price_min": low, "price_max": high, **_unit_of_money(lead.currency, factors)}


def property_money(listing: Any, factors: Factors) -> dict[str, Any]:
    """A property's `price` with `currency` and `rate`, as :func:`lead_money`."""
    return {"price": listing.price, **_unit_of_money(listing.currency, factors)}


def _unit_of_money(currency: str, factors: Factors) -> dict[str, Any]:
    """
    >>> _unit_of_money("RUB", {"RUB": Decimal(1)}), _unit_of_money("AED", {"RUB": Decimal(1)})
    ({'currency': '', 'rate': Decimal('1')}, {'currency': 'AED', 'rate': None})
    """
    rate = factors.get(currency)
    # A currency with a rate of exactly 1 counts as the market's own: the amounts are equal.
    return {"currency": "" if rate == 1 else currency, "rate": rate}


def lead_facts(lead: Any, factors: Factors) -> dict[str, Any]:
    """The fields of :class:`matching.facts.records.LeadFacts` for a Lead, or for a row with its columns."""
    area_min, area_max = stated_range(lead.area_min, lead.area_max)
    return {
        "owner": lead.owner_id,
        **lead_money(lead, factors),
        "area_min": _number(area_min),
        "area_max": _number(area_max),
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


def property_facts(listing: Any, factors: Factors) -> dict[str, Any]:
    """The fields of :class:`matching.facts.records.PropertyFacts` for a Property, or for a row with its columns."""
    return {
        "owner": listing.owner_id,
        **property_money(listing, factors),
        "area": _number(listing.area),
        "rooms": listing.rooms,
        "property_type": listing.property_type,
        "property_class": listing.property_class,
        "condition": listing.condition,
        "district": listing.district,
        "metro": listing.metro_station,
        "metros": [_station(station) for station in listing.stations or ()],
        "latitude": _number(listing.latitude),
        "longitude": _number(listing.longitude),
        "facts": effective_facts(listing),
        "year": listing.year_built,
        "text": property_text(listing.title, listing.description, listing.search_text),
    }


def _station(station: Mapping[str, Any]) -> tuple[str, float | None]:
    """The station's name with the minutes on foot; minutes by transport are passed as text, which the engine reads."""
    name, minutes = station["name"], station.get("minutes")
    if minutes is None or not station.get("by_transport"):
        return name, minutes
    return f"{name}, {minutes:g} мин на транспорте", None


def property_text(title: str | None, description: str | None, search_text: str) -> str:
    """A property's text for the engine."""
    return " ".join(filter(None, (title, description, search_text)))


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
