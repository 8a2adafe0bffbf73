"""Counts at the head of a lead's page."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, bindparam, func, select
from sqlalchemy.orm import Session

from models.agenda.shortlist import ShortlistedHome
from models.agenda.tasks import LeadTask
from models.deals.selections import Selection
from models.market.leads import Lead
from models.platform.prepared_statements import PREPARED


class LeadSummary(NamedTuple):
    """The counts beside the tabs of a lead's page.

    Args:
        next_due: When the first of the open tasks is due; None without any.
    """

    open_tasks: int
    next_due: datetime | None
    shortlisted: int
    selections: int


def summary_of(session: Session, lead: Lead) -> LeadSummary:
    """Count what belongs to a lead, in one query."""
    return LeadSummary(*session.execute(_SUMMARY, {"lead_id": lead.id}, execution_options=PREPARED).one())


def _summary() -> Select[Any]:
    lead_id = bindparam("lead_id", type_=BigInteger)
    is_open = (LeadTask.lead_id == lead_id, LeadTask.done_at.is_(None), LeadTask.deleted_at.is_(None))
    counts = (
        select(func.count()).select_from(LeadTask).where(*is_open).scalar_subquery(),
        select(func.min(LeadTask.due_at)).where(*is_open).scalar_subquery(),
        select(func.count()).select_from(ShortlistedHome).where(ShortlistedHome.lead_id == lead_id).scalar_subquery(),
        select(func.count()).select_from(Selection).where(Selection.lead_id == lead_id).scalar_subquery(),
    )
    return select(*counts)


#: Built once, and planned once per connection.
_SUMMARY = _summary()
