"""Access to the pages of homes, their views, and likes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, any_, exists, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base
from models.core.enums import ActionKind, Side
from models.core.errors import NotFoundError
from models.deals.actions import Action
from models.deals.match_table import Match
from models.deals.selections import Selection, SelectionHome
from models.market.favorites import Favorite
from models.market.leads import Lead
from models.market.properties import Property, is_on_any_market
from models.ranking.recommendations import LeadRecommendations


class HomeView(Base):
    """How often a user opened the page of another's property."""

    __tablename__ = "home_views"
    __table_args__ = (Index("ix_home_views_viewer", "viewer_id"),)

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    viewer_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    times: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    last_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class Interest:
    """Views and likes of a home."""

    viewers: int  #: Other realtors who opened the page.
    views: int
    likes: int  #: Leads for which it was liked.
    client_likes: int  #: Marks of clients in selections.
    favorites: int
    selections: int


def home_for(session: Session, user: User, property_id: int) -> Property:
    """
    A property whose page the user may see: their own; one on the market in the list of one of their leads; or one that
    they acted on, put into a selection or have a match about.

    Raises:
        NotFoundError: It is absent, or the user may not see it.
    """
    listing = session.get(Property, property_id)
    if listing is None:
        raise NotFoundError("property")
    if listing.owner_id == user.id or _has_acted_on(session, user, property_id):
        return listing
    if not is_on_any_market(session, listing) or not _listed(session, user, listing):
        raise NotFoundError("property")
    return listing


def record_view(session: Session, listing: Property, viewer: User) -> None:
    """Record a view of a property's page; views by its owner do not count."""
    if listing.owner_id == viewer.id:
        return
    seen = insert(HomeView).values(property_id=listing.id, viewer_id=viewer.id)
    session.execute(
        seen.on_conflict_do_update(
            index_elements=[HomeView.property_id, HomeView.viewer_id],
            set_={"times": HomeView.times + 1, "last_at": func.now()},
        )
    )


def view_and_like_counts(session: Session, listing: Property) -> Interest:
    """Views and likes of a home, by one query."""
    of_home = HomeView.property_id == listing.id
    liked = (Action.property_id == listing.id, Action.side == Side.LEAD, Action.kind == ActionKind.LIKE)
    picked = SelectionHome.property_id == listing.id
    parts = (
        select(func.count()).where(of_home),
        select(func.coalesce(func.sum(HomeView.times), 0)).where(of_home),
        select(func.count()).where(*liked),
        select(func.count()).where(picked, SelectionHome.answer == ActionKind.LIKE),
        select(func.count()).where(Favorite.property_id == listing.id),
        select(func.count()).where(picked),
    )
    return Interest(*map(int, session.execute(select(*(part.scalar_subquery() for part in parts))).one()))


def match_about(session: Session, user: User, listing: Property) -> Match | None:
    """The latest match of any of the user's leads with this property."""
    query = select(Match).join(Match.lead).where(Match.property_id == listing.id, Lead.owner_id == user.id)
    return session.scalar(query.order_by(Match.updated_at.desc()).limit(1))


def _has_acted_on(session: Session, user: User, property_id: int) -> bool:
    my_leads = Lead.owner_id == user.id
    acted = exists().where(Action.property_id == property_id, Action.lead_id == Lead.id, my_leads)
    matched = exists().where(Match.property_id == property_id, Match.lead_id == Lead.id, my_leads)
    picked = exists().where(
        SelectionHome.property_id == property_id,
        SelectionHome.selection_id == Selection.id,
        Selection.lead_id == Lead.id,
        my_leads,
    )
    return bool(session.scalar(select(or_(acted, matched, picked))))


def _listed(session: Session, user: User, listing: Property) -> bool:
    in_own_lists = exists().where(
        LeadRecommendations.lead_id == Lead.id,
        Lead.owner_id == user.id,
        Lead.city_key == listing.city_key,
        Lead.deal_type == listing.deal_type,
        literal(listing.id) == any_(LeadRecommendations.property_ids),
    )
    return bool(session.scalar(select(in_own_lists)))
