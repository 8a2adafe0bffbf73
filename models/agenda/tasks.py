"""Tasks and showings of a lead, each with a due time and one reminder before it.

They belong to the lead, and so to its owner.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    SmallInteger,
    String,
    Text,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, UpdatedAt, database_now, enum_column, rows_changed
from models.core.enums import Status
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.market.leads import Lead, owned_lead
from models.market.properties import Property, on_any_market

MAX_TITLE = 200  # characters
MAX_NOTES = 2000  # characters
MAX_OPEN_TASKS = 200  # of one lead
#: The maximum time between a reminder and its task: a week.
MAX_REMIND_MINUTES = 7 * 24 * 60
#: How long a deleted task can be restored.
UNDO_FOR = timedelta(hours=1)
#: How far in the future a task may be, so that a mistyped year is refused.
MAX_AHEAD = timedelta(days=5 * 366)


class TaskKind(StrEnum):
    CALL = "CALL"
    SHOWING = "SHOWING"
    TASK = "TASK"


class LeadTask(Base):
    """One task of a lead."""

    __tablename__ = "lead_tasks"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title_says_something"),
        CheckConstraint(f"remind_minutes BETWEEN 0 AND {MAX_REMIND_MINUTES}", name="reminder_is_near"),
        CheckConstraint("(remind_minutes IS NULL) = (remind_at IS NULL)", name="reminder_has_its_time"),
        Index("ix_lead_tasks_lead", "lead_id", "due_at"),
        Index("ix_lead_tasks_property", "property_id", postgresql_where=text("property_id IS NOT NULL")),
        Index(
            "ix_lead_tasks_reminders",
            "remind_at",
            postgresql_where=text(
                "remind_at IS NOT NULL AND reminded_at IS NULL AND done_at IS NULL AND deleted_at IS NULL"
            ),
        ),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    kind: Mapped[TaskKind] = mapped_column(enum_column(TaskKind, "kind_is_known"))
    title: Mapped[str] = mapped_column(String(MAX_TITLE))
    notes: Mapped[str | None] = mapped_column(Text)
    #: The home that is shown, or that the task is about.
    property_id: Mapped[int | None] = mapped_column(ForeignKey("properties.id", ondelete="SET NULL"))
    due_at: Mapped[datetime]
    #: The time between the reminder and the due moment, in minutes; null: no reminder.
    remind_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    remind_at: Mapped[datetime | None]
    #: When a worker claimed the reminder. It is claimed once, so that it is sent at most once.
    reminded_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    #: When it was deleted. It can be restored for :data:`UNDO_FOR`, but is not shown; afterwards it is deleted
    #: permanently.
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def create_task(session: Session, user: User, lead_id: int, fields: Mapping[str, Any]) -> LeadTask:
    """
    Add a task to one of the user's leads.

    Args:
        fields: `kind`, `title`, `notes`, `property_id`, `due_at` (with its zone) and `remind_minutes` of
            :class:`LeadTask`. A reminder whose moment has passed is sent when the task is due.
    Raises:
        NotFoundError: The lead is absent or not the user's.
        InvalidValueError: The home is not on the lead's market, or the moment is too far in the future.
        ConflictError: The lead has :data:`MAX_OPEN_TASKS` open tasks.
    """
    lead = _lead_with_room(session, user, lead_id)
    made = LeadTask(lead_id=lead.id)
    _set(session, made, lead, fields)
    session.add(made)
    session.flush()
    return made


def change_task(session: Session, user: User, task_id: int, changes: Mapping[str, Any]) -> LeadTask:
    """
    Set the given fields of a task; a new moment, or a new lead time of the reminder, arms the reminder again.

    Raises:
        NotFoundError: It is absent, or of somebody else's lead.
        InvalidValueError: As for :func:`create_task`.
    """
    task = owned_task(session, user, task_id, lock=True)
    _set(session, task, session.get_one(Lead, task.lead_id), changes)
    session.flush()
    return task


def finish_task(session: Session, user: User, task_id: int, *, is_done: bool = True) -> LeadTask:
    """
    Mark a task as done, or as open again; a repeated call changes nothing.

    Raises:
        NotFoundError: As for :func:`change_task`.
        ConflictError: It is to be open again, and the lead has :data:`MAX_OPEN_TASKS` open tasks.
    """
    if not is_done:
        return _reopen(session, user, task_id)
    task = owned_task(session, user, task_id, lock=True)
    if task.done_at is None:
        task.done_at = database_now(session)
        session.flush()
    return task


def delete_task(session: Session, user: User, task_id: int) -> None:
    """Delete a task. Raises NotFoundError if it is absent or belongs to somebody else's lead."""
    owned_task(session, user, task_id, lock=True).deleted_at = database_now(session)
    session.flush()


def undo_task_change(session: Session, user: User, task_id: int) -> LeadTask:
    """Undo the deletion of a task, otherwise its completion. Raises as :func:`finish_task`."""
    return _reopen(session, user, task_id, also_deleted=True)


def purge_deleted_tasks(session: Session) -> int:
    """Delete the tasks that were deleted longer than :data:`UNDO_FOR` ago; returns their number."""
    return rows_changed(session.execute(delete(LeadTask).where(LeadTask.deleted_at < func.now() - UNDO_FOR)))


def owned_task(
    session: Session, user: User, task_id: int, *, lock: bool = False, also_deleted: bool = False
) -> LeadTask:
    """One task of one of the user's leads; raises NotFoundError if there is none."""
    query = (
        select(LeadTask).join(Lead, Lead.id == LeadTask.lead_id).where(LeadTask.id == task_id, Lead.owner_id == user.id)
    )
    if not also_deleted:
        query = query.where(LeadTask.deleted_at.is_(None))
    if lock:
        query = query.with_for_update(of=LeadTask).execution_options(populate_existing=True)
    task = session.scalar(query)
    if task is None:
        raise NotFoundError("task")
    return task


def tasks_of_lead(session: Session, user: User, lead_id: int) -> Select[LeadTask]:
    """Select the tasks of one of the user's leads: open ones by due time, then the latest completed ones."""
    lead = owned_lead(session, user, lead_id)
    return select(LeadTask).where(LeadTask.lead_id == lead.id, LeadTask.deleted_at.is_(None)).order_by(*_OPEN_FIRST)


def tasks_of(user: User, *, open_only: bool = False) -> Select[LeadTask]:
    """Select the tasks of all leads of a user: open ones by due time, then the latest completed ones."""
    query = select(LeadTask).join(Lead, Lead.id == LeadTask.lead_id)
    query = query.where(Lead.owner_id == user.id, LeadTask.deleted_at.is_(None))
    if open_only:
        query = query.where(LeadTask.done_at.is_(None), Lead.status == Status.ACTIVE)
    return query.order_by(*_OPEN_FIRST)


def leads_of_tasks(session: Session, tasks: Sequence[LeadTask]) -> dict[int, Lead]:
    """Lead id -> the lead, of all of these tasks."""
    ids = {task.lead_id for task in tasks}
    return {lead.id: lead for lead in session.scalars(select(Lead).where(Lead.id.in_(ids)))}


def count_open(session: Session, lead_id: int) -> int:
    """The number of a lead's open tasks."""
    query = select(func.count()).select_from(LeadTask)
    is_open = (LeadTask.lead_id == lead_id, LeadTask.done_at.is_(None), LeadTask.deleted_at.is_(None))
    return session.scalar(query.where(*is_open)) or 0


def erase_tasks(session: Session, user: User) -> None:
    """Delete the tasks of all leads of a user."""
    lead_ids = select(Lead.id).where(Lead.owner_id == user.id)
    session.execute(delete(LeadTask).where(LeadTask.lead_id.in_(lead_ids)))


#: Null sorts last, so open tasks, whose key is their due moment, come before completed ones.
_OPEN_FIRST = (
    LeadTask.done_at.is_not(None),
    LeadTask.done_at.desc(),
    LeadTask.due_at,
    LeadTask.id,
)


def _reopen(session: Session, user: User, task_id: int, *, also_deleted: bool = False) -> LeadTask:
    """Undo the deletion of a task if *also_deleted*, otherwise its completion; see :func:`finish_task`."""
    task = owned_task(session, user, task_id, also_deleted=also_deleted)
    if task.deleted_at is None and task.done_at is None:
        return task
    if task.deleted_at is None or task.done_at is None:  # it will be open
        _lead_with_room(session, user, task.lead_id)
    task = owned_task(session, user, task_id, lock=True, also_deleted=also_deleted)
    if task.deleted_at is not None:
        task.deleted_at = None
    else:
        task.done_at = None
    session.flush()
    return task


def _lead_with_room(session: Session, user: User, lead_id: int) -> Lead:
    """One of the user's leads, locked, which may have another open task; raises as :func:`create_task`."""
    lead = owned_lead(session, user, lead_id, lock=True)
    if count_open(session, lead.id) >= MAX_OPEN_TASKS:
        raise ConflictError("task.too_many")
    return lead


def _set(session: Session, task: LeadTask, lead: Lead, fields: Mapping[str, Any]) -> None:
    now = database_now(session)
    due = fields.get("due_at")
    if due is not None and not now - MAX_AHEAD < due < now + MAX_AHEAD:
        raise InvalidValueError("due_at", "task.too_far")
    property_id = fields.get("property_id")
    if property_id is not None and property_id != task.property_id and not _is_offered(session, lead, property_id):
        raise InvalidValueError("property_id", "task.home_not_offered")
    before = (task.due_at, task.remind_minutes)
    for name, value in fields.items():
        setattr(task, name, value)
    if (task.due_at, task.remind_minutes) != before:
        task.remind_at = _moment_of_reminder(task, now)
        task.reminded_at = None
        if task.remind_at is None:
            task.remind_minutes = None


def _moment_of_reminder(task: LeadTask, now: datetime) -> datetime | None:
    """When the owner should be reminded; None if that moment has passed."""
    if task.remind_minutes is None or task.due_at <= now:
        return None
    moment = task.due_at - timedelta(minutes=task.remind_minutes)
    return moment if moment > now else task.due_at


def _is_offered(session: Session, lead: Lead, property_id: int) -> bool:
    query = (
        select(Property.id)
        .join(User, on_any_market())
        .where(Property.id == property_id, Property.city_key == lead.city_key, Property.deal_type == lead.deal_type)
    )
    return session.scalar(query) is not None
