"""
Markets of some thousand rows, for what only shows at size: many blocks, thresholds, buckets that are cut
back.
"""

import numpy as np

from matching.engine.text import TextModel
from matching.engine.topk import Market
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, PropertyColumns

WORDS = "светлая квартира метро рядом без животных балкон парк тихий двор school near no pets ремонт".split()


def synthetic(n_leads: int, n_properties: int, seed: int = 0, owners: int = 40, excluded: int = 0) -> Market:
    """
    A random market; *owners* few enough give many pairs of one owner, *excluded* counts pairs for each side.
    """
    rng = np.random.default_rng(seed)
    leads, properties = lead_columns(rng, n_leads, owners), property_columns(rng, n_properties, owners)
    model = TextModel.fit(leads.text + properties.text, seed=0)
    pairs = lambda: rng.integers(0, [n_leads, n_properties], (excluded, 2))
    return Market(lead_vectors(leads, model), property_vectors(properties, model), pairs(), pairs())


def texts(rng: np.random.Generator, n: int) -> list[str]:
    return [" ".join(rng.choice(WORDS, count)) for count in rng.integers(0, 6, n)]


def sometimes(rng: np.random.Generator, share: float, values: np.ndarray) -> np.ndarray:
    """*values*, present with probability *share* and NaN or -1 elsewhere."""
    missing = np.nan if values.dtype.kind == "f" else -1
    return np.where(rng.random(len(values)) < share, values, missing).astype(values.dtype)


def property_columns(rng: np.random.Generator, n: int, owners: int) -> PropertyColumns:
    return PropertyColumns(
        owner=rng.integers(0, owners, n),
        price=sometimes(rng, 0.97, np.round(np.exp(rng.normal(16.5, 0.5, n)), -4)),
        area=sometimes(rng, 0.9, np.round(rng.uniform(20, 120, n), 1)),
        rooms=sometimes(rng, 0.9, rng.integers(0, 6, n, dtype=np.int8)),
        property_type=rng.choice(6, n, p=[0.7, 0.1, 0.1, 0.04, 0.03, 0.03]).astype(np.int8),
        property_class=sometimes(rng, 0.7, rng.integers(0, 4, n, dtype=np.int8)),
        condition=sometimes(rng, 0.7, rng.integers(0, 4, n, dtype=np.int8)),
        district=sometimes(rng, 0.9, rng.integers(0, 9, n, dtype=np.int32)),
        metro=sometimes(rng, 0.7, rng.integers(0, 20, n, dtype=np.int32)),
        year=sometimes(rng, 0.6, rng.integers(1930, 2025, n).astype(float)),
        text=texts(rng, n),
    )


def lead_columns(rng: np.random.Generator, n: int, owners: int) -> LeadColumns:
    price, area = np.exp(rng.normal(16.6, 0.5, n)), rng.uniform(25, 110, n)
    rooms = np.zeros((n, 11), bool)
    wanted = np.flatnonzero(rng.random(n) < 0.8)
    rooms[wanted, rng.integers(0, 6, len(wanted))] = True
    district_lists, metro_lists = (
        [np.unique(rng.integers(0, places, count)) for count in rng.integers(0, 4, n)] for places in (9, 20)
    )
    csr = lambda lists: (
        np.concatenate([[0], np.cumsum([len(row) for row in lists])]).astype(np.int64),
        np.concatenate([np.zeros(0), *lists]).astype(np.int32),
    )
    (district_indptr, district_codes), (metro_indptr, metro_codes) = csr(district_lists), csr(metro_lists)
    return LeadColumns(
        owner=rng.integers(0, owners, n),
        price_min=sometimes(rng, 0.5, price * 0.7),
        price_max=sometimes(rng, 0.9, price),
        area_min=sometimes(rng, 0.6, area),
        area_max=sometimes(rng, 0.4, area * 1.3),
        rooms=rooms,
        property_type=sometimes(rng, 0.9, rng.choice(4, n, p=[0.75, 0.1, 0.1, 0.05]).astype(np.int8)),
        property_class=sometimes(rng, 0.4, rng.integers(0, 4, n, dtype=np.int8)),
        condition=sometimes(rng, 0.4, rng.integers(0, 4, n, dtype=np.int8)),
        year_min=sometimes(rng, 0.3, rng.integers(1930, 2025, n).astype(float)),
        district_indptr=district_indptr,
        district_codes=district_codes,
        metro_indptr=metro_indptr,
        metro_codes=metro_codes,
        text=texts(rng, n),
    )
