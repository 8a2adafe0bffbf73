"""A user's actions in the feed, for their export; and their erasure."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.deals.feed import FeedAction
from models.deals.inquiries import Inquiry
from models.market.favorites import Favorite


def erase_feed_actions(session: Session, user: User) -> None:
    """Delete *user*'s feed actions and favourites, in the caller's transaction."""
    # Inquiries stay with the owners of the listings, and their user has no name any more.
    for table in (FeedAction, Favorite):
        session.execute(delete(table).where(table.user_id == user.id))


def feed_actions_by(session: Session, user: User) -> list[dict]:
    """Return the feed actions of *user*, as JSON-ready rows."""
    query = select(FeedAction).where(FeedAction.user_id == user.id).order_by(FeedAction.id)
    return [
        {"listing_id": row.property_id, "action": row.action, "source": row.source, "at": row.acted_at.isoformat()}
        for row in session.scalars(query)
    ]


def favorites_by(session: Session, user: User) -> list[dict]:
    """Return the favourites of *user*, as JSON-ready rows."""
    query = select(Favorite).where(Favorite.user_id == user.id).order_by(Favorite.id)
    return [
        {"listing_id": row.property_id, "note": row.private_note, "at": row.created_at.isoformat()}
        for row in session.scalars(query)
    ]


def inquiries_by(session: Session, user: User) -> list[dict]:
    """Return the inquiries that *user* made, as JSON-ready rows."""
    query = select(Inquiry).where(Inquiry.tenant_id == user.id).order_by(Inquiry.id)
    return [
        {"id": row.id, "listing_id": row.property_id, "status": row.status, "at": row.created_at.isoformat()}
        for row in session.scalars(query)
    ]
