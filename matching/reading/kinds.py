"""
The kinds of wishes and facts: what texts can ask for, and how an answer is evaluated.

A **wish** is one thing that a lead asks for beyond the contract's fields; a **fact** is what a property states about
the same kind. :data:`KINDS` is the complete table. The phrases by which a kind is recognised are in the modules of this
package named like the groups.

A fact is one of ``answers`` whole numbers, so that a wish is evaluated once for each answer and not once for each
property: ``value, contradicts = kind.judge(wish)`` and then ``value[kind.answer_of(fact)]``.
"""

from collections.abc import Iterable, Mapping

from matching.reading.kind import JsonValue, Kind

__all__ = ["GRAMMAR_VERSION", "KINDS", "KIND_OF", "JsonValue", "Kind", "complete_facts"]

#: To be increased whenever a text may be read differently: readings are stored, and a new grammar is a new generation.
GRAMMAR_VERSION = 14


def _flag(group: str, name: str, label: str, implied: JsonValue = None) -> Kind:
    return Kind(name, group, "flag", label, implied=implied)


def _number(
    group: str,
    name: str,
    label: str,
    unit: str,
    bins: Iterable[float],
    tolerance: float,
    *,
    relative: bool = False,
    period: float = 0.0,
) -> Kind:
    edges = tuple(float(edge) for edge in bins)
    return Kind(name, group, "number", label, unit, bins=edges, tolerance=tolerance, relative=relative, period=period)


def _choice(group: str, name: str, label: str, choices: str, *, many: bool = False, implied: JsonValue = None) -> Kind:
    return Kind(name, group, "choice", label, choices=tuple(choices.split()), many=many, implied=implied)


def _steps(start: float, stop: float, step: float) -> list[float]:
    """*start*, *start + step*, ... up to and including *stop*.

    >>> _steps(2.4, 2.6, 0.1)
    [2.4, 2.5, 2.6]
    """
    return [round(start + i * step, 6) for i in range(round((stop - start) / step) + 1)]


_HALF_MONTHS = [
    1,
    15,
    32,
    46,
    60,
    74,
    91,
    105,
    121,
    135,
    152,
    166,
    182,
    196,
    213,
    227,
    244,
    258,
    274,
    288,
    305,
    319,
    335,
    349,
]

# fmt: off
KINDS: tuple[Kind, ...] = (
    # floor
    _number("floor", "floor", "floor of the home", "", [*range(26), 30, 35, 40, 50], 1),
    _flag("floor", "first_floor", "on the first floor"),
    _flag("floor", "last_floor", "on the last floor"),
    _number("floor", "house_floors", "floors of the house", "", [*range(1, 31), 35, 40, 50], 1),
    # plan
    _choice("plan", "rooms_layout", "how the rooms connect", "isolated adjoining mixed"),
    _flag("plan", "euro_layout", "euro layout: a kitchen-living room counts as a room"),
    _flag("plan", "studio", "studio"),
    _flag("plan", "free_plan", "free plan, without inner walls"),
    _number("plan", "kitchen_area", "area of the kitchen", "m2",
            [0, *_steps(4, 12, 0.5), *range(13, 21), 22, 25, 30, 35, 40, 50], 0.1, relative=True),
    _flag("plan", "kitchen_living_room", "kitchen and living room in one"),
    _number("plan", "living_area", "living area", "m2",
            [0, *range(10, 40, 2), *range(40, 81, 5), 90, 100, 120, 150, 200, 300], 0.1, relative=True),
    _choice("plan", "bathroom", "bathroom and toilet", "separate combined"),
    _number("plan", "bathrooms", "number of bathrooms", "", [0, 1, 2, 3, 4, 5], 1),
    _choice("plan", "bath_or_shower", "what one washes in", "bath shower", many=True),
    _number("plan", "bedrooms", "number of bedrooms", "", [0, 1, 2, 3, 4, 5, 6], 1),
    _flag("plan", "balcony", "balcony or loggia"),
    _flag("plan", "walk_in_closet", "walk-in closet"),
    _flag("plan", "two_sided", "windows on two sides of the house"),
    _flag("plan", "corner_flat", "corner flat"),
    _number("plan", "ceiling_height", "height of the ceilings", "m",
            [0, *_steps(2.3, 3.5, 0.05), 3.6, 3.8, 4, 4.5, 5], 0.1),
    _flag("plan", "replanned", "walls were moved"),
    _choice("plan", "renovation", "state of the finish", "rough pre_finishing cosmetic euro design"),
    # house
    _number("house", "year_built", "year of the house", "year",
            [0, *range(1900, 1950, 10), *range(1950, 1990, 5), *range(1990, 2036)], 2),
    _flag("house", "new_building", "new building rather than resale"),
    _flag("house", "handed_over", "the house is completed and handed over"),
    _number("house", "completion", "completion, as the year plus 0, .25, .5 or .75 for its quarter", "year",
            [0, *_steps(2023, 2033, 0.25)], 0.5),
    _choice("house", "material", "what the walls are of", "brick monolith panel block wood", many=True),
    _choice("house", "house_type", "kind of house", "stalinka khrushchevka brezhnevka prerevolutionary modern"),
    _flag("house", "lift", "lift"),
    _flag("house", "cargo_lift", "cargo lift"),
    _flag("house", "rubbish_chute", "rubbish chute"),
    _choice("house", "stove", "stove", "gas electric"),
    _flag("house", "guarded", "guarded house or grounds"),
    _flag("house", "closed_yard", "closed yard"),
    _flag("house", "concierge", "concierge"),
    _choice("house", "parking", "place for a car", "yard underground own_place", many=True),
    _flag("house", "storage", "storage room in the house or flat"),
    # outside
    _choice("outside", "window_view", "what the windows look at", "yard street park river city", many=True),
    _flag("outside", "quiet", "quiet"),
    _flag("outside", "school", "school near"),
    _flag("outside", "kindergarten", "kindergarten near"),
    _flag("outside", "park", "park or wood near"),
    _flag("outside", "shop", "shop near"),
    _flag("outside", "gym", "gym or sports ground near"),
    _number("outside", "metro_walk", "way to the metro on foot", "min",
            [*range(21), 25, 30, 35, 40, 45, 60], 0.15, relative=True),
    _number("outside", "metro_transport", "way to the metro by transport", "min",
            [*range(16), 20, 25, 30, 35, 40, 45, 60], 0.3, relative=True),
    # tenants
    _flag("tenants", "pets", "animals may live there"),
    _flag("tenants", "cats", "a cat may live there"),
    _flag("tenants", "dogs", "a dog may live there"),
    _flag("tenants", "children", "children may live there"),
    _flag("tenants", "couples", "a couple or a family may live there"),
    _flag("tenants", "students", "students may live there"),
    _flag("tenants", "smoking", "smoking is allowed"),
    # furnishing
    _flag("furnishing", "furnished", "furnished"),
    _flag("furnishing", "appliances", "household appliances"),
    _flag("furnishing", "fridge", "fridge"),
    _flag("furnishing", "washing_machine", "washing machine"),
    _flag("furnishing", "dishwasher", "dishwasher"),
    _flag("furnishing", "air_conditioner", "air conditioner"),
    _flag("furnishing", "internet", "internet"),
    _flag("furnishing", "tv", "television"),
    # deal
    _flag("deal", "mortgage", "can be bought with a mortgage"),
    _flag("deal", "subsidised_mortgage", "can be bought with a subsidised mortgage"),
    _flag("deal", "military_mortgage", "can be bought with a military mortgage"),
    _flag("deal", "maternity_capital", "maternity capital is accepted"),
    _flag("deal", "exchange", "exchange for another home"),
    _flag("deal", "instalments", "payment by instalments"),
    _flag("deal", "free_sale", "free sale: no other home has to be found first"),
    _flag("deal", "one_owner", "one adult owner"),
    _flag("deal", "encumbrance", "encumbrance, arrest or debt on the home"),
    _flag("deal", "minors_registered", "minors are registered or own a part"),
    _flag("deal", "registration", "one can be registered at the address"),
    _flag("deal", "share", "a share of a home", implied=False),
    _flag("deal", "room", "a room rather than a whole home", implied=False),
    _flag("deal", "auction", "sold by auction or in a bankruptcy", implied=False),
    _number("deal", "commission", "commission that the client pays", "percent",
            [0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, *range(10, 101, 5)], 5),
    _flag("deal", "from_owner", "offered by the owner, without an agent"),
    _number("deal", "deposit", "deposit, in months of rent", "months", [0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6], 0.5),
    _number("deal", "prepayment", "rent paid ahead", "months", [0, 1, 2, 3, 4, 6, 9, 11, 12], 1),
    _flag("deal", "utilities_included", "utilities are in the price"),
    _choice("deal", "rent_term", "how long it is let for", "long months daily", implied={"none_of": ["daily"]}),
    _number("deal", "move_in", "day of the year from which one may move in; 0 is at once", "day",
            [0, *_HALF_MONTHS], 15, period=365),
    _number("deal", "price_cap", "price that must not be exceeded", "RUB",
            [0, *range(10_000, 100_000, 5_000), *range(100_000, 300_001, 50_000), 500_000,
             *range(1_000_000, 20_000_000, 500_000), *range(20_000_000, 100_000_001, 10_000_000)],
            0.001, relative=True),
    # refusal
    _flag("refusal", "apartments", "apartments: not a dwelling by law"),
    _flag("refusal", "motorway", "on the first line of a motorway or a busy street"),
    _flag("refusal", "hostel", "hostel or dormitory"),
    _flag("refusal", "basement", "basement or semi-basement"),
)
# fmt: on

KIND_OF: dict[str, Kind] = {kind.name: kind for kind in KINDS}


#: If a listing states the minutes to the station by transport and not on foot: the walk is this many times as long, and
#: at least this many minutes.
WALK_OF_RIDE, SHORTEST_WALK = 5, 20


def walk_of_ride(minutes: float) -> float:
    """The assumed minutes on foot to a station that is *minutes* away by transport.

    >>> walk_of_ride(3), walk_of_ride(10)
    (20, 50)
    """
    return max(SHORTEST_WALK, WALK_OF_RIDE * minutes)


def complete_facts(facts: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """
    *facts* by kind, with the facts that follow from them: a third floor is not the first, a cat is an animal.

    Stated facts are never overwritten.

    >>> complete_facts({"floor": 5, "house_floors": 5, "pets": False})["last_floor"]
    True
    """
    known = dict(facts)
    floor, floors, year = known.get("floor"), known.get("house_floors"), known.get("year_built")
    if floor is not None:
        known.setdefault("first_floor", floor <= 1)
        if floors is not None and floor <= floors:
            known.setdefault("last_floor", floor == floors)
    if year is not None and year >= 1992:
        known.setdefault("house_type", "modern")
    if known.get("handed_over"):
        known.setdefault("completion", 0)
    if known.get("metro_transport") is not None:
        known.setdefault("metro_walk", walk_of_ride(known["metro_transport"]))
    if known.get("cargo_lift"):
        known.setdefault("lift", True)
    if known.get("lift") is False:
        known.setdefault("cargo_lift", False)
    if known.get("pets") is not None and "cats" not in known and "dogs" not in known:
        known["cats"] = known["dogs"] = known["pets"]
    elif known.get("pets") is False:
        known.setdefault("cats", False)
        known.setdefault("dogs", False)
    elif known.get("cats") or known.get("dogs"):
        known.setdefault("pets", True)
    if known.get("appliances"):
        known.setdefault("fridge", True)
        known.setdefault("washing_machine", True)
    if known.get("subsidised_mortgage") or known.get("military_mortgage"):
        known.setdefault("mortgage", True)
    if known.get("studio") or known.get("euro_layout"):
        known.setdefault("kitchen_living_room", True)
    return known
