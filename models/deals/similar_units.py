"""Grouping of similar units of one building into one card, so that they do not fill half of a list's first page."""

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import Row

from models.deals.recommendation_pages import Recommended
from models.market.properties import Property
from models.market.shown_addresses import EXACT, precision_of

#: Maximum difference of prices in a group, as a share of the best entry's price.
PRICE_CLASS = 0.10


class AlikeUnits(NamedTuple):
    """A property of a lead's list, and the similar ones further down in the list."""

    best: Recommended
    others: list[Recommended]


def group_alike(entries: Sequence[Recommended]) -> list[AlikeUnits]:
    """
    Group the entries of a lead's list that have the same street, house, rooms and type, and similar prices.

    Args:
        entries: Properties, best first. A property without an address is a group of its own.
    Returns:
        In the order of each group's best entry; others in the order of the list.
    """
    groups: list[AlikeUnits] = []
    of_building: dict[tuple[object, ...], list[AlikeUnits]] = {}
    for entry in entries:
        building = _building(entry)
        alike = of_building.setdefault(building, []) if building else []
        group = next((group for group in alike if _cost_alike(group.best, entry)), None)
        if group is not None:
            group.others.append(entry)
            continue
        groups.append(AlikeUnits(entry, []))
        alike.append(groups[-1])
    return groups


def _building(entry: Recommended) -> tuple[object, ...] | None:
    listing = _listing(entry)
    # Units that share a card share a house: the others' addresses must not reveal a hidden house number.
    if not (listing.street and listing.house_number) or precision_of(listing, EXACT) is not EXACT:
        return None
    address = " ".join(f"{listing.city} {listing.street} {listing.house_number}".casefold().split())
    return address, listing.rooms, str(listing.property_type), listing.currency


def _cost_alike(best: Recommended, entry: Recommended) -> bool:
    best_price, price = _listing(best).price, _listing(entry).price
    if best_price is None or price is None:
        return best_price is price
    return abs(float(price) - float(best_price)) <= PRICE_CLASS * float(best_price)


def _listing(entry: Recommended) -> Property | Row[Any]:
    """Return an entry's row; a lead's list holds properties."""
    return cast(Property | Row[Any], entry.row)
