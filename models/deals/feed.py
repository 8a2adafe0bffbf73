"""The feed: listings one at a time, best first, and the user's action on each.

The order is the stored list of the user's preferences (:mod:`models.market.preferences`); nothing is scored here. An
action on a listing removes it from the feed. The engine leaves it out of the next list too
(:func:`exclusions.acted_pairs`), so that the next list has room for other listings.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import FeedActionKind, Origin, PropertyType, Side, Status
from models.core.errors import NotAllowedError, NotFoundError
from models.deals.actions import actions_of_lead
from models.deals.inquiries import create_inquiry, withdraw
from models.deals.price_cuts import ActionsOf, disliked_at, has_returned, is_hidden_by
from models.market.favorites import add_favorite, remove_favorite
from models.market.leads import Lead
from models.market.places import NO_CURRENCY, own_currency
from models.market.properties import Property, on_market
from models.platform.prepared_statements import PREPARED
from models.ranking.display_order import shown_entries
from models.ranking.recommendations import LIST_LENGTH, LeadRecommendations

#: When a full list has at most this many unseen entries left, a refill is due.
REFILL_AT = 20
#: A price above this multiple of the maximum budget breaks the deal (docs/matching.md).
STRETCH = Decimal("1.15")


class FeedAction(Base):
    """The last action of one user on one listing of the feed."""

    __tablename__ = "feed_actions"
    __table_args__ = (
        UniqueConstraint("user_id", "property_id"),
        Index("ix_feed_actions_last", "user_id", "acted_at"),
        Index("ix_feed_actions_property", "property_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    action: Mapped[FeedActionKind] = mapped_column(enum_column(FeedActionKind, "action_is_known"))
    source: Mapped[str] = mapped_column(String(32))  #: The client: web, telegram, ...
    #: A dislike of a home that had already returned because of a price cut; it does not return again
    #: (models.deals.price_cuts).
    holds_at_any_price: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[CreatedAt]
    acted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


@dataclass(frozen=True)
class NextListing:
    """The next listing of the feed, and the state of the list that it came from."""

    listing: Property | None
    #: The preferences; None: the user has none, and the newest listings are shown.
    preference: Lead | None = None
    #: The list was computed from earlier preferences, or does not exist yet.
    is_stale: bool = False
    #: The list was full, and the user's actions since it was computed have nearly used it up.
    refill_is_due: bool = False
    #: The price at which the listing's home was disliked, if it has been cut since.
    price_before: Decimal | None = None


def next_listing(session: Session, user: User) -> NextListing:
    """
    Return the best active listing of another owner without an action of the user; one query, two without preferences.
    """
    row = session.execute(_BEST, {"user_id": user.id}, execution_options=PREPARED).one_or_none()
    if row is None:
        newest = session.execute(_NEWEST, {"user_id": user.id}, execution_options=PREPARED)
        listing, price_before = newest.one_or_none() or (None, None)
        return NextListing(listing, price_before=price_before)
    preference, is_stale, length, acted_since, listing, left, price_before = row
    return NextListing(
        listing,
        preference,
        is_stale=is_stale,
        refill_is_due=bool(length == LIST_LENGTH and acted_since and (left or 0) <= REFILL_AT),
        price_before=price_before,
    )


def _best() -> Select:
    """The query of :func:`next_listing` for :user_id."""
    user_id = bindparam("user_id", type_=BigInteger)
    lists = LeadRecommendations
    shown = shown_entries(Side.LEAD, lists.lead_id, lists.property_ids, lists.scores)
    entry = shown.entry
    first = (
        select(Property.id.label("id"), func.count().over().label("left"))
        .select_from(entry)
        .join(Property, Property.id == entry.c.id)
        .join(User, on_market())
        .where(
            Property.city_key == Lead.city_key,
            Property.deal_type == Lead.deal_type,
            shown.is_current(Lead.version, Property.version),
            _unseen(user_id, Lead),
            ~is_hidden_by(lambda: actions_of_lead(Lead.id), Property, Lead),
        )
        .order_by(*shown.order)
        .limit(1)
        .correlate(Lead, lists)
        .lateral("first")
    )
    acted_since = exists().where(FeedAction.user_id == user_id, FeedAction.acted_at > lists.computed_at)
    is_stale = or_(
        lists.lead_id.is_(None),
        lists.version != Lead.version,
        lists.city_key.is_distinct_from(Lead.city_key),
        lists.deal_type.is_distinct_from(Lead.deal_type),
    )
    return (
        select(
            Lead,
            is_stale,
            func.coalesce(func.cardinality(lists.property_ids), 0),
            acted_since.correlate(lists),
            Property,
            first.c.left,
            _price_before(user_id),
        )
        .select_from(Lead)
        .outerjoin(lists, lists.lead_id == Lead.id)
        .outerjoin(first, true())
        .outerjoin(Property, Property.id == first.c.id)
        # Literals rather than parameters, so that a prepared statement can use the partial index.
        .where(Lead.owner_id == user_id, Lead.origin == _word(Origin.TINDER), Lead.status == _word(Status.ACTIVE))
    )


def _word(value: StrEnum) -> ColumnElement[str]:
    return literal_column(f"'{value}'")


def _newest() -> Select[Property, Decimal | None]:
    """The query of :func:`next_listing` for :user_id without preferences."""
    user_id = bindparam("user_id", type_=BigInteger)
    query = select(Property, _price_before(user_id)).join(User, on_market()).where(_unseen(user_id))
    return query.order_by(Property.id.desc()).limit(1)


def _unseen(user_id: ColumnElement[int], preference: Any = None) -> ColumnElement[bool]:
    """A condition: the property is neither the user's own nor acted on."""
    return and_(Property.owner_id != user_id, ~is_hidden_by(lambda: feed_actions_of(user_id), Property, preference))


def _price_before(user_id: ColumnElement[int]) -> ColumnElement[Decimal | None]:
    before = disliked_at(lambda: feed_actions_of(user_id), Property)
    return case((before > Property.price, before))


def feed_actions_of(user_id: Any) -> ActionsOf:
    """A user's actions in the feed; *user_id* is a number or a column."""
    action = aliased(FeedAction)
    return ActionsOf(action, action.user_id == user_id, action.action == _word(FeedActionKind.DISLIKE))


# Built once and planned once per connection: each takes longer than executing it.
_BEST, _NEWEST = _best(), _newest()


def _compares_as_it_stands(preference: Lead) -> ColumnElement[bool]:
    """In a town whose country is unknown, an amount without a currency is compared with those that name one."""
    if own_currency(preference.city_key) != NO_CURRENCY:
        return false()
    return or_(Property.currency == NO_CURRENCY, literal(preference.currency == NO_CURRENCY))


def list_is_stale(session: Session, lead_id: int) -> bool:
    """Return whether a lead has no list of its present version."""
    return not session.scalar(
        select(
            exists().where(
                Lead.id == lead_id,
                LeadRecommendations.lead_id == lead_id,
                LeadRecommendations.version == Lead.version,
            )
        )
    )


def mark_stale(session: Session, preference: Lead) -> None:
    """Mark the list of the preferences as stale, so that at least the periodic sweep recomputes it."""
    session.execute(update(Lead).where(Lead.id == preference.id).values(updated_at=func.now()))


def nearest_to_budget(session: Session, user: User, preference: Lead) -> Property | None:
    """
    Return the listing of the preferred type and market that is nearest to the budget, to show while there is no list.

    Respects the deal-breakers that SQL can check (type, price); listings in another currency are left out.
    """
    types = [preference.property_type]
    if preference.property_type is PropertyType.APARTMENT:
        types.append(PropertyType.APARTMENTS)
    query = (
        select(Property)
        .join(User, on_market())
        .where(
            Property.city_key == preference.city_key,
            Property.deal_type == preference.deal_type,
            or_(Property.currency == preference.currency, _compares_as_it_stands(preference)),
            _unseen(literal(user.id)),
        )
    )
    if preference.property_type is not None:
        query = query.where(Property.property_type.in_(types))
    distances: list[ColumnElement[Any]] = [literal(0)]
    if preference.budget_max is not None:
        query = query.where(Property.price <= preference.budget_max * STRETCH)
        distances.append(Property.price - preference.budget_max)
    if preference.budget_min is not None:
        distances.append(preference.budget_min - Property.price)
    return session.scalar(query.order_by(func.greatest(*distances), Property.id.desc()).limit(1))


def act_in_feed(session: Session, user: User, listing: Property, action: FeedActionKind, source: str) -> None:
    """
    Record the user's action on a listing, replacing an earlier one.

    A like creates an inquiry and a favorite a favourite, each once. A dislike removes the favourite that the feed
    created, and its inquiry unless the owner has begun to work on it.

    Raises:
        NotAllowedError: The listing is the user's own.
    """
    if listing.owner_id == user.id:
        raise NotAllowedError("listing.own")
    new_values: dict[str, Any] = {"action": action, "source": source}
    if action is FeedActionKind.DISLIKE:
        new_values["holds_at_any_price"] = _has_returned(user, listing)
    # This comes first: the row's lock serialises simultaneous actions on one listing.
    session.execute(
        insert(FeedAction)
        .values(user_id=user.id, property_id=listing.id, **new_values)
        .on_conflict_do_update(
            index_elements=[FeedAction.user_id, FeedAction.property_id],
            set_={**new_values, "acted_at": func.clock_timestamp()},
        )
    )
    if action is FeedActionKind.LIKE:
        create_inquiry(session, user, listing, from_feed=True)
    elif action is FeedActionKind.FAVORITE:
        add_favorite(session, user, listing, from_feed=True)
    else:
        _remove_effects(session, user, listing.id)


def _has_returned(user: User, listing: Property) -> ScalarSelect[bool]:
    lead = select(Lead).where(Lead.owner_id == user.id, Lead.origin == Origin.TINDER).subquery()
    preference = aliased(Lead, lead)
    has_come_back = has_returned(lambda: feed_actions_of(literal(user.id)), Property, preference)
    query = select(has_come_back).select_from(Property).outerjoin(preference, true())
    return query.where(Property.id == listing.id).scalar_subquery()


def undo(session: Session, user: User) -> FeedAction:
    """
    Undo the user's last action and its effects. The listing returns to the feed. If the current list was computed
    without it, the list is marked stale.

    Raises:
        NotFoundError: There is nothing to undo.
    """
    last = session.scalar(
        select(FeedAction)
        .where(FeedAction.user_id == user.id)
        .order_by(FeedAction.acted_at.desc(), FeedAction.id.desc())
        .limit(1)
        .with_for_update()
    )
    if last is None:
        raise NotFoundError("action to undo")
    _remove_effects(session, user, last.property_id)
    session.delete(last)
    session.flush()
    upcoming = next_listing(session, user)
    preference = upcoming.preference
    # A refill that is being computed may have read the action but not its removal.
    if preference is not None and (upcoming.refill_is_due or _left_out(session, preference, last.property_id)):
        mark_stale(session, preference)
    return last


def _left_out(session: Session, preference: Lead, property_id: int) -> bool:
    """Return whether a property of the preferences' market is missing from their list."""
    absent = (
        select(Property.id)
        .join(LeadRecommendations, LeadRecommendations.lead_id == preference.id)
        .where(
            Property.id == property_id,
            Property.city_key == preference.city_key,
            Property.deal_type == preference.deal_type,
            Property.id != func.all(LeadRecommendations.property_ids),
        )
    )
    return session.scalar(absent) is not None


def _remove_effects(session: Session, user: User, property_id: int) -> None:
    withdraw(session, user, property_id)
    remove_favorite(session, user, property_id, only_from_feed=True)
