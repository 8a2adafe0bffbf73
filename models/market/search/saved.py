"""Saved searches, and the news already sent for each."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, Money, enum_column, rows_changed
from models.core.errors import ConflictError, NotFoundError
from models.core.locks import lock_until_commit
from models.market.properties import Property, on_market
from models.market.search.criteria import SearchCriteria

#: The maximum number of a user's saved searches.
MAX_SEARCHES = 20
LONGEST_NAME = 200


class NotificationPace(StrEnum):
    """How often a user is notified of a saved search's news."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NEVER = "never"


class SavedSearch(Base):
    """One search that a user saved."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        Index("ix_saved_searches_user", "user_id", "id"),
        Index("ix_saved_searches_pace", "pace", postgresql_where=text("pace <> 'never'")),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    #: The search's criteria (models.market.search.criteria).
    criteria: Mapped[dict[str, Any]] = mapped_column(JSONB)
    pace: Mapped[NotificationPace] = mapped_column(enum_column(NotificationPace, "pace_is_known"))
    #: A secret that is in every notification: anybody who knows it may stop the notifications.
    seed: Mapped[str] = mapped_column(String(43), unique=True)
    #: Homes written by this transaction or a later one have not been checked yet.
    looked_until: Mapped[int]
    created_at: Mapped[CreatedAt]

    @property
    def search_criteria(self) -> SearchCriteria:
        return SearchCriteria.from_json(self.criteria)


class AnnouncedHome(Base):
    """An advert announced to a user as news of a saved search, and its price at the time."""

    __tablename__ = "told_homes"
    __table_args__ = (Index("ix_told_homes_property", "property_id"),)

    search_id: Mapped[int] = mapped_column(
        ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    price: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3))
    #: It was announced because it had become cheaper.
    is_cut: Mapped[bool]
    told_at: Mapped[datetime] = mapped_column(server_default=func.now())


def save_search(
    session: Session, user: User, name: str, criteria: SearchCriteria, pace: NotificationPace
) -> SavedSearch:
    """Save a search; its news are the homes that come to the market from now on.

    Raises:
        ConflictError: The user already has MAX_SEARCHES.
    """
    lock_until_commit(session, f"searches:{user.id}")
    count = session.scalar(select(func.count()).select_from(SavedSearch).where(SavedSearch.user_id == user.id)) or 0
    if count >= MAX_SEARCHES:
        raise ConflictError("search.too_many")
    saved = SavedSearch(
        user_id=user.id,
        name=name.strip()[:LONGEST_NAME],
        criteria=criteria.as_json(),
        pace=pace,
        seed=secrets.token_urlsafe(32),
        looked_until=oldest_open_transaction(session),
    )
    session.add(saved)
    session.flush()
    return saved


def oldest_open_transaction(session: Session) -> int:
    """The oldest transaction that may still write: its writes and later ones are not visible yet."""
    return int(session.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")).scalar_one())


def searches_of(user: User) -> Select[SavedSearch]:
    """The user's saved searches, the newest first."""
    return select(SavedSearch).where(SavedSearch.user_id == user.id).order_by(SavedSearch.id.desc())


def saved_search(session: Session, user: User, search_id: int) -> SavedSearch:
    """
    One of the user's saved searches.

    Raises:
        NotFoundError: It is absent or somebody else's.
    """
    search = session.scalar(searches_of(user).where(SavedSearch.id == search_id))
    if search is None:
        raise NotFoundError("search")
    return search


def set_pace(session: Session, user: User, search_id: int, pace: NotificationPace) -> None:
    """Set how often the user is notified. News from while notifications were off is not sent later."""
    search = saved_search(session, user, search_id)
    if search.pace is NotificationPace.NEVER:
        search.looked_until = oldest_open_transaction(session)
    search.pace = pace
    session.flush()


def delete_search(session: Session, user: User, search_id: int) -> None:
    """Delete the search and its sent news; a missing one is no error."""
    session.execute(delete(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.user_id == user.id))


def search_of_seed(session: Session, seed: str) -> SavedSearch:
    """
    The search whose notifications contain this seed.

    Raises:
        NotFoundError: There is none.
    """
    search = session.scalar(select(SavedSearch).where(SavedSearch.seed == seed))
    if search is None:
        raise NotFoundError("search")
    return search


def stop_notifications(session: Session, seed: str) -> bool:
    """Switch off the notifications of the search with this seed; returns whether there is one."""
    stopped = update(SavedSearch).where(SavedSearch.seed == seed).values(pace=NotificationPace.NEVER)
    return rows_changed(session.execute(stopped)) > 0


def news_of(search: SavedSearch) -> Select[Property, AnnouncedHome]:
    """The homes on the market that were announced to the user, the latest first."""
    return (
        select(Property, AnnouncedHome)
        .join(AnnouncedHome, AnnouncedHome.property_id == Property.id)
        .join(User, on_market())
        .where(AnnouncedHome.search_id == search.id)
        .order_by(AnnouncedHome.told_at.desc(), Property.id.desc())
    )


def erase_searches(session: Session, user: User) -> None:
    """Delete the user's saved searches, in the caller's transaction."""
    session.execute(delete(SavedSearch).where(SavedSearch.user_id == user.id))
