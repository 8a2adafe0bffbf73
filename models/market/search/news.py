"""News of saved searches: new homes, and homes that have become cheaper."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.market.advert_groups import AdvertGroup, are_siblings
from models.market.price_history import price_at
from models.market.properties import Property
from models.market.search.homes import bounded_statements, matching_homes
from models.market.search.saved import AnnouncedHome, NotificationPace, SavedSearch, oldest_open_transaction

#: The maximum number of homes in one notification; the others follow in the next.
MAX_HOMES = 100
#: A home is announced as cheaper when its price is below this share of the former one.
CUT_TO = 0.99


@dataclass(frozen=True)
class News:
    """The news of a single search."""

    new: list[Property]
    cut: list[Property]
    is_all: bool  #: No more news are left.


def due_searches(session: Session, pace: NotificationPace) -> list[int]:
    """Ids of the searches that are due at this pace."""
    query = select(SavedSearch.id).join(User, User.id == SavedSearch.user_id)
    return list(session.scalars(query.where(SavedSearch.pace == pace, User.is_active).order_by(SavedSearch.id)))


def check_for_news(session: Session, search_id: int, base_url: str) -> int | None:
    """Check for changes since the last check, and store a notification if there is news; returns its id.

    A home is announced once as new, whichever of its adverts appears first, and again each time that it becomes
    cheaper. A search that another worker is processing is skipped.
    """
    search = session.scalar(
        select(SavedSearch)
        .where(SavedSearch.id == search_id, SavedSearch.pace != NotificationPace.NEVER)
        .with_for_update(skip_locked=True)
    )
    if search is None:
        return None
    until = oldest_open_transaction(session)
    news = _news(session, search)
    _keep(session, search, news)
    if news.is_all:
        search.looked_until = until
    session.flush()
    if not news.new and not news.cut:
        return None
    first = (news.new or news.cut)[0]
    return notify(
        session,
        search.user_id,
        NotificationType.SEARCH_NEWS,
        f"search:{search.id}:{first.id}:{first.price}",
        data={"search_id": search.id},
        search=search.name,
        homes=len(news.new),
        cheaper=len(news.cut),
        stop=f"{base_url}/homes/unsubscribe/{search.seed}",
    )


def _news(session: Session, search: SavedSearch) -> News:
    announced = aliased(AnnouncedHome)
    before = func.coalesce(
        announced.price, price_at(Property, literal(search.created_at), Property.currency.expression)
    )
    is_new = and_(announced.search_id.is_(None), Property.created_at > search.created_at, ~_is_announced(search))
    is_cut = and_(
        or_(announced.currency.is_(None), announced.currency == Property.currency),
        Property.price < before * CUT_TO,
    )
    with bounded_statements(session):
        query = (
            matching_homes(session, search.search_criteria)
            .outerjoin(announced, and_(announced.search_id == search.id, announced.property_id == Property.id))
            .where(Property.changed_in >= search.looked_until, Property.owner_id != search.user_id)
            .where(or_(is_new, is_cut))
            .add_columns(is_new, AdvertGroup.group_id)
            .outerjoin(AdvertGroup, AdvertGroup.property_id == Property.id)
            .order_by(Property.id)
            .limit(MAX_HOMES)
        )
        rows = session.execute(query).all()
    # Only a home's first advert is announced, so fewer homes may result than adverts were read.
    news = News([], [], is_all=len(rows) < MAX_HOMES)
    seen: set[int] = set()
    for listing, came, group_id in rows:
        if group_id is not None and group_id in seen:
            continue
        if group_id is not None:
            seen.add(group_id)
        (news.new if came else news.cut).append(listing)
    return news


def _is_announced(search: SavedSearch) -> ColumnElement[bool]:
    """Whether another advert of the same home was announced."""
    group, sibling, announced = aliased(AdvertGroup), aliased(AdvertGroup), aliased(AnnouncedHome)
    return (
        select(announced.property_id)
        .join(sibling, sibling.property_id == announced.property_id)
        .join(group, are_siblings(group, sibling))
        .where(group.property_id == Property.id, announced.search_id == search.id)
        .correlate(Property)
        .exists()
    )


def _keep(session: Session, search: SavedSearch, news: News) -> None:
    rows = [
        {
            "search_id": search.id,
            "property_id": listing.id,
            "price": listing.price,
            "currency": listing.currency,
            "is_cut": is_cut,
        }
        for homes, is_cut in ((news.new, False), (news.cut, True))
        for listing in homes
    ]
    if rows:
        made = insert(AnnouncedHome).values(rows)
        fresh = {name: made.excluded[name] for name in ("price", "currency", "is_cut")}
        session.execute(
            made.on_conflict_do_update(
                index_elements=[AnnouncedHome.search_id, AnnouncedHome.property_id],
                set_=fresh | {"told_at": func.now()},
            )
        )
