"""All homes on the market in parts of stable size, for sitemaps; and the towns with homes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, literal_column, select
from sqlalchemy.orm import Session, aliased

from models.accounts.users import User
from models.core.enums import DealType, Status
from models.market.advert_groups import AdvertGroup, are_siblings
from models.market.properties import Property, on_market

#: The number of ids in a map; a sitemap may name 50,000 addresses.
HOMES_A_MAP = 10_000
MAX_TOWNS = 5_000

_IS_ACTIVE = Property.status == literal_column(f"'{Status.ACTIVE}'")


def maps_of_homes(session: Session) -> Sequence[int]:
    """The numbers of the sitemaps with homes: map n contains the ids from n * HOMES_A_MAP on."""
    number = (Property.id // HOMES_A_MAP).label("number")
    return session.scalars(select(number).where(_IS_ACTIVE).distinct().order_by(number)).all()


def homes_of_map(session: Session, number: int) -> list[tuple[int, datetime]]:
    """(id, time of the last write) of each home of a map; a home with several adverts is named by its first."""
    group, sibling_group, sibling, owner = aliased(AdvertGroup), aliased(AdvertGroup), aliased(Property), aliased(User)
    has_earlier = (
        exists()
        .where(group.property_id == Property.id)
        .where(are_siblings(group, sibling_group), sibling.id == sibling_group.property_id, sibling.id < Property.id)
        .where(sibling.status == Status.ACTIVE, owner.id == sibling.owner_id, owner.is_active)
    )
    query = (
        select(Property.id, Property.updated_at)
        .join(User, on_market())
        .where(Property.id.between(number * HOMES_A_MAP, (number + 1) * HOMES_A_MAP - 1), ~has_earlier)
        .order_by(Property.id)
    )
    return [(home_id, written) for home_id, written in session.execute(query)]


def towns_with_homes(session: Session) -> list[tuple[str, str, DealType]]:
    """(key, name, deal) of each market with homes, the largest first."""
    count = func.count()
    name = func.mode().within_group(Property.city)
    query = (
        select(Property.city_key, name, Property.deal_type)
        .join(User, on_market())
        .group_by(Property.city_key, Property.deal_type)
        .order_by(count.desc(), Property.city_key, Property.deal_type)
        .limit(MAX_TOWNS)
    )
    return [(key, town, deal) for key, town, deal in session.execute(query)]
