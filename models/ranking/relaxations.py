"""How many more homes would suit a lead with fewer requirements. A worker counts them when the realtor requests it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, database_now
from models.market.leads import Lead

#: The minimum score of a home that meets all requirements as far as its facts are known; it is displayed as 90.
USEFUL_SCORE = 89.5
#: Counts of this age are renewed when somebody views them, because homes enter and leave the market.
COUNTS_LAST = timedelta(minutes=1)


class LeadRelaxations(Base):
    """
    How many homes the limits and wishes of a lead exclude.

    Each of *rows* is one relaxed limit or wish, those that gain the most homes first: ``{"name", "changes", "wishes",
    "homes"}``. *name* is a limit (matching.engine.relaxations), "words" (a wish in the text, which is cut out from
    ``changes.start`` to ``changes.end``), "stated" (a wish that a client of the API stated) or "payment_method".
    *changes* are the weaker values. *wishes* are the ``{"kind", "value", "strength"}`` that would be dropped. *homes*
    is the number of homes that would become useful.
    """

    __tablename__ = "lead_relaxations"
    __table_args__ = ({"info": {"derived": True}},)

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int]  #: The lead's version to which the counts refer.
    useful: Mapped[int]  #: Homes that meet the lead's present requirements.
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    counted_at: Mapped[datetime] = mapped_column(server_default=func.now())


def store_relaxations(
    session: Session, lead_id: int, version: int, useful: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Replace the counts of a lead."""
    values = {"version": version, "useful": useful, "rows": list(rows), "counted_at": func.clock_timestamp()}
    row = insert(LeadRelaxations).values(lead_id=lead_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["lead_id"], set_=values))


def relaxations_of(session: Session, lead: Lead) -> LeadRelaxations | None:
    """The counts for the lead's current version; None if it has changed since, or if nothing was counted."""
    row = session.get(LeadRelaxations, lead.id)
    return row if row is not None and row.version == lead.version else None


def are_fresh(session: Session, counted: LeadRelaxations | None) -> bool:
    """Whether the counts are recent enough to be shown without counting again."""
    return counted is not None and database_now(session) - counted.counted_at < COUNTS_LAST
