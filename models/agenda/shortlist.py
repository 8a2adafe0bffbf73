"""A private shortlist of homes for each lead, which only its realtor sees."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt
from models.core.errors import ConflictError, NotFoundError
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, on_any_market
from models.platform.prepared_statements import PREPARED

MAX_SHORTLISTED = 100  # homes of one lead


class ShortlistedHome(Base):
    """A home on the shortlist of a lead."""

    __tablename__ = "shortlisted_homes"
    __table_args__ = (Index("ix_shortlisted_homes_property", "property_id"),)

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[CreatedAt]


def add_to_shortlist(session: Session, user: User, lead_id: int, property_id: int) -> None:
    """Put a home on a lead's shortlist; adding it twice changes nothing.

    Raises:
        NotFoundError: The lead is not the user's, or the home is not on its market.
        ConflictError: The shortlist holds :data:`MAX_SHORTLISTED` homes.
    """
    lead = owned_lead(session, user, lead_id, lock=True)
    shortlisted_ids = shortlisted(session, lead.id)
    if property_id in shortlisted_ids:
        return
    offered = (
        select(Property.id)
        .join(User, on_any_market())
        .where(Property.id == property_id, Property.city_key == lead.city_key, Property.deal_type == lead.deal_type)
    )
    if session.scalar(offered) is None:
        raise NotFoundError("property")
    if len(shortlisted_ids) >= MAX_SHORTLISTED:
        raise ConflictError("shortlist.full")
    row = insert(ShortlistedHome).values(lead_id=lead.id, property_id=property_id)
    session.execute(row.on_conflict_do_nothing())


def remove_from_shortlist(session: Session, user: User, lead_id: int, property_id: int) -> None:
    """
    Remove a home from a lead's shortlist; a repeated call changes nothing. Raises NotFoundError for others' leads.
    """
    lead = owned_lead(session, user, lead_id)
    conditions = (ShortlistedHome.lead_id == lead.id, ShortlistedHome.property_id == property_id)
    session.execute(delete(ShortlistedHome).where(*conditions))


def shortlisted(session: Session, lead_id: int) -> set[int]:
    """The ids of the homes on a lead's shortlist."""
    return set(session.scalars(_SHORTLISTED, {"lead_id": lead_id}, execution_options=PREPARED))


def shortlisted_homes(session: Session, user: User, lead_id: int) -> Select[Property, datetime]:
    """Select (property, when it was added) of a lead's shortlist, the latest first; including homes off the market."""
    lead = owned_lead(session, user, lead_id)
    return (
        select(Property, ShortlistedHome.created_at)
        .join(ShortlistedHome, ShortlistedHome.property_id == Property.id)
        .where(ShortlistedHome.lead_id == lead.id)
        .order_by(ShortlistedHome.created_at.desc(), Property.id)
    )


def count_shortlisted(session: Session, lead_ids: Sequence[int]) -> dict[int, int]:
    """The number of homes on the shortlists of leads, without zeros."""
    query = select(ShortlistedHome.lead_id, func.count()).where(ShortlistedHome.lead_id.in_(lead_ids))
    return dict(session.execute(query.group_by(ShortlistedHome.lead_id)).all())


def erase_shortlists(session: Session, user: User) -> None:
    """Delete the shortlists of all leads of a user."""
    lead_ids = select(Lead.id).where(Lead.owner_id == user.id)
    session.execute(delete(ShortlistedHome).where(ShortlistedHome.lead_id.in_(lead_ids)))


#: Built once, and planned once per connection.
_SHORTLISTED = select(ShortlistedHome.property_id).where(ShortlistedHome.lead_id == bindparam("lead_id"))
