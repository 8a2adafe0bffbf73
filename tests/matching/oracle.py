"""The matching engine a second time: one pair at a time, in plain Python, written from docs/matching.md.

Slow and obvious on purpose. It shares no code with ``matching`` and imports nothing but the standard library;
only text vectors are given to it, because a TF-IDF of its own would test nothing here.
"""

import math

WEIGHTS = {
    "price": 0.20,
    "location": 0.19,
    "rooms": 0.10,
    "area": 0.15,
    "text": 0.20,
    "property_class": 0.05,
    "property_type": 0.04,
    "condition": 0.05,
    "year": 0.02,
}
CLASSES = ["ECONOMY", "COMFORT", "BUSINESS", "ELITE"]
CONDITIONS = ["ROUGH", "PRE_FINISHING", "FINISHING", "DESIGN"]


def score(lead, home, lead_text=(), home_text=(), weights=WEIGHTS):
    """
    The score of a pair, 0 to 100, or None where something breaks it. Vectors of text are given, () for none.
    """
    if lead.owner == home.owner or any(breakers(lead, home)):
        return None
    earned = total = 0.0
    for name, value in values(lead, home, lead_text, home_text).items():
        weight = weights[name] if value is not None else weights[name] / 4
        earned += weight * (0.9 if value is None else value)
        total += weight
    return 100 * earned / total


def breakers(lead, home):
    if lead.price_max is not None and home.price is not None:
        yield home.price * 100 > lead.price_max * 115
    if lead.area_min is not None and home.area is not None:
        yield home.area < lead.area_min / 2
    if lead.rooms and home.rooms is not None:
        yield rooms_off(lead, home) > 1
    if lead.property_type is not None:
        yield home.property_type != lead.property_type and not is_aparthotel_for_flat(lead, home)


def values(lead, home, lead_text, home_text):
    """Criterion to the value of the stated wish; None where nothing is stated."""
    return {
        "price": price(lead, home),
        "location": location(lead, home),
        "rooms": rooms(lead, home),
        "area": area(lead, home),
        "text": None if not any(lead_text) else 0.9 + 0.1 * sum(a * b for a, b in zip(lead_text, home_text)),
        "property_class": on_scale(CLASSES, lead.property_class, home.property_class),
        "property_type": property_type(lead, home),
        "condition": on_scale(CONDITIONS, lead.condition, home.condition),
        "year": year(lead, home),
    }


def sampled(formula, amount, ratio):
    """
    *formula* at the two powers of *ratio* around the amount, mixed by where its logarithm lies, to a 64th.
    """
    place = max(math.log(amount) / math.log(ratio), 0.0) if amount > 0 else 0.0
    knot = math.floor(place)
    share = round((place - knot) * 64) / 64
    return (1 - share) * formula(ratio**knot) + share * formula(ratio ** (knot + 1))


def price(lead, home):
    low, high = lead.price_min or None, lead.price_max
    if low is None and high is None:
        return None
    if home.price is None:
        return 0.5

    def formula(amount):
        if low is not None and amount < low / 1.04:
            return max(0.6, 1 - 0.4 * (1 - amount / (low / 1.04)) / 0.5)
        if high is None:
            return 1.0
        middle = high / 2 if low is None else (low + high) / 2
        if amount <= middle:
            return 1.0
        if amount <= high:
            return 1 - 0.04 * (amount - middle) / (high - middle)
        return max(0.0, 0.96 * (1 - (amount / high - 1) / 0.2))

    return sampled(formula, home.price, 1.04)


def area(lead, home):
    low, high = lead.area_min or None, lead.area_max
    if low is None and high is None:
        return None
    if home.area is None:
        return 0.5

    def formula(amount):
        if low is not None and amount < low:
            return max(0.0, (amount / low - 0.6) / 0.4)
        if high is not None and amount > 1.05 * high:
            return max(0.5, 1 - 0.5 * (amount / (1.05 * high) - 1))
        return 1.0

    return sampled(formula, home.area, 1.05)


def rooms_off(lead, home):
    return min(abs(min(wanted, 10) - min(home.rooms, 10)) for wanted in lead.rooms)


def rooms(lead, home):
    if not lead.rooms:
        return None
    if home.rooms is None:
        return 0.5
    return 1.0 if rooms_off(lead, home) == 0 else 0.4


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


def location(lead, home):
    if not lead.districts and not lead.metros:
        return None
    hit = lambda wanted, have: 0.5 if have is None else float(have in wanted)
    if not lead.metros:
        return 0.1 + 0.9 * hit(lead.districts, home.district)
    if not lead.districts:
        return 0.1 + 0.9 * hit(lead.metros, home.metro)
    return 0.1 + 0.55 * hit(lead.districts, home.district) + 0.35 * hit(lead.metros, home.metro)


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
