"""
Notifications of new recommendations: at once, with minutes between those of one lead, or once a day for all of a
realtor's leads.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User, short_name
from models.agenda.following import FITS, Frequency, LeadFollow, remembered
from models.agenda.settings import AgendaSettings, zone_of
from models.core.base import database_now
from models.core.savepoints import own_savepoint

#: The minimum time between two notifications of one lead.
MIN_INTERVAL = timedelta(minutes=10)
#: The digest is sent in its reader's morning, at the first check after this hour.
DIGEST_HOURS = range(9, 21)
#: The minimum time between two digests.
MIN_DIGEST_INTERVAL = timedelta(hours=18)


def send_immediate_notifications(session: Session, limit: int = 500) -> list[int]:
    """
    Store a notification for each lead that is followed at once and has new fitting properties; returns the ids of the
    notifications.

    The properties are recorded in the same transaction, so that each is notified once.
    """
    now = database_now(session)
    rows = session.execute(
        _NEW_RECOMMENDATIONS, _named(Frequency.AT_ONCE, before=now - MIN_INTERVAL, limit=limit)
    ).all()
    stored = []
    for row in rows:
        with own_savepoint(session, "recommendations_not_notified", lead_id=row.lead_id):
            _mark_notified(session, row, now)
            stored.append(
                notify(
                    session,
                    row.owner_id,
                    NotificationType.NEW_RECOMMENDATIONS,
                    f"new:{row.lead_id}:{int(now.timestamp())}:{row.ids[0]}",
                    data={"lead_id": row.lead_id},
                    lead=short_name(row.client_name) or f"№ {row.lead_id}",
                    count=len(row.ids),
                )
            )
    return [each for each in stored if each is not None]


def send_digests(session: Session, limit: int = 1000) -> list[int]:
    """
    Store the day's digest for each realtor in whose time zone it is due, one for all leads that are followed daily;
    returns the ids of the notifications. Realtors without news get none.
    """
    now = database_now(session)
    stored = []
    for user in session.scalars(_waiting(now).limit(limit)).all():
        with own_savepoint(session, "digest_failed", user_id=user.id):
            stored.append(_send_digest(session, user, now))
    return [each for each in stored if each is not None]


def _send_digest(session: Session, user: User, now: datetime) -> int | None:
    local = now.astimezone(zone_of(session, user))
    if local.hour not in DIGEST_HOURS:
        return None
    row = insert(AgendaSettings).values(user_id=user.id, digest_at=now)
    session.execute(row.on_conflict_do_update(index_elements=[AgendaSettings.user_id], set_={"digest_at": now}))
    leads = session.execute(_NEW_RECOMMENDATIONS, _named(Frequency.DAILY, owner_id=user.id)).all()
    for each in leads:
        _mark_notified(session, each, now)
    if leads:
        return notify(
            session,
            user.id,
            NotificationType.RECOMMENDATION_DIGEST,
            f"digest:{local:%Y-%m-%d}",
            data={"lead_ids": [each.lead_id for each in leads[:20]]},
            count=sum(len(each.ids) for each in leads),
            leads=len(leads),
        )
    return None


def _waiting(now: datetime) -> Any:
    """Select realtors who follow leads daily and whose last digest is long enough ago."""
    follows_daily = text(
        "EXISTS (SELECT FROM leads JOIN lead_follows ON lead_follows.lead_id = leads.id"
        " WHERE leads.owner_id = users.id AND lead_follows.frequency = 'DAILY' AND leads.status = 'ACTIVE')"
    )
    recent = select(AgendaSettings.user_id).where(AgendaSettings.digest_at > now - MIN_DIGEST_INTERVAL)
    return select(User).where(User.is_active, User.id.not_in(recent), follows_daily).order_by(User.id)


def _mark_notified(session: Session, row: Any, now: datetime) -> None:
    values = {"told_ids": remembered(row.ids, row.told_ids), "told_at": now}
    session.execute(update(LeadFollow).where(LeadFollow.lead_id == row.lead_id).values(values))


def _named(
    frequency: Frequency, *, before: datetime | None = None, owner_id: int | None = None, limit: int | None = None
) -> dict[str, Any]:
    return {"frequency": frequency.value, "before": before, "owner_id": owner_id, "limit": limit, "fits": FITS}


#: Leads with the ids to announce, locked. Null parameters filter nothing.
_NEW_RECOMMENDATIONS = text(
    """
    SELECT * FROM (
        SELECT follows.lead_id, follows.told_ids, leads.owner_id, leads.client_name, ARRAY(
            SELECT entry.id FROM unnest(lists.property_ids, lists.scores) AS entry(id, score)
            JOIN properties ON properties.id = entry.id AND properties.status = 'ACTIVE'
            WHERE entry.score >= :fits AND entry.id NOT IN (SELECT unnest(follows.told_ids || follows.seen_ids))
        ) AS ids
        FROM lead_follows AS follows
        JOIN leads ON leads.id = follows.lead_id
        JOIN users ON users.id = leads.owner_id
        JOIN lead_recommendations AS lists ON lists.lead_id = leads.id
        WHERE follows.frequency = :frequency AND leads.status = 'ACTIVE' AND users.is_active
        AND (CAST(:owner_id AS bigint) IS NULL OR leads.owner_id = :owner_id)
        AND (CAST(:before AS timestamptz) IS NULL OR follows.told_at IS NULL OR follows.told_at < :before)
        FOR UPDATE OF follows SKIP LOCKED
    ) AS untold WHERE cardinality(ids) > 0 ORDER BY lead_id LIMIT :limit
    """
)
