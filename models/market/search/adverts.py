"""The adverts of one home, for its public page."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models.accounts.users import User
from models.market.advert_groups import AdvertGroup, are_siblings
from models.market.properties import Property, on_market


def first_advert_of_home(session: Session, listing: Property) -> int:
    """The smallest id of the home's adverts on the market: its page is the one that search engines list."""
    group, sibling = aliased(AdvertGroup), aliased(AdvertGroup)
    siblings = (
        select(func.min(Property.id))
        .select_from(group)
        .join(sibling, are_siblings(group, sibling))
        .join(Property, Property.id == sibling.property_id)
        .join(User, on_market())
        .where(group.property_id == listing.id)
    )
    other = session.scalar(siblings)
    return listing.id if other is None else min(listing.id, other)
