"""Inquiries with their listings and the user on the other side, for pages."""

from sqlalchemy import Select, select

from models.accounts.users import User
from models.deals.inquiries import Inquiry
from models.market.properties import Property


def inquiries_with_listings(user: User, *, to_me: bool) -> Select:
    """
    Select (inquiry, its listing, the other user), newest first: either about the user's listings or made by the user.
    """
    own_id, other = (Inquiry.owner_id, Inquiry.tenant_id) if to_me else (Inquiry.tenant_id, Inquiry.owner_id)
    return (
        select(Inquiry, Property, User)
        .join(Property, Property.id == Inquiry.property_id)
        .join(User, User.id == other)
        .where(own_id == user.id)
        .order_by(Inquiry.id.desc())
    )
