"""Deal-breakers a third time, in plain Python, from the table of docs/matching.md.

The engine has them as vectors and `leadmatch check` in SQL; what all three let pass is hardly a common mistake.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations

OVER_BUDGET = Decimal("1.15")
#: Ten rooms and more are one number.
MOST_ROOMS = 10
#: Examples that are kept of what is broken.
KEPT = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lead says that can break a deal; None or empty: left unsaid."""

    owner_id: int
    market: tuple[str, str]  #: Canonical city, deal type.
    property_type: str | None
    budget_max: Decimal | None
    currency: str
    rooms: Collection[int] = ()
    area_min: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """What a property tells that can break a deal; None: not told."""

    owner_id: int
    market: tuple[str, str]
    property_type: str
    price: Decimal
    currency: str
    rooms: int | None = None
    area: Decimal | None = None


def broken(wish: Wish, home: Home) -> str | None:
    """
    What breaks the pair, None if nothing does. Money in two currencies is not compared: `leadmatch check` does.

    >>> flat = Home(1, ("moscow", "SALE"), "APARTMENTS", Decimal(116), "RUB", rooms=3)
    >>> broken(Wish(2, ("moscow", "SALE"), "APARTMENT", Decimal(100), "RUB"), flat)
    'price'
    >>> broken(Wish(2, ("moscow", "SALE"), "APARTMENT", Decimal(101), "RUB", rooms=[2]), flat)
    >>> broken(Wish(2, ("moscow", "SALE"), "APARTMENT", None, "RUB", rooms=[1, 5]), flat)
    'rooms'
    """
    if wish.owner_id == home.owner_id:
        return "own"
    if wish.market != home.market:
        return "market"
    if wish.property_type not in (None, home.property_type) and (wish.property_type, home.property_type) != (
        "APARTMENT",
        "APARTMENTS",
    ):
        return "type"
    if wish.budget_max is not None and wish.currency == home.currency and home.price > wish.budget_max * OVER_BUDGET:
        return "price"
    if wish.rooms and home.rooms is not None:
        rooms = min(home.rooms, MOST_ROOMS)
        if all(abs(rooms - min(wanted, MOST_ROOMS)) > 1 for wanted in wish.rooms):
            return "rooms"
    if wish.area_min is not None and home.area is not None and home.area * 2 < wish.area_min:
        return "area"
    return None


@dataclass
class Examined:
    """What was found in all stored lists."""

    lists: int = 0
    pairs: int = 0
    broken: int = 0
    #: The first few of them.
    examples: list[str] | None = None


def examine_lists(session: Session) -> Examined:
    """
    Hold every pair of every stored list, of leads and of properties, against :func:`broken`.

    Give a session whose transaction is REPEATABLE READ, at a moment when no list is stale.
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
    of_home = ("id", "owner_id", "city_key", "deal_type", "property_type", "price", "currency", "rooms", "area")
    wishes = {row[0]: Wish(row[1], (row[2], row[3]), *row[4:]) for row in _rows(session, Lead, of_lead)}
    homes = {row[0]: Home(row[1], (row[2], row[3]), *row[4:]) for row in _rows(session, Property, of_home)}
    found = Examined(examples=[])
    lists = LeadRecommendations
    for lead_id, ids in _streamed(session, select(lists.lead_id, lists.property_ids)):
        found.lists += 1
        _hold(found, [(lead_id, property_id) for property_id in ids], wishes, homes)
    lists = PropertyRecommendations
    for property_id, ids in _streamed(session, select(lists.property_id, lists.lead_ids)):
        found.lists += 1
        _hold(found, [(lead_id, property_id) for lead_id in ids], wishes, homes)
    return found


def _hold(found: Examined, pairs: list[tuple[int, int]], wishes: dict[int, Wish], homes: dict[int, Home]) -> None:
    for lead_id, property_id in pairs:
        wish, home = wishes.get(lead_id), homes.get(property_id)
        why = "one of them is gone" if wish is None or home is None else broken(wish, home)
        if why:
            found.broken += 1
            if len(found.examples) < KEPT:
                found.examples.append(f"lead {lead_id}, property {property_id}: {why}")
    found.pairs += len(pairs)


def _rows(session: Session, table: type[Lead] | type[Property], names: tuple[str, ...]):
    return _streamed(session, select(*(getattr(table, name) for name in names)))


def _streamed(session: Session, query):
    return session.execute(query.execution_options(yield_per=1000))
