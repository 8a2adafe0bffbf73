"""
Markets of some thousand rows, for cases that occur only at that size: many blocks, thresholds, truncated buckets.
"""

import numpy as np

from matching.engine.text import TextModel
from matching.engine.topk import Market
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, PlaceIndex, PropertyColumns
from matching.facts.places import csr_of
from matching.reading.kinds import KINDS

WORDS = "светлая квартира метро рядом без животных балкон парк тихий двор school near no pets ремонт".split()


def synthetic(n_leads: int, n_properties: int, seed: int = 0, owners: int = 40, excluded: int = 0) -> Market:
    """
    A random market; with few *owners* many pairs have the same owner; *excluded* is the number of pairs for each side.
    """
    rng = np.random.default_rng(seed)
    places = PlaceIndex()
    leads, properties = lead_columns(rng, n_leads, owners, places), property_columns(rng, n_properties, owners)
    model = TextModel.fit(properties.text, leads.text)
    pairs = lambda: rng.integers(0, [n_leads, n_properties], (excluded, 2))
    return Market(lead_vectors(leads, model), property_vectors(properties, model), pairs(), pairs())


def texts(rng: np.random.Generator, n: int) -> list[str]:
    return [" ".join(rng.choice(WORDS, count)) for count in rng.integers(0, 6, n)]


def sometimes(rng: np.random.Generator, share: float, values: np.ndarray) -> np.ndarray:
    """*values*, present with probability *share* and NaN or -1 elsewhere."""
    missing = np.nan if values.dtype.kind == "f" else -1
    return np.where(rng.random(len(values)) < share, values, missing).astype(values.dtype)


#: The wishes of synthetic leads, and their frequency.
WISHES = (
    *[("first_floor", False, "wish")] * 5,
    *[("balcony", True, "wish")] * 3,
    ("last_floor", False, "must"),
    ("floor", {"min": 5}, "wish"),
    ("kitchen_area", {"min": 9}, "wish"),
    ("window_view", {"any_of": ["yard", "park"]}, "soft"),
    ("pets", True, "must"),
    ("room", True, "soft"),
)
#: Kinds of facts that synthetic properties state.
STATED_KINDS = ("first_floor", "balcony", "last_floor", "floor", "kitchen_area", "window_view", "pets", "room", "share")
ROOM, SHARE = STATED_KINDS.index("room"), STATED_KINDS.index("share")


def answers(rng: np.random.Generator, n: int) -> np.ndarray:
    """(n, kinds): one in three states each kind; few are rooms or shares."""
    table = np.full((n, len(KINDS)), -1, np.int8)
    for column, kind in enumerate(KINDS):
        if kind.name in STATED_KINDS:
            given = rng.integers(0, kind.answers, n)
            if kind.name in ("room", "share"):
                given = (rng.random(n) < 0.05).astype(np.int64)
            table[:, column] = np.where(rng.random(n) < 0.4, given, -1)
    return table


def stations(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR rows of no, one or several stations, and their parts."""
    rows = [np.unique(rng.integers(0, 20, count)) for count in rng.choice(4, n, p=[0.3, 0.4, 0.2, 0.1])]
    indptr, codes = csr_of([row.tolist() for row in rows], np.int32)
    return indptr, codes, rng.choice(np.array([64, 64, 62, 52], np.float32), len(codes))


def property_columns(rng: np.random.Generator, n: int, owners: int) -> PropertyColumns:
    metro_indptr, metro_codes, metro_parts = stations(rng, n)
    return PropertyColumns(
        owner=rng.integers(0, owners, n),
        price=sometimes(rng, 0.97, np.round(np.exp(rng.normal(16.5, 0.5, n)), -4)),
        currency=np.zeros(n, np.int32),
        rate=np.ones(n),
        area=sometimes(rng, 0.9, np.round(rng.uniform(20, 120, n), 1)),
        rooms=sometimes(rng, 0.9, rng.integers(0, 6, n, dtype=np.int8)),
        property_type=rng.choice(6, n, p=[0.7, 0.1, 0.1, 0.04, 0.03, 0.03]).astype(np.int8),
        property_class=sometimes(rng, 0.7, rng.integers(0, 4, n, dtype=np.int8)),
        condition=sometimes(rng, 0.7, rng.integers(0, 4, n, dtype=np.int8)),
        district=sometimes(rng, 0.9, rng.integers(0, 9, n, dtype=np.int32)),
        metro_indptr=metro_indptr,
        metro_codes=metro_codes,
        metro_parts=metro_parts,
        spot=sometimes(rng, 0.5, rng.integers(0, 60, n, dtype=np.int32)),
        latitude=np.full(n, np.nan),
        longitude=np.full(n, np.nan),
        year=sometimes(rng, 0.6, rng.integers(1930, 2025, n).astype(float)),
        answers=answers(rng, n),
        text=texts(rng, n),
    )


def graded(rng: np.random.Generator, n: int, places: int, maximum: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CSR rows of up to *maximum* places: the first is wanted, the others are near."""
    rows = [np.unique(rng.integers(0, places, count)) for count in rng.integers(0, maximum, n)]
    indptr, codes = csr_of([row.tolist() for row in rows], np.int32)
    values = rng.choice(np.array([0.1, 0.35, 0.6], np.float32), len(codes))
    values[indptr[:-1][np.diff(indptr) > 0]] = 1
    return indptr, codes, values


def lead_columns(rng: np.random.Generator, n: int, owners: int, names: PlaceIndex) -> LeadColumns:
    price, area = np.exp(rng.normal(16.6, 0.5, n)), rng.uniform(25, 110, n)
    rooms = np.zeros((n, 11), bool)
    wanted = np.flatnonzero(rng.random(n) < 0.8)
    rooms[wanted, rng.integers(0, 6, len(wanted))] = True
    places = {kind: graded(rng, n, count, 5) for kind, count in (("district", 9), ("metro", 20))}
    places["spot"] = graded(rng, n, 60, 2)
    wishes = [names.wishes.codes(WISHES[i] for i in row) for row in rng.integers(0, len(WISHES), (n, 6))]
    wish_indptr, wish_codes = csr_of([codes[: i % 5] for i, codes in enumerate(wishes)], np.int32)
    return LeadColumns(
        owner=rng.integers(0, owners, n),
        price_min=sometimes(rng, 0.5, price * 0.7),
        price_max=sometimes(rng, 0.9, price),
        currency=np.zeros(n, np.int32),
        rate=np.ones(n),
        area_min=sometimes(rng, 0.6, area),
        area_max=sometimes(rng, 0.4, area * 1.3),
        rooms=rooms,
        property_type=sometimes(rng, 0.9, rng.choice(4, n, p=[0.75, 0.1, 0.1, 0.05]).astype(np.int8)),
        property_class=sometimes(rng, 0.4, rng.integers(0, 4, n, dtype=np.int8)),
        condition=sometimes(rng, 0.4, rng.integers(0, 4, n, dtype=np.int8)),
        year_min=sometimes(rng, 0.3, rng.integers(1930, 2025, n).astype(float)),
        **{
            f"{kind}_{part}": column
            for kind, columns in places.items()
            for part, column in zip(("indptr", "codes", "values"), columns, strict=True)
        },
        **{f"{kind}_only": rng.random(n) < 0.05 for kind in places},
        wish_indptr=wish_indptr,
        wish_codes=wish_codes,
        wish_table=names.wishes,
        text=texts(rng, n),
    )
