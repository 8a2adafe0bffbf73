"""New recommendations of a lead since its realtor's last visit, and the frequency of notifications.

A lead is followed from the first visit of its page with a list: the entries of that moment are known. An entry *fits*
from :data:`FITS` points on; others are neither marked nor notified.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, database_now, enum_column
from models.market.leads import Lead, owned_lead
from models.platform.prepared_statements import PREPARED

#: The minimum score, of 100, of a home that contradicts no wish (docs/matching.md).
FITS = 60
#: Views within this time of each other are one visit: entries that were new stay marked.
VISIT = timedelta(minutes=30)
#: A view is recorded if the last one that was recorded is longer ago, or if the list has changed. So most views write
#: nothing, and a visit may end this much earlier.
RECORDED = timedelta(minutes=5)
#: The number of ids that are remembered in addition to those of the current list.
REMEMBERED = 500


class Frequency(StrEnum):
    """How often the realtor is notified of new recommendations of a lead."""

    AT_ONCE = "AT_ONCE"
    DAILY = "DAILY"
    NEVER = "NEVER"


class LeadFollow(Base):
    """The entries that a realtor has seen of one lead's list."""

    __tablename__ = "lead_follows"
    __table_args__ = (
        Index("ix_lead_follows_at_once", "lead_id", postgresql_where=text("frequency = 'AT_ONCE'")),
        Index("ix_lead_follows_daily", "lead_id", postgresql_where=text("frequency = 'DAILY'")),
    )

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    frequency: Mapped[Frequency] = mapped_column(
        enum_column(Frequency, "frequency_is_known"), default=Frequency.DAILY, server_default=text("'DAILY'")
    )
    #: Ids of properties that were seen before the current visit; other entries of the list are marked as new.
    known_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    #: Ids that were seen, including in the current visit.
    seen_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    #: Ids that a notification has already counted.
    told_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    visited_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


def visit_lead(session: Session, lead: Lead) -> set[int]:
    """Record that the realtor visits a lead's list.

    Returns:
        The ids of the properties in the list that were not there at the visit before.
    """
    fitting = fitting_ids(session, lead.id)
    if fitting is None:
        return set()
    fresh = {**PREPARED, "populate_existing": True}
    row = session.execute(_FOLLOW, {"lead_id": lead.id}, execution_options=fresh).one_or_none()
    if row is None:
        _begin(session, lead.id, fitting, database_now(session))
        return set()
    follow, now = row
    if now - follow.visited_at > RECORDED or not set(fitting) <= set(follow.seen_ids):
        row = session.execute(_LOCKED_FOLLOW, {"lead_id": lead.id}, execution_options=fresh).one_or_none()
        if row is None:
            return set()  # the lead has just been deleted
        follow, now = row
        if now - follow.visited_at > VISIT:
            follow.known_ids = follow.seen_ids
        follow.seen_ids = remembered(fitting, follow.seen_ids)
        follow.visited_at = now
        session.flush()
    return set(fitting) - set(follow.known_ids)


def new_ids(session: Session, lead_id: int) -> set[int]:
    """The ids that :func:`visit_lead` would return, without recording a visit."""
    follow = session.get(LeadFollow, lead_id)
    fitting = fitting_ids(session, lead_id)
    return set() if follow is None or fitting is None else set(fitting) - set(follow.known_ids)


def new_counts(session: Session, lead_ids: Sequence[int]) -> dict[int, int]:
    """The number of new fitting properties in the lists of leads, without zeros."""
    if not lead_ids:
        return {}
    rows = session.execute(_NEW_COUNTS, {"lead_ids": list(lead_ids)}, execution_options=PREPARED)
    return {row.lead_id: row.new for row in rows if row.new}


def frequency_of(session: Session, user: User, lead_id: int) -> Frequency:
    """
    How often the user is notified of new recommendations of one of their leads. Raises NotFoundError for others' leads.
    """
    return frequency_for(session, owned_lead(session, user, lead_id))


def frequency_for(session: Session, lead: Lead) -> Frequency:
    """How often the owner of *lead* is notified of its new recommendations."""
    return session.scalar(_FREQUENCY, {"lead_id": lead.id}, execution_options=PREPARED) or Frequency.DAILY


def set_frequency(session: Session, user: User, lead_id: int, frequency: Frequency) -> None:
    """Choose how often the user is notified of new recommendations of one of their leads. Raises NotFoundError."""
    lead = owned_lead(session, user, lead_id)
    _begin(session, lead.id, fitting_ids(session, lead.id) or [], database_now(session))
    session.execute(update(LeadFollow).where(LeadFollow.lead_id == lead.id).values(frequency=frequency))


def fitting_ids(session: Session, lead_id: int) -> list[int] | None:
    """The ids of the fitting properties in a lead's list that are on the market, best first; None: it has no list."""
    row = session.execute(_FITTING, {"lead_id": lead_id}, execution_options=PREPARED).one_or_none()
    return None if row is None else list(row.ids)


def remembered(now: Iterable[int], before: Iterable[int]) -> list[int]:
    """The ids to keep: all of *now*, and as many of *before* as :data:`REMEMBERED` allows.

    >>> remembered([3, 1], [1, 2])
    [3, 1, 2]
    """
    kept = dict.fromkeys(now)
    room = len(kept) + REMEMBERED
    for each in before:
        if len(kept) >= room:
            break
        kept.setdefault(each)
    return list(kept)


def erase_follows(session: Session, user: User) -> None:
    """Delete the records of the lists that a user has seen."""
    lead_ids = select(Lead.id).where(Lead.owner_id == user.id)
    session.execute(delete(LeadFollow).where(LeadFollow.lead_id.in_(lead_ids)))


def _begin(session: Session, lead_id: int, fitting: list[int], now: datetime) -> None:
    row = {"lead_id": lead_id, "visited_at": now, "known_ids": fitting, "seen_ids": fitting, "told_ids": fitting}
    session.execute(insert(LeadFollow).values(row).on_conflict_do_nothing())


# Built once, and planned once per connection.
_FOLLOW = select(LeadFollow, func.now()).where(LeadFollow.lead_id == bindparam("lead_id"))
_LOCKED_FOLLOW = _FOLLOW.with_for_update()
_FREQUENCY = select(LeadFollow.frequency).where(LeadFollow.lead_id == bindparam("lead_id"))
_FITTING = text(
    """
    SELECT ARRAY(
        SELECT entry.id FROM unnest(lists.property_ids, lists.scores) WITH ORDINALITY AS entry(id, score, rank)
        JOIN properties ON properties.id = entry.id AND properties.status = 'ACTIVE'
        WHERE entry.score >= :fits ORDER BY rank
    ) AS ids FROM lead_recommendations AS lists WHERE lists.lead_id = :lead_id
    """
).bindparams(fits=FITS)
_NEW_COUNTS = text(
    """
    SELECT follows.lead_id, (
        SELECT count(*) FROM unnest(lists.property_ids, lists.scores) AS entry(id, score)
        JOIN properties ON properties.id = entry.id AND properties.status = 'ACTIVE'
        WHERE entry.score >= :fits AND entry.id NOT IN (SELECT unnest(follows.seen_ids))
    ) AS new
    FROM lead_follows AS follows JOIN lead_recommendations AS lists USING (lead_id)
    WHERE follows.lead_id = ANY (:lead_ids)
    """
).bindparams(bindparam("lead_ids", type_=ARRAY(BigInteger)), fits=FITS)
