"""Favourites: properties that a user has saved."""

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, and_, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed
from models.core.errors import InvalidValueError, NotFoundError
from models.market.properties import Property, on_market

#: The maximum number of characters of a note.
MAX_NOTE = 500


class Favorite(Base):
    """One property saved by one user."""

    __tablename__ = "favorites"
    __table_args__ = (
        UniqueConstraint("user_id", "property_id"),
        Index("ix_favorites_property", "property_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    #: Whether the feed's action created it; it is then removed with that action. Others stay until their user removes
    #: them.
    from_feed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: The user's private note.
    private_note: Mapped[str | None]
    created_at: Mapped[CreatedAt]


def add_favorite(session: Session, user: User, listing: Property, *, from_feed: bool = False) -> Favorite:
    """Save a property; a repeated call returns the same favourite. An explicit save overrides one by the feed."""
    made = insert(Favorite).values(user_id=user.id, property_id=listing.id, from_feed=from_feed)
    # An update, even if it changes nothing: a row that is not locked could be deleted before it is read.
    kept = made.on_conflict_do_update(
        index_elements=[Favorite.user_id, Favorite.property_id],
        set_={"from_feed": and_(Favorite.from_feed, made.excluded.from_feed)},
    )
    return session.scalars(kept.returning(Favorite), execution_options={"populate_existing": True}).one()


def is_favorite(session: Session, user: User, property_id: int) -> bool:
    """Whether the user has saved the property."""
    kept = select(Favorite.id).where(Favorite.user_id == user.id, Favorite.property_id == property_id)
    return session.scalar(kept) is not None


def remove_favorite(session: Session, user: User, property_id: int, *, only_from_feed: bool = False) -> bool:
    """Remove a favourite; returns whether there was one."""
    query = delete(Favorite).where(Favorite.user_id == user.id, Favorite.property_id == property_id)
    return rows_changed(session.execute(query.where(Favorite.from_feed) if only_from_feed else query)) > 0


def set_favorite_note(session: Session, user: User, property_id: int, note: str) -> None:
    """Store the user's private note about a favourite; an empty one removes it.

    Raises:
        NotFoundError: The property is not among the user's favourites.
        InvalidValueError: The note is too long, or contains a zero byte.
    """
    note = note.strip()
    if len(note) > MAX_NOTE or "\x00" in note:
        raise InvalidValueError("note", "favorite.note_too_long", max=MAX_NOTE)
    kept = update(Favorite).where(Favorite.user_id == user.id, Favorite.property_id == property_id)
    if not rows_changed(session.execute(kept.values(private_note=note or None))):
        raise NotFoundError("favorite")


def favorites_with_notes(user: User) -> Select[Property, str | None]:
    """:func:`favorites_of` with the note of each."""
    return favorites_of(user).add_columns(Favorite.private_note)


def favorites_of(user: User) -> Select[Property]:
    """The user's saved properties that are on the market, the last saved first."""
    return (
        select(Property)
        .join(Favorite, Favorite.property_id == Property.id)
        .join(User, on_market())
        .where(Favorite.user_id == user.id)
        .order_by(Favorite.id.desc())
    )
