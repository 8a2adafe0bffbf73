"""Notifications of new properties that suit well: users of the portal, and realtors who use the Telegram bot.

Offers are taken from the stored lists in display order (:mod:`models.ranking.display_order`), so that a notification
always agrees with the list that it links to. Explored entries after the end of a list are not announced.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, exists, func, literal, select, true
from sqlalchemy.orm import Session, aliased

from models.accounts.bot_tables import BotChat
from models.accounts.notifications import Notification, NotificationType, notify
from models.accounts.users import User
from models.agenda.following import Frequency, LeadFollow
from models.core.enums import Origin, Status
from models.core.locks import lock_until_commit
from models.core.savepoints import own_savepoint
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.display_order import first_entries
from models.ranking.recommendations import LeadRecommendations

#: Only the first entries of a list are announced, so that a very open request is not notified of every property.
MAX_PLACE = 5
#: Minimum score, of 100. A property that meets every stated wish scores 90 or more (docs/matching.md).
MIN_SCORE = 85.0
#: Maximum time that a new property has been on the market.
MAX_AGE = timedelta(days=1)
#: Maximum notifications per user within MAX_AGE, however many properties an import brings.
MAX_PER_DAY = 10


@dataclass(frozen=True)
class OfferKind:
    """The kind of demand that an offer suits, and of its notification."""

    type: NotificationType
    stem: str  #: The beginning of the notification's subject.
    demand: str  #: The name of the demand's id for clients.
    is_meant: ColumnElement[bool]  #: Selects the demands of this kind.


KINDS = (
    OfferKind(NotificationType.NEW_OFFER, "offer", "request_id", Lead.origin == Origin.PORTAL),
    # Realtors follow their leads in the console. Those who have started the bot are also notified there, of leads with
    # immediate notifications.
    OfferKind(
        NotificationType.NEW_RECOMMENDATION,
        "recommendation",
        "lead_id",
        and_(
            Lead.origin == Origin.EXCHANGE,
            exists().where(BotChat.user_id == Lead.owner_id, BotChat.created_at < Property.created_at),
            exists().where(LeadFollow.lead_id == Lead.id, LeadFollow.frequency == Frequency.AT_ONCE),
        ),
    ),
)


def notify_of_new_offers(session: Session, limit: int = 1000) -> list[int]:
    """
    Store a notification for each new offer without one, of the *limit* offers of each kind with the best scores.

    Returns:
        The ids of the new notifications.
    """
    # Two concurrent calls (a redelivered task) would not count each other's notifications and would exceed the limit.
    lock_until_commit(session, "tell-offers")
    return [stored for kind in KINDS for stored in _notify(session, kind, limit)]


def _notify(session: Session, kind: OfferKind, limit: int) -> list[int]:
    type_ = kind.type
    offers = session.execute(_new_offers(session, kind, limit)).all()
    notified_today = Counter({user_id: count for user_id, *_, count in offers})
    stored = []
    for user_id, lead_id, property_id, title, city, _ in offers:
        if notified_today[user_id] >= MAX_PER_DAY:
            continue
        notification_id = None
        with own_savepoint(session, "offer_not_notified", lead_id=lead_id, property_id=property_id):
            notification_id = notify(
                session,
                user_id,
                type_,
                f"{kind.stem}:{lead_id}:{property_id}",
                data={kind.demand: lead_id, "property_id": property_id},
                title=title or city,
            )
        if notification_id is not None:
            notified_today[user_id] += 1
            stored.append(notification_id)
    return stored


def _new_offers(session: Session, kind: OfferKind, limit: int) -> Select[Row]:
    """Select (owner, demand, property, its title, its city, number of the owner's recent offer notifications)."""
    lists = LeadRecommendations
    entry = first_entries(session, lists.lead_id, lists.property_ids, lists.scores, MAX_PLACE)
    owner, seller = aliased(User), aliased(User)
    subject = func.concat(f"{kind.stem}:", cast(Lead.id, String), ":", cast(Property.id, String))
    is_notified = exists().where(
        Notification.user_id == Lead.owner_id,
        Notification.type == kind.type,
        Notification.subject == subject,
    )
    recent = (
        select(func.count())
        .select_from(Notification)
        .where(
            Notification.user_id == Lead.owner_id,
            Notification.type == kind.type,
            Notification.created_at > func.now() - literal(MAX_AGE),
        )
        .correlate(Lead)
        .scalar_subquery()
    )
    return (
        select(Lead.owner_id, Lead.id, Property.id, Property.title, Property.city, recent)
        .select_from(lists)
        .join(Lead, Lead.id == lists.lead_id)
        .join(owner, owner.id == Lead.owner_id)
        .join(entry, true())
        .join(Property, Property.id == entry.c.id)
        .join(seller, seller.id == Property.owner_id)
        .where(
            kind.is_meant,
            Lead.status == Status.ACTIVE,
            owner.is_active,
            lists.computed_at > func.now() - literal(MAX_AGE),
            ~entry.c.explored,
            entry.c.score >= MIN_SCORE,
            Property.status == Status.ACTIVE,
            seller.is_active,
            Property.created_at > func.greatest(Lead.created_at, func.now() - literal(MAX_AGE)),
            Property.city_key == Lead.city_key,
            Property.deal_type == Lead.deal_type,
            ~is_notified,
            recent < MAX_PER_DAY,  # otherwise users at their maximum could use up the limit
        )
        .order_by(entry.c.score.desc(), Lead.id, Property.id)
        .limit(limit)
    )
