"""A lead's history, from the rows that hold it: actions, matches, selections, prices, tasks, the shortlist.

A trigger (migration 0150) records every change of the lead itself, whichever program makes it. For texts and contacts
it records only the fact of the change.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, bindparam, delete, func, select, text, union
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.agenda.shortlist import ShortlistedHome
from models.core.base import Base, Id
from models.core.enums import ActionKind, Side
from models.deals.actions import Action
from models.deals.selections import Selection, SelectionHome
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, on_any_market

#: Kinds of entries in a history.
KINDS = (
    "made",
    "changed",
    "liked",
    "disliked",
    "liked_by_owner",
    "matched",
    "contacts_shared",
    "completed",
    "selection_sent",
    "selection_withdrawn",
    "client_answered",
    "price_cut",
    "task_made",
    "task_done",
    "shortlisted",
)


class LeadChange(Base):
    """One change of a lead's own fields."""

    __tablename__ = "lead_changes"
    __table_args__ = (Index("ix_lead_changes_lead", "lead_id", "at"),)

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    #: Column -> [before, after]; null if the values must not be stored.
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)


@dataclass(frozen=True)
class HistoryEntry:
    """One event in a lead's history.

    Args:
        kind: One of :data:`KINDS`.
        facts: The values for its sentence: `fields` of a change, `title` and `due_at` of a task, `homes` of a
            selection, `answer` and `question` of a client, `from`, `to` and `currency` of a price.
    """

    at: datetime
    kind: str
    property_id: int | None
    match_id: int | None
    task_id: int | None
    facts: dict[str, Any]


def history_of(session: Session, user: User, lead_id: int, *, page: int, limit: int) -> tuple[list[HistoryEntry], int]:
    """A page of the history of one of the user's leads, the latest first, and the number of entries.

    Raises:
        NotFoundError: The lead is absent or not the user's.
    """
    lead = owned_lead(session, user, lead_id)
    named = {"lead_id": lead.id, "limit": limit, "offset": (page - 1) * limit}
    rows = session.execute(_PAGE, named).all()
    total = session.scalar(_COUNT, {"lead_id": lead.id}) or 0
    return [
        HistoryEntry(row.at, row.kind, row.property_id, row.match_id, row.task_id, row.facts) for row in rows
    ], total


def homes_of_lead(session: Session, lead: Lead) -> list[Property]:
    """The homes on the market that the lead's realtor has liked, shortlisted or sent; 100 at most."""
    liked = select(Action.property_id).where(
        Action.lead_id == lead.id, Action.side == Side.LEAD, Action.kind == ActionKind.LIKE
    )
    starred = select(ShortlistedHome.property_id).where(ShortlistedHome.lead_id == lead.id)
    sent = select(SelectionHome.property_id).join(Selection, Selection.id == SelectionHome.selection_id)
    known = Property.id.in_(union(liked, starred, sent.where(Selection.lead_id == lead.id)))
    in_market = (Property.city_key == lead.city_key, Property.deal_type == lead.deal_type)
    query = select(Property).join(User, on_any_market()).where(known, *in_market)
    return list(session.scalars(query.order_by(Property.id.desc()).limit(100)))


def homes_by_id(session: Session, property_ids: Collection[int]) -> dict[int, Property]:
    """Property id -> the property, including those off the market."""
    return {listing.id: listing for listing in session.scalars(select(Property).where(Property.id.in_(property_ids)))}


def erase_changes(session: Session, user: User) -> None:
    """Delete the recorded changes of a user's leads."""
    lead_ids = select(Lead.id).where(Lead.owner_id == user.id)
    session.execute(delete(LeadChange).where(LeadChange.lead_id.in_(lead_ids)))


#: `followed` are homes whose prices a lead's realtor follows: acted on, on the shortlist, or sent to the client.
_ENTRIES = """
WITH followed AS (
    SELECT property_id, min(at) AS since FROM (
        SELECT property_id, created_at AS at FROM actions WHERE lead_id = :lead_id AND side = 'LEAD'
        UNION ALL SELECT property_id, created_at FROM shortlisted_homes WHERE lead_id = :lead_id
        UNION ALL SELECT homes.property_id, selections.created_at FROM selection_homes homes
            JOIN selections ON selections.id = homes.selection_id WHERE selections.lead_id = :lead_id
    ) AS known GROUP BY property_id
), entries AS (
    SELECT created_at AS at, 'made' AS kind, NULL::bigint AS property_id, NULL::bigint AS match_id,
           NULL::bigint AS task_id, '{}'::jsonb AS facts
    FROM leads WHERE id = :lead_id
    UNION ALL
    SELECT at, 'changed', NULL, NULL, NULL, jsonb_build_object('fields', fields)
    FROM lead_changes WHERE lead_id = :lead_id
    UNION ALL
    SELECT acted_at, CASE kind WHEN 'LIKE' THEN 'liked' ELSE 'disliked' END, property_id, NULL, NULL, '{}'
    FROM actions WHERE lead_id = :lead_id AND side = 'LEAD'
    UNION ALL
    SELECT acted_at, 'liked_by_owner', property_id, NULL, NULL, '{}'
    FROM actions WHERE lead_id = :lead_id AND side = 'PROPERTY' AND kind = 'LIKE'
    UNION ALL
    SELECT greatest(matches.created_at, max(actions.created_at)), 'matched', matches.property_id, matches.id, NULL,
           '{}'
    FROM matches JOIN actions USING (lead_id, property_id)
    WHERE lead_id = :lead_id AND kind = 'LIKE' GROUP BY matches.id HAVING count(*) = 2
    UNION ALL
    SELECT contact_shared_at, 'contacts_shared', property_id, id, NULL, '{}'
    FROM matches WHERE lead_id = :lead_id AND contact_shared_at IS NOT NULL
    UNION ALL
    SELECT completed_at, 'completed', property_id, id, NULL, '{}'
    FROM matches WHERE lead_id = :lead_id AND completed_at IS NOT NULL
    UNION ALL
    SELECT created_at, 'selection_sent', NULL, NULL, NULL, jsonb_build_object('homes',
        (SELECT count(*) FROM selection_homes WHERE selection_id = selections.id))
    FROM selections WHERE lead_id = :lead_id
    UNION ALL
    SELECT withdrawn_at, 'selection_withdrawn', NULL, NULL, NULL, '{}'
    FROM selections WHERE lead_id = :lead_id AND withdrawn_at IS NOT NULL
    UNION ALL
    SELECT answered_at, 'client_answered', property_id, NULL, NULL,
           jsonb_build_object('answer', answer, 'question', question)
    FROM selection_homes JOIN selections ON selections.id = selection_id
    WHERE lead_id = :lead_id AND answered_at IS NOT NULL
    UNION ALL
    SELECT since, 'price_cut', property_id, NULL, NULL,
           jsonb_build_object('from', before::text, 'to', price::text, 'currency', currency)
    FROM (
        SELECT prices.*, followed.since AS known_since, lag(price) OVER entries AS before,
               lag(currency) OVER entries AS currency_before
        FROM followed JOIN property_prices prices USING (property_id)
        WINDOW entries AS (PARTITION BY property_id ORDER BY prices.since, prices.id)
    ) AS cuts
    WHERE price < before AND currency = currency_before AND since > known_since
    UNION ALL
    SELECT created_at, 'task_made', property_id, NULL, id,
           jsonb_build_object('title', title, 'kind', kind, 'due_at', due_at)
    FROM lead_tasks WHERE lead_id = :lead_id AND deleted_at IS NULL
    UNION ALL
    SELECT done_at, 'task_done', property_id, NULL, id, jsonb_build_object('title', title, 'kind', kind)
    FROM lead_tasks WHERE lead_id = :lead_id AND done_at IS NOT NULL AND deleted_at IS NULL
    UNION ALL
    SELECT created_at, 'shortlisted', property_id, NULL, NULL, '{}'
    FROM shortlisted_homes WHERE lead_id = :lead_id
)
"""

#: The facts distinguish entries of one transaction, which have the same time: pages must not overlap.
_ORDER = "ORDER BY at DESC, kind DESC, property_id, task_id, facts"
_BOUND = bindparam("lead_id", type_=BigInteger)
_PAGE = (
    text(" ".join((_ENTRIES, "SELECT * FROM entries", _ORDER, "LIMIT :limit OFFSET :offset")))
    .bindparams(_BOUND)
    .columns(
        at=DateTime(timezone=True),
        kind=String,
        property_id=BigInteger,
        match_id=BigInteger,
        task_id=BigInteger,
        facts=JSONB,
    )
)
_COUNT = text(" ".join((_ENTRIES, "SELECT count(*) FROM entries"))).bindparams(_BOUND)
