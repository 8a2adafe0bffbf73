"""Reminders of tasks, sent once each, in the time zone of their owner."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.agenda.settings import zone_of
from models.agenda.tasks import LeadTask
from models.core.base import database_now
from models.core.enums import Status
from models.core.savepoints import own_savepoint
from models.market.leads import Lead

#: A reminder that could not be sent within this time after its task was due is dropped; the task is shown as overdue.
TOO_LATE = timedelta(days=1)


def remind(session: Session, limit: int = 500) -> list[int]:
    """Store a notification for each due reminder, of at most *limit* tasks.

    A reminder is claimed in the transaction that stores its notification, so that two workers, or a message that is
    delivered twice, send it once.

    Returns:
        The ids of the new notifications.
    """
    now = database_now(session)
    due = session.execute(
        select(LeadTask, Lead.owner_id)
        .join(Lead, Lead.id == LeadTask.lead_id)
        .where(LeadTask.remind_at <= now, LeadTask.reminded_at.is_(None), LeadTask.done_at.is_(None))
        .where(LeadTask.deleted_at.is_(None))
        .order_by(LeadTask.remind_at, LeadTask.id)
        .limit(limit)
        .with_for_update(of=LeadTask, skip_locked=True)
    ).all()
    session.execute(update(LeadTask).where(LeadTask.id.in_([task.id for task, _ in due])).values(reminded_at=now))
    zones: dict[int, ZoneInfo] = {}
    stored = []
    for task_id, owner_id in [(task.id, owner_id) for task, owner_id in due]:
        # Each in its own savepoint: an error in one must not prevent the others.
        with own_savepoint(session, "reminder_failed", task_id=task_id):
            task = session.get_one(LeadTask, task_id)
            owner = session.get_one(User, owner_id)
            lead = session.get_one(Lead, task.lead_id)
            if not owner.is_active or lead.status is not Status.ACTIVE or task.due_at < now - TOO_LATE:
                continue
            if owner_id not in zones:
                zones[owner_id] = zone_of(session, owner)
            notification_id = notify(
                session,
                owner_id,
                NotificationType.TASK_DUE,
                # Its own for each claim: a task that is moved there and back is reminded of again.
                f"task:{task.id}:{int(now.timestamp())}",
                data={"lead_id": lead.id, "task_id": task.id},
                variant=task.kind.lower(),
                title=task.title,
                at=local_text(task.due_at, zones[owner_id]),
            )
            if notification_id is not None:
                stored.append(notification_id)
    return stored


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """
    Day and time in a time zone, in the notation of all three languages.

    >>> from datetime import UTC
    >>> local_text(datetime(2026, 11, 29, 13, 30, tzinfo=UTC), ZoneInfo("Asia/Almaty"))
    '29.11.2026, 18:30'
    """
    return moment.astimezone(zone).strftime("%d.%m.%Y, %H:%M")
