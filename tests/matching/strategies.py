"""
Random leads, properties and markets for hypothesis. Few values, so that ties, hits and edges are common.
"""

from decimal import Decimal
from functools import lru_cache
from random import Random

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from matching.engine.text import TextModel
from matching.engine.topk import Market
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.closeness import Closeness
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts, learn_closeness
from matching.facts.place_names import place_key
from matching.facts.vocabulary import CONDITIONS, PROPERTY_CLASSES, PROPERTY_TYPES
from matching.reading.kinds import KIND_OF, KINDS
from tests.length import examples
from tests.matching import oracle

#: A market has many pairs, so few markets test many cases.
checked = settings(max_examples=examples(25, 500))
checked_on_markets = settings(max_examples=examples(12, 300))

#: Names that equal their keys, because the oracle identifies places by their keys.
DISTRICTS = [place_key(name) for name in ("арбат", "хамовники", "сокол")]
METROS = [place_key(name) for name in ("арбатская", "сокол", "университет")]
PHRASES = [
    "",
    "у метро, без животных",
    "тихий двор",
    "метро рядом",
    "no pets",
    "с животными можно",
    "вид на парк",
]

maybe = lambda strategy: st.none() | strategy
amounts = st.sampled_from([9.9e6, 10e6, 11.3e6, 11.5e6, 11.51e6, 13e6, 17.25e6]) | st.floats(1e6, 4e7)
areas = st.sampled_from([20.0, 40.0, 50.0, 51.0, 100.0]) | st.floats(12, 150)
owners = st.integers(1, 4)
#: (currency, rate): the market's own, one with a rate, two without.
money = st.sampled_from([("", 1), ("", 1), ("", 1), ("USD", Decimal("1.5")), ("AED", None), ("TRY", None)])
#: Points from some hundred metres to some kilometres apart.
points = st.tuples(st.sampled_from([55.75, 55.752, 55.77, 55.81]), st.sampled_from([37.6, 37.603, 37.65]))


def some_wish(random, kind):
    """A value of a wish of a kind."""
    if kind.form == "flag":
        return random.choice([True, False])
    if kind.form == "choice":
        words = random.sample(kind.choices, random.randint(1, 2))
        return {random.choice(["any_of", "none_of"]): words}
    low, high = sorted(random.choices(kind.bins[1:], k=2))
    return random.choice([{"min": low}, {"max": high}, {"min": low, "max": high}])


def some_fact(random, kind):
    """A value of a fact of a kind."""
    if kind.form == "flag":
        return random.choice([True, False])
    if kind.form == "choice":
        many = random.sample(kind.choices, random.randint(0, 2))
        return many if kind.many else random.choice(kind.choices)
    return random.choice([*kind.bins, random.uniform(kind.bins[0], 1.1 * kind.bins[-1])])


#: A few kinds are frequent, so that wishes meet facts; all others are rare. They are drawn in advance, so that
#: hypothesis makes one choice instead of five.
_OFTEN = [KIND_OF[name] for name in ("balcony", "floor", "pets", "window_view", "kitchen_area", "room")]
_RANDOM = Random(0)
_KINDS = [*_OFTEN * 20, *KINDS]
WISHES = [
    (kind.name, some_wish(_RANDOM, kind), _RANDOM.choice(["must", "wish", "wish", "wish", "soft"])) for kind in _KINDS
]
FACTS = [
    {kind.name: some_fact(_RANDOM, kind) for kind in _RANDOM.sample(_KINDS, _RANDOM.randint(0, 6))} for _ in range(300)
]
wishes = st.lists(st.sampled_from(WISHES), max_size=4)
stated_facts = st.sampled_from(FACTS)


#: The strategies are made once: hypothesis checks each new one again, which takes as long as drawing from it.
lead_points = st.one_of(st.just((None, None)), st.just((None, None)), points)
home_points = st.one_of(st.just((None, None)), points)
two_amounts, two_areas = st.tuples(amounts, amounts), st.tuples(areas, areas)
is_stated = st.sampled_from([False, True])
lead_fields = {
    "owner": owners,
    "rooms": st.lists(st.sampled_from([0, 1, 2, 3, 9, 10, 12]), max_size=2),
    "property_type": maybe(st.sampled_from(PROPERTY_TYPES[:4])),
    "property_class": maybe(st.sampled_from(PROPERTY_CLASSES)),
    "condition": maybe(st.sampled_from(CONDITIONS)),
    "year_min": maybe(st.integers(1950, 2025)),
    "districts": st.lists(st.sampled_from(DISTRICTS), max_size=2),
    "metros": st.lists(st.sampled_from(METROS), max_size=2),
    "place_scope": st.sampled_from(["", "", "near", "only"]),
    "radius_km": maybe(st.sampled_from([0.4, 2.0, 5.0])),
    "wishes": wishes,
    "text": st.sampled_from(PHRASES),
}
home_fields = {
    "owner": owners,
    "property_type": st.sampled_from([*PROPERTY_TYPES[:3], "APARTMENT", "APARTMENT"]),
    "price": maybe(amounts),
    "area": maybe(areas),
    "rooms": maybe(st.sampled_from([0, 1, 2, 3, 4, 9, 10, 15])),
    "property_class": maybe(st.sampled_from(PROPERTY_CLASSES)),
    "condition": maybe(st.sampled_from(CONDITIONS)),
    "year": maybe(st.integers(1880, 2030)),
    "district": maybe(st.sampled_from(DISTRICTS)),
    "metro": maybe(st.sampled_from(METROS)),
    "metros": st.lists(st.tuples(st.sampled_from(METROS), maybe(st.sampled_from([5.0, 12.0, 45.0]))), max_size=2),
    "facts": stated_facts,
    "text": st.sampled_from(PHRASES),
}


@st.composite
def leads(draw):
    price, area = sorted(draw(two_amounts)), sorted(draw(two_areas))
    limits = [value if draw(is_stated) else None for value in (*price, *area)]
    currency, rate = draw(money)
    latitude, longitude = draw(lead_points)
    return LeadFacts(
        **dict(zip(("price_min", "price_max", "area_min", "area_max"), limits, strict=True)),
        currency=currency,
        rate=rate if rate is None else float(rate),
        latitude=latitude,
        longitude=longitude,
        **{name: draw(values) for name, values in lead_fields.items()},
    )


@st.composite
def properties(draw):
    currency, rate = draw(money)
    latitude, longitude = draw(home_points)
    return PropertyFacts(
        currency=currency,
        rate=rate if rate is None else float(rate),
        latitude=latitude,
        longitude=longitude,
        **{name: draw(values) for name, values in home_fields.items()},
    )


#: Fitted once. The first model knows every word that a random market may use, the second some, the third none.
TEXT_MODEL = TextModel.fit(PHRASES)
TEXT_MODELS = [TEXT_MODEL, TextModel.fit(["тихий двор тихий", "парк, метро, животные", "метро"]), TextModel.empty()]
text_models = st.sampled_from(TEXT_MODELS)


def _taught() -> Closeness:
    """The nearness of places in a small town, with coordinates for two districts and all stations but one."""
    rows = [
        ("арбат", "арбатская", 55.751, 37.601),
        ("арбат", "арбатская", 55.752, 37.600),
        ("арбат", "арбатская", 55.750, 37.602),
        ("хамовники", "арбатская", 55.740, 37.590),
        ("хамовники", "университет", 55.739, 37.589),
        ("хамовники", "университет", 55.741, 37.591),
        ("сокол", "сокол", None, None),
        ("сокол", "университет", 55.80, 37.52),
    ]
    homes = [
        PropertyFacts(owner=1, property_type="APARTMENT", district=d, metro=m, latitude=lat, longitude=lon)
        for d, m, lat, lon in rows
    ]
    places = PlaceIndex()
    return learn_closeness(PropertyColumns.from_facts(homes, places), places)


CLOSENESS = _taught()


def world_of(text_model=TEXT_MODEL, closeness=CLOSENESS):
    """The oracle's inputs."""
    near, middles = {}, {}
    for kind in ("district", "metro"):
        neighbours = getattr(closeness, kind)
        for index, key in enumerate(neighbours.keys):
            for entry in range(*neighbours.of(index).indices(len(neighbours.places))):
                km = float(neighbours.km[entry])
                other = neighbours.keys[neighbours.places[entry]]
                near[kind, key, other] = float(neighbours.nearness[entry]), None if np.isnan(km) else km
            if kind == "district" and not np.isnan(neighbours.latitude[index]):
                middles[key] = float(neighbours.latitude[index]), float(neighbours.longitude[index])
    districts_of = {
        key: [
            closeness.district.keys[d]
            for d in closeness.district_of_metro[slice(*closeness.district_of_metro_indptr[i : i + 2])]
        ]
        for i, key in enumerate(closeness.metro.keys)
    }
    return oracle.World(KIND_OF, lambda one, other: likeness(text_model, one, other), near, districts_of, middles)


def likeness(text_model, lead_text, home_text):
    """The share of a lead's words, by weight, in a property's text; None if the model knows none of the words."""
    mine, theirs = text_model.lead_words([lead_text]), text_model.property_words([home_text])
    if not len(mine.codes):
        return None
    parts = dict(zip(theirs.codes.tolist(), theirs.worth.tolist(), strict=True))
    return sum(
        share * parts.get(code, 0) / 64 for code, share in zip(mine.codes.tolist(), mine.worth.tolist(), strict=True)
    )


def vectors(some_leads, some_properties, text_model=TEXT_MODEL, closeness=CLOSENESS, **weights):
    """Both sides of a market of facts."""
    places = PlaceIndex()
    lead_table = LeadColumns.from_facts(some_leads, places, closeness)
    return (
        lead_vectors(lead_table, text_model, **weights),
        property_vectors(PropertyColumns.from_facts(some_properties, places, closeness), text_model),
    )


@lru_cache
def pairs_within(n_leads, n_properties):
    """(n, 2) arrays of excluded pairs."""
    if not n_leads or not n_properties:
        return st.just(np.zeros((0, 2), np.int64))
    pair = st.tuples(st.integers(0, n_leads - 1), st.integers(0, n_properties - 1))
    return st.lists(pair, max_size=8).map(lambda pairs: np.array(pairs, np.int64).reshape(-1, 2))


@lru_cache
def _both_sides(maximum):
    return st.tuples(st.lists(leads(), max_size=maximum), st.lists(properties(), max_size=maximum))


@st.composite
def markets(draw, maximum=8):
    """``(leads, properties, market, text model)``."""
    some_leads, some_properties = draw(_both_sides(maximum))
    pairs = pairs_within(len(some_leads), len(some_properties))
    model = draw(text_models)
    market = Market(*vectors(some_leads, some_properties, model), draw(pairs), draw(pairs))
    return some_leads, some_properties, market, model
