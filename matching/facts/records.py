"""One lead and one property as plain Python values: the small-scale way into the engine.

Whole markets come as arrays (:mod:`matching.facts.columns`); facts are for one changed row, a page to explain, and
tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from matching.facts.wishes import Wish
from matching.reading.kinds import JsonValue

Amount = float | Decimal


@dataclass(frozen=True, kw_only=True)
class LeadFacts:
    """What somebody looks for. ``None`` and empty mean: not stated; so do a ceiling and a floor of 0."""

    #: The realtor who owns the lead; never offered their own properties.
    owner: int
    #: In *currency*, as the lead states it.
    price_min: Amount | None = None
    price_max: Amount | None = None
    #: A currency code, "" for the market's own; and what to multiply by to get the market's, None where there is no
    #: rate.
    currency: str = ""
    rate: Amount | None = 1
    #: Square metres.
    area_min: float | None = None
    area_max: float | None = None
    #: Acceptable room counts; 0 is a studio, and everything from 10 up counts as 10.
    rooms: Sequence[int] = ()
    #: Words of :mod:`matching.facts.vocabulary`.
    property_type: str | None = None
    property_class: str | None = None
    condition: str | None = None
    #: Built in this year or later.
    year_min: int | None = None
    #: Place names in any spelling; any one of them will do.
    districts: Sequence[str] = ()
    metros: Sequence[str] = ()
    #: "only": a property that is known to be elsewhere is not offered. "near": the neighbourhood is nearly as good.
    place_scope: str = ""
    #: The neighbourhood reaches so far, around the named places and around the point.
    radius_km: float | None = None
    #: A point that the lead wants to live near, in degrees; both or none.
    latitude: float | None = None
    longitude: float | None = None
    #: (kind, value, strength) each, of matching.reading.kinds.
    wishes: Sequence[Wish | tuple[str, JsonValue, str]] = ()
    #: Free words, for what no wish covers.
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class PropertyFacts:
    """What somebody offers. ``None`` and empty mean: not known."""

    owner: int
    #: A property's type is always known.
    property_type: str
    #: In *currency*, as the property states it; *currency* and *rate* as a lead's.
    price: Amount | None = None
    currency: str = ""
    rate: Amount | None = 1
    #: Square metres.
    area: float | None = None
    rooms: int | None = None
    property_class: str | None = None
    condition: str | None = None
    year: int | None = None
    district: str | None = None
    #: The nearest station, and further ones with the minutes on foot (None: not known).
    metro: str | None = None
    metros: Sequence[tuple[str, float | None]] = ()
    #: Degrees; both or none.
    latitude: float | None = None
    longitude: float | None = None
    #: Kind to what is told of it, of matching.reading.kinds (``complete_facts`` adds what follows from what is told).
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    text: str = ""
