"""News for who asked on the portal: a property that came to the market after the request and suits it well.

Told from the stored lists, in the order in which they are read (:mod:`models.ranking.display_order`), so that a notice
and the list that it leads to never disagree. What a list's reader is offered after its end, to give it a chance, is not
told.
"""

from collections import Counter
from datetime import timedelta

from sqlalchemy import Row, Select, String, cast, exists, func, literal, select, true
from sqlalchemy.orm import Session, aliased

from models.accounts.notifications import NoticeType, Notification, notify
from models.accounts.users import User
from models.core.enums import Origin, Status
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.display_order import first_entries
from models.ranking.recommendations import LeadRecommendations

#: Only the first places of a list are news: a request that everything suits would be told of everything otherwise.
NEWS_PLACES = 5
#: Of 100. A property that meets every stated wish scores 90 or more (docs/matching.md).
NEWS_SCORE = 85.0
#: A property that has been on the market for longer is no news.
NEWS_AGE = timedelta(days=1)
#: Nobody is told of more than these within NEWS_AGE, however many properties a bulk load brings.
MOST_A_DAY = 10


def tell_new_offers(session: Session, limit: int = 1000) -> list[int]:
    """Store a notice for each new offer not told yet, of the *limit* with the best scores; the ids of the notices."""
    # Two at once (a message that came twice) would each count only what was told before both, and tell twice as much.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("tell-offers", 0))))
    found = session.execute(_untold(session, limit)).all()
    told_today = Counter({user_id: count for user_id, *_, count in found})
    stored = []
    for user_id, request_id, property_id, title, city, _ in found:
        if told_today[user_id] >= MOST_A_DAY:
            continue
        notice_id = notify(
            session,
            user_id,
            NoticeType.NEW_OFFER,
            f"offer:{request_id}:{property_id}",
            title="Новый вариант по вашему запросу",
            message=f"Появился объект, который вам подходит: {title or city}.",
            data={"request_id": request_id, "property_id": property_id},
        )
        if notice_id is not None:
            told_today[user_id] += 1
            stored.append(notice_id)
    return stored


def _untold(session: Session, limit: int) -> Select[Row]:
    """Rows of owner, request, property, its title and city, and how many offers the owner was told of lately."""
    lists = LeadRecommendations
    entry = first_entries(session, lists.lead_id, lists.property_ids, lists.scores, NEWS_PLACES)
    owner, seller = aliased(User), aliased(User)
    subject = func.concat("offer:", cast(Lead.id, String), ":", cast(Property.id, String))
    told = exists().where(
        Notification.user_id == Lead.owner_id,
        Notification.type == NoticeType.NEW_OFFER,
        Notification.subject == subject,
    )
    told_lately = (
        select(func.count())
        .select_from(Notification)
        .where(
            Notification.user_id == Lead.owner_id,
            Notification.type == NoticeType.NEW_OFFER,
            Notification.created_at > func.now() - literal(NEWS_AGE),
        )
        .correlate(Lead)
        .scalar_subquery()
    )
    return (
        select(Lead.owner_id, Lead.id, Property.id, Property.title, Property.city, told_lately)
        .select_from(lists)
        .join(Lead, Lead.id == lists.lead_id)
        .join(owner, owner.id == Lead.owner_id)
        .join(entry, true())
        .join(Property, Property.id == entry.c.id)
        .join(seller, seller.id == Property.owner_id)
        .where(
            Lead.origin == Origin.PORTAL,
            Lead.status == Status.ACTIVE,
            owner.is_active,
            lists.computed_at > func.now() - literal(NEWS_AGE),
            ~entry.c.explored,
            entry.c.score >= NEWS_SCORE,
            Property.status == Status.ACTIVE,
            seller.is_active,
            Property.created_at > func.greatest(Lead.created_at, func.now() - literal(NEWS_AGE)),
            Property.city_key == Lead.city_key,
            Property.deal_type == Lead.deal_type,
            ~told,
            told_lately < MOST_A_DAY,  # or who is told no more today would take up all of the limit
        )
        .order_by(entry.c.score.desc(), Lead.id, Property.id)
        .limit(limit)
    )
