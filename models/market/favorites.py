"""Favourites: properties that somebody keeps in sight."""

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, and_, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed
from models.market.properties import Property, on_market


class Favorite(Base):
    """One property kept by one user."""

    __tablename__ = "favorites"
    __table_args__ = (
        UniqueConstraint("user_id", "property_id"),
        Index("ix_favorites_property", "property_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    #: Made by the feed's action, and taken back with it; those added by hand stay until removed by hand.
    from_feed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[CreatedAt]


def add_favorite(session: Session, user: User, found: Property, *, from_feed: bool = False) -> Favorite:
    """Keep a property; keeping it again gives the same favourite, also at the same moment. By hand counts for more."""
    made = insert(Favorite).values(user_id=user.id, property_id=found.id, from_feed=from_feed)
    # An update, although most often of nothing: a row that was passed over could be gone before it is read.
    kept = made.on_conflict_do_update(
        index_elements=[Favorite.user_id, Favorite.property_id],
        set_={"from_feed": and_(Favorite.from_feed, made.excluded.from_feed)},
    )
    return session.scalars(kept.returning(Favorite), execution_options={"populate_existing": True}).one()


def is_favorite(session: Session, user: User, property_id: int) -> bool:
    """Whether the user keeps the property."""
    kept = select(Favorite.id).where(Favorite.user_id == user.id, Favorite.property_id == property_id)
    return session.scalar(kept) is not None


def remove_favorite(session: Session, user: User, property_id: int, *, only_from_feed: bool = False) -> bool:
    """Keep it no more; whether it was kept."""
    query = delete(Favorite).where(Favorite.user_id == user.id, Favorite.property_id == property_id)
    return rows_changed(session.execute(query.where(Favorite.from_feed) if only_from_feed else query)) > 0


def favorites_of(user: User) -> Select[Property]:
    """The properties that the user keeps and that are on the market, the last kept first."""
    return (
        select(Property)
        .join(Favorite, Favorite.property_id == Property.id)
        .join(User, on_market())
        .where(Favorite.user_id == user.id)
        .order_by(Favorite.id.desc())
    )
