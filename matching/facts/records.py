"""One lead and one property as plain Python values: the engine's input for a few rows.

Whole markets are passed as arrays (:mod:`matching.facts.columns`); facts are used for one changed row, for explanations
and in tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from matching.facts.wishes import Wish
from matching.reading.kinds import JsonValue

Amount = float | Decimal


@dataclass(frozen=True, kw_only=True)
class LeadFacts:
    """The requirements of a lead. ``None``, empty values, and a maximum or minimum of 0 mean: not stated."""

    #: The realtor who owns the lead; the lead is never offered properties of the same realtor.
    owner: int
    #: In *currency*, as the lead states it.
    price_min: Amount | None = None
    price_max: Amount | None = None
    #: A currency code, "" for the market's own; and the rate by which to multiply to get the market's currency, None if
    #: there is no rate.
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
    #: Place names in any spelling; each of them is acceptable.
    districts: Sequence[str] = ()
    metros: Sequence[str] = ()
    #: "only": a property known to be elsewhere is not offered. "near": the neighbourhood is nearly as good.
    place_scope: str = ""
    #: The radius of the neighbourhood around the named places and around the point.
    radius_km: float | None = None
    #: A point near which the lead wants to live, in degrees; both or none.
    latitude: float | None = None
    longitude: float | None = None
    #: Each is (kind, value, strength), as in matching.reading.kinds.
    wishes: Sequence[Wish | tuple[str, JsonValue, str]] = ()
    #: The whole free text, including the words from which wishes were read.
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class PropertyFacts:
    """The facts of an offered property. ``None`` and empty values mean: not known."""

    owner: int
    #: A property's type is always known.
    property_type: str
    #: In *currency*, as the property states it; *currency* and *rate* are as for leads.
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
    #: Kind (of matching.reading.kinds) to stated value; ``complete_facts`` adds facts that follow from the stated ones.
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    text: str = ""
