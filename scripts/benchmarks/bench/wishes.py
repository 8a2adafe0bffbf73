"""Facts of the properties of a synthetic market, and wishes of its leads beyond the fields."""

import numpy as np
from numpy.typing import NDArray

from matching.facts.places import csr_of
from matching.facts.wishes import KIND_CODES, WishTable
from matching.reading.kinds import KIND_OF, KINDS

#: Kind to the share of properties that state it and, for flags and choices, the probability of each answer but the
#: last.
SHARES: dict[str, tuple[float, list[float]]] = {
    "first_floor": (0.95, [0.9]),
    "last_floor": (0.93, [0.88]),
    "balcony": (0.5, [0.25]),
    "lift": (0.6, [0.2]),
    "new_building": (0.8, [0.65]),
    "bathroom": (0.6, [0.6]),
    "rooms_layout": (0.3, [0.6, 0.25]),
    "parking": (0.3, [0.1, 0.5, 0.2, 0.05, 0.1, 0.03, 0.01]),
    "pets": (0.2, [0.5]),
    "furnished": (0.5, [0.4]),
    "mortgage": (0.35, [0.1]),
    "free_sale": (0.35, [0.3]),
    "from_owner": (0.1, [0.3]),
    "apartments": (0.9, [0.92]),
    "share": (0.3, [0.97]),
    "auction": (0.1, [0.95]),
    "school": (0.3, [0.05]),
    "park": (0.3, [0.05]),
    "floor": (0.95, []),
    "house_floors": (0.93, []),
    "kitchen_area": (0.6, []),
    "ceiling_height": (0.4, []),
    "year_built": (0.7, []),
    "metro_walk": (0.6, []),
}
#: (kind, wish, frequency); a limit of None is drawn around the value of the property from which the lead is made.
ASKED: tuple[tuple[str, object, float], ...] = (
    ("first_floor", False, 0.30),
    ("last_floor", False, 0.22),
    ("balcony", True, 0.15),
    ("kitchen_area", "min", 0.15),
    ("metro_walk", "max", 0.14),
    ("floor", "min", 0.12),
    ("new_building", None, 0.12),
    ("lift", True, 0.10),
    ("bathroom", None, 0.10),
    ("pets", True, 0.08),
    ("furnished", None, 0.08),
    ("mortgage", True, 0.08),
    ("free_sale", True, 0.06),
    ("parking", {"any_of": ["underground", "own_place"]}, 0.06),
    ("ceiling_height", "min", 0.05),
    ("apartments", False, 0.05),
    ("year_built", "min", 0.05),
    ("school", True, 0.05),
    ("park", True, 0.05),
    ("house_floors", "max", 0.04),
    ("from_owner", True, 0.03),
    ("rooms_layout", {"any_of": ["isolated"]}, 0.08),
)
STRENGTHS, CHANCES = ("must", "wish", "soft"), (0.15, 0.7, 0.15)


def answers(rng: np.random.Generator, n: int) -> NDArray[np.int8]:
    """The facts of n properties, int8 (n, kinds)."""
    table = np.full((n, len(KINDS)), -1, np.int8)
    for name, (share, chances) in SHARES.items():
        kind = KIND_OF[name]
        if chances:
            given = rng.choice(len(chances) + 1, n, p=[*chances, 1 - sum(chances)])
        else:  # about a third of the way up the bins, thinning out
            given = np.clip(rng.gamma(3.0, kind.answers / 9, n), 0, kind.answers - 1).astype(np.int64)
        answered = rng.random(n) < share
        table[answered, KIND_CODES[name]] = given[answered]
    return table


def wishes(
    rng: np.random.Generator, source: NDArray[np.int8], table: WishTable
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """
    CSR of the wishes of leads made from properties with the answers *source*. If the property states the fact, it meets
    nine in ten of them.
    """
    n = len(source)
    asks = {name: rng.random(n) < share for name, _, share in ASKED}
    strength = rng.choice(len(STRENGTHS), (n, len(ASKED)), p=CHANCES)
    is_reversed = rng.random((n, len(ASKED))) < 0.1
    rows = []
    for row in range(n):
        wanted = []
        for index, (name, wish, _) in enumerate(ASKED):
            if not asks[name][row]:
                continue
            answer = int(source[row, KIND_CODES[name]])
            value = _value(rng, name, wish, answer, bool(is_reversed[row, index]))
            if value is not None:
                wanted.append((name, value, STRENGTHS[strength[row, index]]))
        rows.append(table.codes(wanted))
    return csr_of(rows, np.int32)


def _value(rng: np.random.Generator, name: str, wish: object, answer: int, is_reversed: bool) -> object:
    kind = KIND_OF[name]
    if kind.form == "number":
        answer_ = answer if answer >= 0 else kind.answers // 3
        answer_ += int(rng.integers(0, 4)) * (1 if wish == "max" else -1)
        if is_reversed:
            answer_ += 5 if wish == "min" else -5
        return {str(wish): kind.bins[min(max(answer_, 1), kind.answers - 1)]}
    if wish is None:
        if answer < 0:
            return None
        return bool(answer) if kind.form == "flag" else {"any_of": [kind.choices[answer]]}
    if kind.form == "flag" and answer >= 0 and bool(answer) != wish and not is_reversed:
        return None
    return wish
