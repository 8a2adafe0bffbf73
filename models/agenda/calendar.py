"""A realtor's open tasks as calendar entries."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.agenda.tasks import LeadTask, TaskKind
from models.core.enums import Status
from models.deals.match_table import Match
from models.market.leads import Lead
from models.market.properties import Property
from models.market.shown_addresses import DISTRICT, EXACT, precision_of, shown_location, shown_street

#: How long an entry lasts.
DURATIONS = {
    TaskKind.SHOWING: timedelta(hours=1),
    TaskKind.CALL: timedelta(minutes=15),
    TaskKind.TASK: timedelta(minutes=30),
}
MAX_ENTRIES = 1000


class CalendarTask(NamedTuple):
    """An open task as a calendar shows it."""

    id: int
    lead_id: int
    kind: TaskKind
    title: str
    due_at: datetime
    ends_at: datetime
    updated_at: datetime
    remind_before: timedelta | None
    #: The address of the home to be shown, as precisely as its owner allows.
    place: str | None


def open_tasks(session: Session, user: User) -> list[CalendarTask]:
    """The open tasks of the user's leads on the market, by due time; :data:`MAX_ENTRIES` at most."""
    is_in_contact = exists().where(
        Match.lead_id == LeadTask.lead_id,
        Match.property_id == LeadTask.property_id,
        Match.contact_shared_at.is_not(None),
    )
    rows = session.execute(
        select(LeadTask, Property, is_in_contact)
        .join(Lead, Lead.id == LeadTask.lead_id)
        .outerjoin(Property, Property.id == LeadTask.property_id)
        .where(Lead.owner_id == user.id, Lead.status == Status.ACTIVE)
        .where(LeadTask.done_at.is_(None), LeadTask.deleted_at.is_(None))
        .order_by(LeadTask.due_at, LeadTask.id)
        .limit(MAX_ENTRIES)
    )
    return [
        CalendarTask(
            id=task.id,
            lead_id=task.lead_id,
            kind=task.kind,
            title=task.title,
            due_at=task.due_at,
            ends_at=task.due_at + DURATIONS[task.kind],
            updated_at=task.updated_at,
            remind_before=None if task.remind_minutes is None else timedelta(minutes=task.remind_minutes),
            place=None if home is None else _place_of(home, knows_all=is_in_contact or home.owner_id == user.id),
        )
        for task, home, is_in_contact in rows
    ]


def _place_of(home: Property, *, knows_all: bool) -> str:
    precision = EXACT if knows_all else precision_of(home, EXACT)
    if home.location and precision is not DISTRICT:
        return home.location if precision is EXACT else ", ".join(shown_location(home, precision))
    return ", ".join(
        filter(None, (home.city, home.district if precision is DISTRICT else "", shown_street(home, precision)))
    )
