"""One lead and one property as plain Python values: the small-scale way into the engine.

Whole markets come as arrays (:mod:`matching.facts.columns`); facts are for one changed row, a page to explain, and tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LeadFacts:
    """What somebody looks for. ``None`` and empty mean: not stated. Money is in the market's own currency."""

    #: The realtor who owns the lead; never offered their own properties.
    owner: int
    price_min: float | None = None
    price_max: float | None = None
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
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class PropertyFacts:
    """What somebody offers. ``None`` and empty mean: not known. Money is in the market's own currency."""

    owner: int
    #: A property's type is always known.
    property_type: str
    #: ``None`` when it cannot be compared, e.g. for want of an exchange rate.
    price: float | None = None
    #: Square metres.
    area: float | None = None
    rooms: int | None = None
    property_class: str | None = None
    condition: str | None = None
    year: int | None = None
    district: str | None = None
    metro: str | None = None
    text: str = ""
