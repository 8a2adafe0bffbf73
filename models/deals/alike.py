"""
Units of one building that are alike, read as one card: a developer's ten flats would fill half of a list's first page.
"""

from collections.abc import Sequence
from typing import NamedTuple

from models.deals.recommendation_pages import Recommended

#: How far prices of units that are alike may lie apart, as a share of the best one's.
PRICE_CLASS = 0.10


class AlikeUnits(NamedTuple):
    """A property of a lead's list, and those further down in it that are like it."""

    best: Recommended
    others: list[Recommended]


def grouped(entries: Sequence[Recommended]) -> list[AlikeUnits]:
    """
    The entries of a lead's list, those put together that have street, house, rooms and type in common and cost about as
    much.

    Args:
        entries: Properties, best first. Those without an address are like no other.
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
    found = entry.row
    if not (found.street and found.house_number):
        return None
    address = " ".join(f"{found.city} {found.street} {found.house_number}".casefold().split())
    return address, found.rooms, str(found.property_type), found.currency


def _cost_alike(best: Recommended, entry: Recommended) -> bool:
    if best.row.price is None or entry.row.price is None:
        return best.row.price is entry.row.price
    return abs(float(entry.row.price) - float(best.row.price)) <= PRICE_CLASS * float(best.row.price)
