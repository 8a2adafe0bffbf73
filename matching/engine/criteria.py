"""The criteria of a match: what each is worth, its formula, and what breaks a pair. The one place where they are set.

The *base* of a pair is a weighted mean over all criteria, of which every wish in words is one::

    base = 100 * (sum_stated w s + sum_unstated w' PRIOR) / (sum_stated w + sum_unstated w')
    w' = UNSTATED_SHARE * w

where *s* in [0, 1] is how well the property serves a wish that the lead states. What the lead does not state
enters with a quarter of its weight and the prior 0.9: a lead that asks for nothing scores 90 with everything,
so it neither leads every property's list nor vanishes from it, and one that asks for more of what the
property has comes before it. The score is made of the base in :func:`matching.engine.units.score_of_units`.

Because every formula gives at least 0.9 to a property that meets the wish (:data:`CRITERIA`; the least is
0.937, for the wanted year), a property that meets every stated wish scores at least 90 whatever
the weights are: a weighted mean of numbers not below 0.9 is not below 0.9. Text joins this bound, for words that no
property has are worth 0.9, too.

What the property does not state counts as 0.5, half-way between serving the wish and failing it (text: as
unrelated, 0.9).

Price, area and year are *sampled*: the formula holds at fixed knots and the value between two knots is
interpolated, the place between them taken to a 64th. That is the definition, not an approximation of one, and
it is what makes the score a dot product (:mod:`matching.engine.vectorize`). Interpolation keeps a falling stretch
falling, so a dearer property never gains by it.
"""

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matching.errors import InvalidInputError
from matching.facts.vocabulary import CONDITIONS, MAX_ROOMS, PROPERTY_CLASSES, PROPERTY_TYPES

UNSTATED_SHARE = 0.25
PRIOR = 0.90
#: The value of a stated wish when the property does not state it.
UNKNOWN_VALUE = 0.5

#: A price above the ceiling times this breaks the pair...
PRICE_LIMIT_PERCENT = 115
#: ...and an area below the minimum times this does: a home half as big is another kind of home.
AREA_LIMIT_PERCENT = 50

#: Currency units: each knot is 4 % above the one before, from 1 to 8e11.
PRICE_RATIO = 1.04
PRICE_KNOTS = PRICE_RATIO ** np.arange(701)
#: Square metres: each knot is 5 % above the one before, from 1 to 9e5.
AREA_RATIO = 1.05
AREA_KNOTS = AREA_RATIO ** np.arange(282)
#: Years, five apart; older and newer ones count as the first and the last.
YEAR_KNOTS = np.arange(1900.0, 2051.0, 5.0)

#: What a number of rooms is worth that is one off a wanted one.
ONE_ROOM_OFF = 0.1

#: An area under the minimum is worth 0 from this share of it on; over the maximum M, the value falls in a line to
#: AREA_LARGE at AREA_LARGE_AT times M.
AREA_SMALL_AT = 0.8
AREA_LARGE, AREA_LARGE_AT = 0.2, 1.3

#: A price under the minimum m is worth PRICE_UNDER at once, less in a line to PRICE_LOW at PRICE_LOW_AT times m.
PRICE_UNDER, PRICE_LOW, PRICE_LOW_AT = 0.9, 0.3, 0.7
#: In addition, any price under the minimum is worth so much less, exactly from the minimum on.
PRICE_SHORT = 0.03
#: A price is worth PRICE_CEILING at the ceiling, PRICE_OVER at PRICE_OVER_BY over it, 0 from PRICE_LOST_BY over it on.
PRICE_CEILING = 0.96
PRICE_OVER, PRICE_OVER_BY, PRICE_LOST_BY = 0.85, 0.05, 0.2

#: Any place in the right city is worth LOCATION_BASE. The rest is divided, in these ratios, among the kinds of places
#: that the lead names: a district, a station, a point on the map. A station says more than a district, because it is
#: smaller: a home at the wanted station in the next district fits better than one in the wanted district at another
#: station.
LOCATION_BASE = 0.10
PLACE_PARTS = {"district": 0.30, "metro": 0.60, "spot": 0.90}

#: Text is worth TEXT_BASE + TEXT_REACH * likeness (matching.engine.text): it nudges, and never decides.
TEXT_BASE, TEXT_REACH = 0.9, 0.1


@dataclass(frozen=True)
class Weights:
    """What each criterion is worth. Not negative and not all 0; only their ratios count."""

    price: float = 0.12
    location: float = 0.36
    rooms: float = 0.15
    area: float = 0.10
    text: float = 0.80
    property_class: float = 0.03
    property_type: float = 0.05
    condition: float = 0.03
    year: float = 0.02
    #: Of each wish in words; a soft one weighs half.
    wish: float = 0.08

    def __post_init__(self) -> None:
        if not all(np.isfinite(weight) and weight >= 0 for weight in astuple(self)) or not max(astuple(self)) > 0:
            raise InvalidInputError(f"weights must be finite, not negative and not all 0: {self}")

    def ratios(self) -> NDArray[np.float64]:
        """The weights in the order of CRITERION_NAMES, the largest being 1: so sums neither overflow nor vanish."""
        weights = np.array(astuple(self))
        return weights / weights.max()

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def from_dict(cls, weights: Mapping[str, float]) -> "Weights":
        """
        A stored set; one of before wishes were read gets the default weight of a wish, in proportion.

        Raises:
            InvalidInputError: A criterion is missing or unknown.
        """
        weights = dict(weights)
        if set(weights) == set(CRITERION_NAMES) - {"wish"}:
            others = sum(astuple(DEFAULT_WEIGHTS)) - DEFAULT_WEIGHTS.wish
            weights["wish"] = DEFAULT_WEIGHTS.wish * sum(weights.values()) / others
        if set(weights) != set(CRITERION_NAMES):
            raise InvalidInputError(f"weights must name exactly {', '.join(CRITERION_NAMES)}")
        return cls(**weights)


DEFAULT_WEIGHTS = Weights()

#: In the order of everything that is listed by criterion.
CRITERION_NAMES = tuple(field.name for field in fields(Weights))


@dataclass(frozen=True)
class Criterion:
    """A row of the documented table; *weight* is the default."""

    name: str
    weight: float
    formula: str
    deal_breaker: str


def _criterion(name: str, formula: str, deal_breaker: str = "none") -> Criterion:
    return Criterion(name, getattr(DEFAULT_WEIGHTS, name), formula, deal_breaker)


_SCALE_FORMULA = "same 1; one step better 0.8, more 0.65; one step worse 0.4, two 0.1, three 0"

CRITERIA = (
    _criterion(
        "price",
        "1 up to the middle of the range (without a minimum: up to half the ceiling), then in a line to 0.96 "
        "at the ceiling, to 0.85 at 5 % over it and to 0 at 20 % over it. Below m, one knot (minimum / 1.04) under "
        "the minimum: in a line from 0.9 to 0.3 at 0.7 m, 0.3 from there down. Knots 4 % apart, linear in the "
        "logarithm of the price between them. Any price under the minimum is worth 0.03 less",
        "price > 1.15 x ceiling",
    ),
    _criterion(
        "location",
        "0.10 + 0.30 (in a wanted district) + 0.60 (at a wanted station); where the lead names only "
        "districts, or only stations, 0.10 + 0.90 for those. A place near a wanted one counts up to 0.79 as much, by "
        "its nearness, and up to 0.8 where the lead says that the neighbourhood or a radius will do; a station up to "
        "10 minutes away counts wholly, up to 15 for 62/64, 20 for 59/64, 30 for 56/64, further for 52/64. Around a "
        "point: 1 within the radius r, then in a line to 0 at 2 r + 1 km",
        "elsewhere, where the lead wants only the places it names",
    ),
    _criterion(
        "rooms",
        "1 a wanted number, 0.1 one off it (a studio counts as 0 rooms, ten or more as 10)",
        "two or more off",
    ),
    _criterion(
        "area",
        "1 from the minimum to M, one knot (5 %) over the maximum; below the minimum in a line to 0 at 80 % "
        "of it; above M in a line to 0.2 at 1.3 M, 0.2 from there up. Knots 5 % apart, linear in the logarithm "
        "of the area between them",
        "area < 0.5 x minimum",
    ),
    _criterion(
        "text", "0.9 + 0.1 x likeness: the share of the lead's words, by weight, that the property's text has (BM25)"
    ),
    _criterion("property_class", _SCALE_FORMULA),
    _criterion(
        "property_type",
        "same 1; APARTMENTS where an APARTMENT is wanted 0.6",
        "any other type than the one wanted",
    ),
    _criterion("condition", _SCALE_FORMULA),
    _criterion(
        "year",
        "1 from the wanted year on, 0.05 less for each year before it, not below 0. Knots 5 years apart",
    ),
    _criterion(
        "wish",
        "each wish in words: 1 met, 0 contradicted, graded between by its kind; the weight is that of one wish, a soft "
        "one has half",
        "a must that is known to be contradicted",
    ),
)


def criteria_table() -> str:
    """:data:`CRITERIA` as a Markdown table; the documentation holds it word for word."""
    lines = ["| criterion | weight | value of a stated wish | breaks the pair |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.name} | {row.weight:.2f} | {row.formula} | {row.deal_breaker} |" for row in CRITERIA]
    return "\n".join(lines)


def price_value(price: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
    """
    How well a price serves a budget, by the formula (before sampling). Arguments broadcast; currency units.

    Args:
        price: Above 0.
        low, high: The budget's ends, NaN where not stated.

    >>> price_value([4e6, 9e6, 12.5e6, 15e6, 15.75e6, 16.5e6, 19e6], 10e6, 15e6).round(2).tolist()
    [0.3, 0.77, 1.0, 0.96, 0.85, 0.57, 0.0]
    """
    price, low, high = map(np.asarray, (price, low, high))
    middle = middle_of_budget(low, high)
    value = np.where(price > middle, price_value_above(price, middle, high), 1.0)
    return np.where(price * PRICE_RATIO < low, price_value_below(price, low), value)


def middle_of_budget(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """The price up to which the value is 1: half the ceiling if there is no minimum."""
    return np.where(np.isnan(low), 0.5 * high, 0.5 * (low + high))


def price_value_below(price: NDArray[np.floating], low: NDArray[np.float64]) -> NDArray[np.float64]:
    """:func:`price_value` of prices under the minimum by a knot and more."""
    fall = (PRICE_UNDER - PRICE_LOW) / (1 - PRICE_LOW_AT)
    # One knot of grace under the minimum: the interpolated curve then never rises above it.
    return np.clip(PRICE_UNDER - fall * (1 - PRICE_RATIO * price / low), PRICE_LOW, 1)


def price_value_above(
    price: NDArray[np.floating], middle: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """:func:`price_value` of prices above the middle of the budget."""
    with np.errstate(divide="ignore", invalid="ignore"):  # the middle of a budget of one amount is its ceiling
        inside = 1 - (1 - PRICE_CEILING) * np.clip((price - middle) / (high - middle), 0, 1)
    excess = price / high - 1
    little = PRICE_CEILING - (PRICE_CEILING - PRICE_OVER) * excess / PRICE_OVER_BY
    much = np.clip(PRICE_OVER * (PRICE_LOST_BY - excess) / (PRICE_LOST_BY - PRICE_OVER_BY), 0, 1)
    return np.where(price <= high, inside, np.where(excess <= PRICE_OVER_BY, little, much))


def area_value(area: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
    """
    How well an area serves a wish, by the formula (before sampling). Arguments broadcast; square metres.

    >>> area_value([30, 45, 60, 73, 147], 50, 70).round(2).tolist()
    [0.0, 0.5, 1.0, 1.0, 0.2]
    """
    area, low, high = np.broadcast_arrays(*map(np.asarray, (area, low, high)))
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.clip(1 - (1 - area / low) / (1 - AREA_SMALL_AT), 0, 1)
        # One knot of grace over the maximum: the interpolated curve then never falls before the minimum.
        slope = (1 - AREA_LARGE) / (AREA_LARGE_AT - 1)
        above = np.clip(1 - slope * (area / (AREA_RATIO * high) - 1), AREA_LARGE, 1)
    return np.where(area < low, below, np.where(area > AREA_RATIO * high, above, 1.0))


def year_value(year: ArrayLike, wished: ArrayLike) -> NDArray[np.float64]:
    """How well a year of building serves a wish for *wished* or later, by the formula (before sampling)."""
    return np.clip(1 - 0.05 * (np.asarray(wished) - np.asarray(year)), 0, 1)


def _scale_values(steps: int) -> NDArray[np.float64]:
    """(wish, have) on an ordered scale."""
    by_difference = {0: 1.0, 1: 0.8, -1: 0.4, -2: 0.1}
    value = lambda better: by_difference.get(better, 0.65 if better > 0 else 0.0)
    return np.array([[value(have - wish) for have in range(steps)] for wish in range(steps)])


#: (wish, have): the value of a class or a condition that the property has to a lead that wants another.
CLASS_VALUES = _scale_values(len(PROPERTY_CLASSES))
CONDITION_VALUES = _scale_values(len(CONDITIONS))


def _type_values() -> NDArray[np.float64]:
    values = np.where(np.eye(len(PROPERTY_TYPES), dtype=bool), 1.0, np.nan)
    values[PROPERTY_TYPES.index("APARTMENT"), PROPERTY_TYPES.index("APARTMENTS")] = 0.6
    return values


#: (wish, have): the value of a type; NaN breaks the pair.
TYPE_VALUES = _type_values()


def room_values(wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """
    The value of each room count to each lead; NaN breaks the pair.

    Args:
        wanted: (n, 11), no row of False only.
    Returns:
        (n, 11): column r is a property of r rooms.
    """
    padded = np.pad(wanted, ((0, 0), (1, 1)))
    one_off = padded[:, :-2] | padded[:, 2:]
    assert wanted.shape[1] == MAX_ROOMS + 1
    return np.where(wanted, 1.0, np.where(one_off, ONE_ROOM_OFF, np.nan))


def over_budget(price: ArrayLike, ceiling: ArrayLike) -> NDArray[np.bool_]:
    """
    Whether the price is more than 15 % over the ceiling; never for NaN. Arguments broadcast.

    Args:
        price, ceiling: Whole hundredths of one currency (:func:`hundredths`), up to 7e13, so that both products are
            exact. A factor of 1.15 is not an exact float, and would exclude 17.25 M for a ceiling of 15 M.

    >>> over_budget(hundredths([17_250_000, 17_250_000.01]), hundredths(15_000_000)).tolist()
    [False, True]
    >>> over_budget(hundredths([114.99, 115, 115.01]), hundredths(100)).tolist()
    [False, False, True]
    """
    return np.asarray(price, np.float64) * 100 > np.asarray(ceiling, np.float64) * PRICE_LIMIT_PERCENT


def hundredths(amount: ArrayLike) -> NDArray[np.float64]:
    """Money in whole hundredths, the smallest unit in which it is compared; NaN stays."""
    return np.rint(np.asarray(amount, np.float64) * 100)


def far_too_small(area: ArrayLike, minimum: ArrayLike) -> NDArray[np.bool_]:
    """Whether the area is under half the minimum; never for NaN. Arguments broadcast."""
    return np.asarray(area, np.float64) * 100 < np.asarray(minimum, np.float64) * AREA_LIMIT_PERCENT
