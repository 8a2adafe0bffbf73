"""A second implementation of the matching engine: one pair at a time, in plain Python, written from docs/matching.md.

It is slow and simple on purpose. It shares no code with ``matching`` and imports only the standard library. Its inputs
are the words of texts with their weights in the text model, the nearness of places, and the table of kinds of wishes
(the numbers, not the functions). It has no TF-IDF of its own, because that would test nothing here.
"""

import math
from fractions import Fraction

from tests.matching.oracle_places import location, wrong_place

WEIGHTS = {
    "price": 0.12,
    "location": 0.36,
    "rooms": 0.15,
    "area": 0.10,
    "text": 0.80,
    "property_class": 0.03,
    "property_type": 0.05,
    "condition": 0.03,
    "year": 0.02,
    "wish": 0.08,
}
CLASSES = ["ECONOMY", "COMFORT", "BUSINESS", "ELITE"]
CONDITIONS = ["ROUGH", "PRE_FINISHING", "FINISHING", "DESIGN"]


class World:
    """
    The oracle's inputs: *kinds* by name, *near* {(kind of place, wanted, place): (nearness, km or None)},
    *districts_of* {station: districts}, *middles* {district: (latitude, longitude)}, and *likeness* {(lead's text,
    property's text): 0 to 1, or None}.
    """

    def __init__(self, kinds, likeness, near=None, districts_of=None, middles=None):
        self.kinds, self.likeness = kinds, likeness
        self.near, self.districts_of, self.middles = near or {}, districts_of or {}, middles or {}


def score(lead, home, world, weights=WEIGHTS):
    """The score of a pair, 0 to 100, or None if a deal-breaker applies."""
    verdicts = [verdict(wish, home, world) for wish in distinct(lead.wishes)]
    contradictions = sum(strength == "wish" and contradicts for strength, _, contradicts in verdicts)
    if lead.owner == home.owner or contradictions > 4 or any(breakers(lead, home, world)):
        return None
    base = base_score(lead, home, world, weights)
    if contradictions:
        return 12.5 * (4 - contradictions) + base / 8
    return max(base, 50 + base / 6)


def base_score(lead, home, world, weights=WEIGHTS):
    earned = total = 0.0
    terms = [(weights[name], value) for name, value in values(lead, home, world).items()]
    wishes = [verdict(wish, home, world) for wish in distinct(lead.wishes)]
    terms += [(weights["wish"] / (2 if strength == "soft" else 1), value) for strength, value, _ in wishes]
    if not wishes:
        terms.append((weights["wish"], None))
    for weight, value in terms:
        weight = weight if value is not None else weight / 4
        earned += weight * (0.9 if value is None else value)
        total += weight
    return 100 * earned / total


def breakers(lead, home, world):
    ceiling, price = lead.price_max, home.price
    if ceiling and price is not None and same_money(lead, home):
        yield 100 * whole_hundredths(price) > 115 * whole_hundredths(ceiling)
    elif ceiling and price is not None and lead.rate is not None and home.rate is not None:
        yield 100 * whole_hundredths(exchanged(price, home)) > 115 * whole_hundredths(exchanged(ceiling, lead))
    if lead.area_min is not None and home.area is not None:
        yield home.area < lead.area_min / 2
    if lead.rooms and home.rooms is not None:
        yield rooms_off(lead, home) > 1
    if lead.property_type is not None:
        yield home.property_type != lead.property_type and not is_aparthotel_for_flat(lead, home)
    yield wrong_place(lead, home, world)
    for wish in distinct(lead.wishes):
        strength, _, contradicts = verdict(wish, home, world)
        yield strength == "must" and contradicts
    requested = {kind for kind, _, _ in lead.wishes}
    for kind in world.kinds.values():
        if kind.implied is None or kind.name in requested or (kind.name == "room" and lead.property_type == "ROOM"):
            continue
        yield verdict((kind.name, kind.implied, "must"), home, world)[2]


def whole_hundredths(amount):
    return round(Fraction(amount) * 100)


def exchanged(amount, row):
    """The amount in the market's currency. A weaker limit is a Decimal, a rate a float."""
    return float(amount) * float(row.rate)


def same_money(lead, home):
    return lead.currency == home.currency


def comparable(lead, home):
    return (lead.rate is not None and home.rate is not None) or (same_money(lead, home) and lead.rate == home.rate)


def distinct(wishes):
    seen = []
    for wish in wishes:
        if tuple(wish) not in seen:
            seen.append(tuple(wish))
    return seen


def values(lead, home, world):
    """Criterion -> the value of the stated wish; None if nothing is stated."""
    likeness = world.likeness(lead.text, home.text)
    return {
        "price": price(lead, home),
        "location": location(lead, home, world),
        "rooms": rooms(lead, home),
        "area": area(lead, home),
        "text": None if likeness is None else 0.9 + 0.1 * likeness,
        "property_class": on_scale(CLASSES, lead.property_class, home.property_class),
        "property_type": property_type(lead, home),
        "condition": on_scale(CONDITIONS, lead.condition, home.condition),
        "year": year(lead, home),
    }


def verdict(wish, home, world):
    """(strength, value, whether it is contradicted) of a wish in words."""
    name, wanted, strength = wish
    kind = world.kinds[name]
    if name not in home.facts:
        return strength, 0.5, False
    fact = home.facts[name]
    if kind.form == "flag":
        value = float(fact is wanted)
        return strength, value, value == 0
    if kind.form == "choice":
        given = {fact} if isinstance(fact, str) else set(fact)
        [(how, words)] = wanted.items()
        met = bool(given & set(words)) == (how == "any_of")
        return strength, float(met), not met
    nearest = max((edge for edge in kind.bins if edge <= fact), default=kind.bins[0])
    past = 0.0
    for side, limit in wanted.items():
        beyond = limit - nearest if side == "min" else nearest - limit
        if kind.period:
            beyond = 0 if nearest == kind.bins[0] else (beyond + kind.period / 2) % kind.period - kind.period / 2
        tolerance = kind.tolerance * abs(limit) if kind.relative else kind.tolerance
        past = max(past, beyond / max(tolerance, 1e-9))
    value = min(1.0, max(0.0, 1 - round(past, 9)))
    return strength, value, value <= 0


def sampled(formula, amount, ratio):
    """
    *formula* at the two powers of *ratio* around the amount, interpolated by its logarithm in steps of a 64th.
    """
    position = max(math.log(amount) / math.log(ratio), 0.0) if amount > 0 else 0.0
    knot = math.floor(position)
    share = round((position - knot) * 64) / 64
    return (1 - share) * formula(ratio**knot) + share * formula(ratio ** (knot + 1))


def price(lead, home):
    low, high = lead.price_min or None, lead.price_max or None
    if low is None and high is None:
        return None
    if home.price is None or not comparable(lead, home):
        return 0.5
    if lead.rate is not None:
        low, high = (None if end is None else exchanged(end, lead) for end in (low, high))

    def formula(amount):
        if low is not None and amount < low / 1.04:
            return max(0.3, 0.9 - 0.6 * (1 - amount / (low / 1.04)) / 0.3)
        if high is None:
            return 1.0
        middle = high / 2 if low is None else (low + high) / 2
        if amount <= middle:
            return 1.0
        if amount <= high:
            return 1 - 0.04 * (amount - middle) / (high - middle)
        if amount <= 1.05 * high:
            return 0.96 - 0.11 * (amount / high - 1) / 0.05
        return max(0.0, 0.85 * (1.2 - amount / high) / 0.15)

    amount = float(home.price if home.rate is None else exchanged(home.price, home))
    return sampled(formula, amount, 1.04) - (0.03 if low is not None and amount < low else 0)


def area(lead, home):
    low, high = lead.area_min or None, lead.area_max or None
    if low is None and high is None:
        return None
    if home.area is None:
        return 0.5

    def formula(amount):
        if low is not None and amount < low:
            return max(0.0, (amount / low - 0.8) / 0.2)
        if high is not None and amount > 1.05 * high:
            return max(0.2, 1 - 0.8 * (amount / (1.05 * high) - 1) / 0.3)
        return 1.0

    return sampled(formula, home.area, 1.05)


def rooms_off(lead, home):
    return min(abs(min(wanted, 10) - min(home.rooms, 10)) for wanted in lead.rooms)


def rooms(lead, home):
    if not lead.rooms:
        return None
    if home.rooms is None:
        return 0.5
    return 1.0 if rooms_off(lead, home) == 0 else 0.1


def is_aparthotel_for_flat(lead, home):
    return lead.property_type == "APARTMENT" and home.property_type == "APARTMENTS"


def property_type(lead, home):
    if lead.property_type is None:
        return None
    return 0.6 if is_aparthotel_for_flat(lead, home) else 1.0


def on_scale(scale, wish, have):
    if wish is None:
        return None
    if have is None:
        return 0.5
    better = scale.index(have) - scale.index(wish)
    if better == 0:
        return 1.0
    if better > 0:
        return 0.8 if better == 1 else 0.65
    return {-1: 0.4, -2: 0.1, -3: 0.0}[better]


def year(lead, home):
    if lead.year_min is None:
        return None
    if home.year is None:
        return 0.5
    formula = lambda built: min(1.0, max(0.0, 1 - 0.05 * (lead.year_min - built)))
    built = min(max(home.year, 1900), 2050)
    knot = 1900 + (built - 1900) // 5 * 5
    share = round((built - knot) / 5 * 64) / 64
    return (1 - share) * formula(knot) + share * formula(knot + 5)


def ranked(scores, k):
    """Positions of the *k* best of *scores* (None left out), best first, ties by position."""
    return sorted((i for i, s in enumerate(scores) if s is not None), key=lambda i: (-scores[i], i))[:k]
