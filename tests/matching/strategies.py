"""
Random leads, properties and markets for hypothesis. Few values, so that ties, hits and edges are common.
"""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from matching.engine.text import TextModel
from matching.engine.topk import Market
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from matching.facts.vocabulary import CONDITIONS, PROPERTY_CLASSES, PROPERTY_TYPES

#: No deadline: a busy machine is no failure. A market holds many pairs, so few markets try much.
checked = settings(deadline=None, max_examples=60)
checked_on_markets = settings(deadline=None, max_examples=30)

DISTRICTS = ["арбат", "хамовники", "сокол"]
METROS = ["арбатская", "сокол", "университет"]
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


@st.composite
def leads(draw):
    price = sorted(draw(st.tuples(amounts, amounts)))
    area = sorted(draw(st.tuples(areas, areas)))
    return LeadFacts(
        owner=draw(owners),
        price_min=draw(maybe(st.just(price[0]))),
        price_max=draw(maybe(st.just(price[1]))),
        area_min=draw(maybe(st.just(area[0]))),
        area_max=draw(maybe(st.just(area[1]))),
        rooms=draw(st.lists(st.sampled_from([0, 1, 2, 3, 9, 10, 12]), max_size=2)),
        property_type=draw(maybe(st.sampled_from(PROPERTY_TYPES[:4]))),
        property_class=draw(maybe(st.sampled_from(PROPERTY_CLASSES))),
        condition=draw(maybe(st.sampled_from(CONDITIONS))),
        year_min=draw(maybe(st.integers(1950, 2025))),
        districts=draw(st.lists(st.sampled_from(DISTRICTS), max_size=2)),
        metros=draw(st.lists(st.sampled_from(METROS), max_size=2)),
        text=draw(st.sampled_from(PHRASES)),
    )


@st.composite
def properties(draw):
    return PropertyFacts(
        owner=draw(owners),
        property_type=draw(st.sampled_from([*PROPERTY_TYPES[:3], "APARTMENT", "APARTMENT"])),
        price=draw(maybe(amounts)),
        area=draw(maybe(areas)),
        rooms=draw(maybe(st.sampled_from([0, 1, 2, 3, 4, 9, 10, 15]))),
        property_class=draw(maybe(st.sampled_from(PROPERTY_CLASSES))),
        condition=draw(maybe(st.sampled_from(CONDITIONS))),
        year=draw(maybe(st.integers(1880, 2030))),
        district=draw(maybe(st.sampled_from(DISTRICTS))),
        metro=draw(maybe(st.sampled_from(METROS))),
        text=draw(st.sampled_from(PHRASES)),
    )


#: Fitted once: a model of the phrases above knows every word that a random market may use.
TEXT_MODEL = TextModel.fit(PHRASES, seed=0)


def vectors(some_leads, some_properties, text_model=TEXT_MODEL, **weights):
    """Both sides of a market of facts."""
    places = PlaceIndex()
    return (
        lead_vectors(LeadColumns.from_facts(some_leads, places), text_model, **weights),
        property_vectors(PropertyColumns.from_facts(some_properties, places), text_model),
    )


def pairs_within(n_leads, n_properties):
    """(n, 2) arrays of excluded pairs."""
    if not n_leads or not n_properties:
        return st.just(np.zeros((0, 2), np.int64))
    pair = st.tuples(st.integers(0, n_leads - 1), st.integers(0, n_properties - 1))
    return st.lists(pair, max_size=8).map(lambda pairs: np.array(pairs, np.int64).reshape(-1, 2))


@st.composite
def markets(draw, most=12):
    """``(leads, properties, market)``."""
    some_leads = draw(st.lists(leads(), max_size=most))
    some_properties = draw(st.lists(properties(), max_size=most))
    pairs = pairs_within(len(some_leads), len(some_properties))
    market = Market(*vectors(some_leads, some_properties), draw(pairs), draw(pairs))
    return some_leads, some_properties, market
