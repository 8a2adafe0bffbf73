"""
A lead's limits made weaker, one at a time: what a realtor may propose to a client whose list is short.

Wishes in words are weakened where their text is known; here are the limits that are fields of the lead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from matching.facts.records import LeadFacts
from matching.facts.vocabulary import MAX_ROOMS

#: How far an amount or an area is moved.
STEP = Decimal("0.10")
#: Amounts are rounded to so many figures, away from the present limit: nobody asks for 14,666,667.
FIGURES = 3


@dataclass(frozen=True)
class Relaxation:
    """One limit made weaker."""

    #: What is weakened: "price_max", "rooms_more", "places" ...; each once for a lead.
    name: str
    #: Fields of :class:`LeadFacts` to their weaker values.
    changes: Mapping[str, Any]
    #: The criteria that judge otherwise by it; of all others only the weights may move.
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
    # Strictly these places; these, and next door a little less; next door nearly as well.
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
