"""Counts at the head of a lead's page."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.agenda.shortlist import ShortlistedHome
from models.agenda.tasks import LeadTask
from models.deals.selections import Selection
from models.market.leads import Lead


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
    is_open = (LeadTask.lead_id == lead.id, LeadTask.done_at.is_(None), LeadTask.deleted_at.is_(None))
    counts = (
        select(func.count()).select_from(LeadTask).where(*is_open).scalar_subquery(),
        select(func.min(LeadTask.due_at)).where(*is_open).scalar_subquery(),
        select(func.count()).select_from(ShortlistedHome).where(ShortlistedHome.lead_id == lead.id).scalar_subquery(),
        select(func.count()).select_from(Selection).where(Selection.lead_id == lead.id).scalar_subquery(),
    )
    return LeadSummary(*session.execute(select(*counts)).one())
