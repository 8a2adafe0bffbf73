"""How many homes a lead would be offered if it asked for less: counted by a worker when its realtor asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, database_now
from models.market.leads import Lead

#: The minimum score of a home that meets everything asked for, as far as its facts are known: shown as 90.
USEFUL_SCORE = 89.5
#: Counts this old are counted again when somebody looks at them: homes come and go.
COUNTS_LAST = timedelta(minutes=1)


class LeadRelaxations(Base):
    """
    What the limits and wishes of a lead cost it.

    Each of *rows* is one of them made weaker, the most gained first: ``{"name", "changes", "wishes", "homes"}``. *name*
    is a limit (matching.engine.relaxations), "words" (a wish in words, cut out of the text from ``changes.start`` to
    ``changes.end``), "stated" (a wish that a client of the API stated) or "payment_method"; *changes* the weaker
    values; *wishes* the ``{"kind", "value", "strength"}`` that would no longer be asked for; *homes* how many homes
    that are not useful now would be.
    """

    __tablename__ = "lead_relaxations"
    __table_args__ = ({"info": {"derived": True}},)

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int]  #: The lead's version that was counted for.
    useful: Mapped[int]  #: Homes that meet the lead's present requirements.
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    counted_at: Mapped[datetime] = mapped_column(server_default=func.now())


def store_relaxations(
    session: Session, lead_id: int, version: int, useful: int, rows: Sequence[dict[str, Any]]
) -> None:
    """Replace what was counted for a lead."""
    values = {"version": version, "useful": useful, "rows": list(rows), "counted_at": func.clock_timestamp()}
    row = insert(LeadRelaxations).values(lead_id=lead_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["lead_id"], set_=values))


def relaxations_of(session: Session, lead: Lead) -> LeadRelaxations | None:
    """What was counted for the lead as it stands; None where it has changed since, or nothing was counted."""
    row = session.get(LeadRelaxations, lead.id)
    return row if row is not None and row.version == lead.version else None


def are_fresh(session: Session, counted: LeadRelaxations | None) -> bool:
    """Whether the counts need not be made again for somebody who looks at them now."""
    return counted is not None and database_now(session) - counted.counted_at < COUNTS_LAST
