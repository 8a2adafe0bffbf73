"""A third implementation of the deal-breakers, in plain Python, from the table of docs/matching.md.

The engine implements them as vectors and `leadmatch check` in SQL; all three are unlikely to share a mistake.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Result, Select, select
from sqlalchemy.orm import Session

from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations

OVER_BUDGET = Decimal("1.15")
#: Ten rooms and more count as ten.
MAX_ROOMS = 10
#: Examples kept of broken pairs, at most.
MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """The requirements of a lead that can break a deal; None or empty: not stated."""

    owner_id: int
    market: tuple[str, str]  #: Canonical city, deal type.
    property_type: str | None
    budget_max: Decimal | None
    currency: str
    rooms: Collection[int] = ()
    area_min: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """The facts of a property that can break a deal; None: not stated."""

    owner_id: int
    market: tuple[str, str]
    property_type: str
    price: Decimal
    currency: str
    rooms: int | None = None
    area: Decimal | None = None


def deal_breaker(wanted: Wanted, offered: Offered) -> str | None:
    """
    Return the name of the deal-breaker of a pair, or None.

    Money in two currencies is not compared here; `leadmatch check` compares it.

    >>> flat = Offered(1, ("moscow", "SALE"), "APARTMENTS", Decimal(116), "RUB", rooms=3)
    >>> deal_breaker(Wanted(2, ("moscow", "SALE"), "APARTMENT", Decimal(100), "RUB"), flat)
    'price'
    >>> deal_breaker(Wanted(2, ("moscow", "SALE"), "APARTMENT", Decimal(101), "RUB", rooms=[2]), flat)
    >>> deal_breaker(Wanted(2, ("moscow", "SALE"), "APARTMENT", None, "RUB", rooms=[1, 5]), flat)
    'rooms'
    """
    if wanted.owner_id == offered.owner_id:
        return "own"
    if wanted.market != offered.market:
        return "market"
    types = wanted.property_type, offered.property_type
    if types[0] not in (None, types[1]) and types != ("APARTMENT", "APARTMENTS"):
        return "type"
    if (
        wanted.budget_max is not None
        and wanted.currency == offered.currency
        and offered.price > wanted.budget_max * OVER_BUDGET
    ):
        return "price"
    if wanted.rooms and offered.rooms is not None:
        rooms = min(offered.rooms, MAX_ROOMS)
        if all(abs(rooms - min(wanted_rooms, MAX_ROOMS)) > 1 for wanted_rooms in wanted.rooms):
            return "rooms"
    if wanted.area_min is not None and offered.area is not None and offered.area * 2 < wanted.area_min:
        return "area"
    return None


@dataclass
class Examination:
    """Counts of the pairs in all stored lists."""

    lists: int = 0
    pairs: int = 0
    broken: int = 0
    #: The first :data:`MAX_EXAMPLES` broken pairs, described.
    examples: list[str] = field(default_factory=list)


def examine_lists(session: Session) -> Examination:
    """
    Check every pair of every stored list, of leads and of properties, by :func:`deal_breaker`.

    Pass a session whose transaction is REPEATABLE READ, at a moment when no list is stale.
    """
    of_lead = (
        "id",
        "owner_id",
        "city_key",
        "deal_type",
        "property_type",
        "budget_max",
        "currency",
        "rooms",
        "area_min",
    )
    of_property = ("id", "owner_id", "city_key", "deal_type", "property_type", "price", "currency", "rooms", "area")
    wanted = {row[0]: Wanted(row[1], (row[2], row[3]), *row[4:]) for row in _rows(session, Lead, of_lead)}
    offered = {row[0]: Offered(row[1], (row[2], row[3]), *row[4:]) for row in _rows(session, Property, of_property)}
    result = Examination()
    of_leads = select(LeadRecommendations.lead_id, LeadRecommendations.property_ids)
    for lead_id, property_ids in _streamed(session, of_leads):
        _examine(result, [(lead_id, property_id) for property_id in property_ids], wanted, offered)
    of_properties = select(PropertyRecommendations.property_id, PropertyRecommendations.lead_ids)
    for property_id, lead_ids in _streamed(session, of_properties):
        _examine(result, [(lead_id, property_id) for lead_id in lead_ids], wanted, offered)
    return result


def _examine(
    result: Examination, pairs: list[tuple[int, int]], wanted: dict[int, Wanted], offered: dict[int, Offered]
) -> None:
    """Add the pairs of one list to *result*."""
    result.lists += 1
    result.pairs += len(pairs)
    for lead_id, property_id in pairs:
        lead, listing = wanted.get(lead_id), offered.get(property_id)
        reason = "one of them is gone" if lead is None or listing is None else deal_breaker(lead, listing)
        if reason:
            result.broken += 1
            if len(result.examples) < MAX_EXAMPLES:
                result.examples.append(f"lead {lead_id}, property {property_id}: {reason}")


def _rows(session: Session, table: type[Lead] | type[Property], names: tuple[str, ...]) -> Result[*tuple[Any, ...]]:
    return _streamed(session, select(*(getattr(table, name) for name in names)))


def _streamed(session: Session, query: Select[*tuple[Any, ...]]) -> Result[*tuple[Any, ...]]:
    return session.execute(query.execution_options(yield_per=1000))
