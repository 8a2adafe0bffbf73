"""Positions of a market's districts, from their listings, for a schematic map."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.core.enums import AddressPrecision, Status
from models.market.properties import Property

#: The number of newest listings that are read: enough for the centres, and a few milliseconds in any market.
MAX_SAMPLE = 4000
MIN_LISTINGS = 2  #: Minimum number per district, so that no single wrong coordinate decides.


class DistrictPlace(NamedTuple):
    """A district, the centre of its listings in degrees, and their number."""

    name: str
    latitude: float
    longitude: float
    listings: int


def district_places(session: Session, city_key: str, deal_type: str) -> list[DistrictPlace]:
    """The districts in listings with coordinates in a market, those with the most listings first."""
    newest = (
        select(Property.district, Property.latitude, Property.longitude)
        .where(
            Property.city_key == city_key,
            Property.deal_type == deal_type,
            Property.status == Status.ACTIVE,
            Property.district.is_not(None),
            Property.latitude.is_not(None),
            # The centre of two listings and the place of one would reveal the other's place.
            func.coalesce(Property.address_precision, AddressPrecision.EXACT) == AddressPrecision.EXACT,
        )
        .order_by(Property.id.desc())
        .limit(MAX_SAMPLE)
        .subquery()
    )
    query = (
        select(
            func.min(newest.c.district),
            func.percentile_cont(0.5).within_group(newest.c.latitude).label("latitude"),
            func.percentile_cont(0.5).within_group(newest.c.longitude).label("longitude"),
            func.count(),
        )
        .group_by(func.lower(newest.c.district))
        .having(func.count() >= MIN_LISTINGS)
        .order_by(func.count().desc(), func.min(newest.c.district))
    )
    return [DistrictPlace(name, float(lat), float(lon), n) for name, lat, lon, n in session.execute(query)]
