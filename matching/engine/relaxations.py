"""
Relaxing a lead's limits one at a time: proposals that a realtor can make to a client whose list is short.

This module relaxes limits that are fields of the lead. Wishes read in texts are relaxed where the text is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from matching.facts.records import LeadFacts
from matching.facts.vocabulary import MAX_ROOMS

#: The share by which an amount or an area is changed.
STEP = Decimal("0.10")
#: Amounts are rounded to this many significant figures, away from the present limit: nobody proposes 14,666,667.
FIGURES = 3


@dataclass(frozen=True)
class Relaxation:
    """One limit made weaker."""

    #: The weakened limit: "price_max", "rooms_more", "places" ...; unique for a lead.
    name: str
    #: Fields of :class:`LeadFacts` to their weaker values.
    changes: Mapping[str, Any]
    #: The criteria whose values it changes; of all others only the weights may change.
    criteria: frozenset[str]

    def of(self, lead: LeadFacts) -> LeadFacts:
        """The lead with the weaker limit."""
        return replace(lead, **self.changes)


def relaxations(lead: LeadFacts) -> list[Relaxation]:
    """
    The limits of *lead* that can be weakened: amounts and areas by :data:`STEP`, one room more or fewer, the places
    less strictly or not at all, everything else dropped.

    >>> [(each.name, dict(each.changes)) for each in relaxations(LeadFacts(owner=1, price_max=13_333_333, rooms=[2]))]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('price_max', {'price_max': Decimal('14700000')}),
     ('rooms_fewer', {'rooms': [1, 2]}), ('rooms_more', {'rooms': [2, 3]})]
    """
    return [*_amounts(lead), *_rooms(lead), *_places(lead), *_qualities(lead)]


def higher(limit: float | Decimal) -> Decimal:
    """
    A tenth more, rounded up.

    >>> higher(15_000_000), higher(40.0)
    (Decimal('16500000'), Decimal('44'))
    """
    return _rounded(Decimal(str(limit)) * (1 + STEP), ROUND_CEILING)


def lower(limit: float | Decimal) -> Decimal:
    """
    A tenth less, rounded down.

    >>> lower(12_345_678), lower(33.3)
    (Decimal('11100000'), Decimal('29.9'))
    """
    return _rounded(Decimal(str(limit)) * (1 - STEP), ROUND_FLOOR)


def _rounded(amount: Decimal, rounding: str) -> Decimal:
    rounded = Context(prec=FIGURES, rounding=rounding).plus(amount)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded.normalize()


def _amounts(lead: LeadFacts) -> Iterator[Relaxation]:
    for name, move in (("price_max", higher), ("price_min", lower), ("area_max", higher), ("area_min", lower)):
        limit = getattr(lead, name)
        if limit:
            value: Any = move(limit)
            criterion = name.split("_", 1)[0]
            yield Relaxation(name, {name: value if criterion == "price" else float(value)}, frozenset({criterion}))


def _rooms(lead: LeadFacts) -> Iterator[Relaxation]:
    if not lead.rooms:
        return
    wanted = sorted(set(lead.rooms))
    if wanted[0] > 0:
        yield Relaxation("rooms_fewer", {"rooms": [wanted[0] - 1, *wanted]}, frozenset({"rooms"}))
    if wanted[-1] < MAX_ROOMS:
        yield Relaxation("rooms_more", {"rooms": [*wanted, wanted[-1] + 1]}, frozenset({"rooms"}))


def _places(lead: LeadFacts) -> Iterator[Relaxation]:
    location = frozenset({"location"})
    if not lead.districts and not lead.metros:
        return
    # The scopes are: only these places; these, with neighbours a little worse (""); neighbours almost as good ("near").
    weaker = {"only": "", "": "near"}.get(lead.place_scope)
    if weaker is not None:
        yield Relaxation("place_scope", {"place_scope": weaker}, location)
    if lead.districts and lead.metros:
        yield Relaxation("districts", {"districts": ()}, location)
        yield Relaxation("metros", {"metros": ()}, location)
    yield Relaxation("places", {"districts": (), "metros": ()}, location)


def _qualities(lead: LeadFacts) -> Iterator[Relaxation]:
    for name, criterion in (
        ("property_type", "property_type"),
        ("property_class", "property_class"),
        ("condition", "condition"),
        ("year_min", "year"),
    ):
        if getattr(lead, name) is not None:
            yield Relaxation(name, {name: None}, frozenset({criterion}))
