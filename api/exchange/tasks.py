"""Tasks and showings of leads."""

from datetime import UTC
from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, PageArgs, StatusOk, one_of, shown_word
from api.http.db import only_reads, session
from api.http.fields import IdText, Moment, Text, Whole
from api.http.paging import page_of
from models.agenda.tasks import (
    MAX_NOTES,
    MAX_REMIND_MINUTES,
    MAX_TITLE,
    LeadTask,
    TaskKind,
    change_task,
    create_task,
    delete_task,
    finish_task,
    owned_task,
    tasks_of,
    tasks_of_lead,
)
from models.core.enums import SUPPLY_ROLES

blp = Blueprint("tasks", __name__, description="Tasks and showings of leads, with reminders")

for_owners = for_roles(*SUPPLY_ROLES)


class GivenMoment(fields.AwareDateTime):
    """A moment with its time zone, ISO 8601; without one it is UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)


class TaskFields(Body):
    """The fields of a task apart from its moment and title."""

    kind = one_of(TaskKind, load_default=TaskKind.TASK)
    notes = Text(MAX_NOTES, empty=True, allow_none=True)
    property_id = IdText(allow_none=True, metadata={"description": "The home to be shown, in the lead's market."})
    remind_minutes = Whole(
        0,
        MAX_REMIND_MINUTES,
        allow_none=True,
        metadata={"description": "Minutes between the reminder and the due time; null: no reminder."},
    )


class TaskBody(TaskFields):
    title = Text(MAX_TITLE, required=True)
    due_at = GivenMoment(required=True)


class TaskChanges(Body):
    kind = one_of(TaskKind)
    title = Text(MAX_TITLE)
    notes = Text(MAX_NOTES, empty=True, allow_none=True)
    property_id = IdText(allow_none=True)
    due_at = GivenMoment()
    remind_minutes = Whole(0, MAX_REMIND_MINUTES, allow_none=True)
    is_done = fields.Boolean(metadata={"description": "True: done; false: open again."})


class TaskRow(Body):
    id = IdText()
    lead_id = IdText()
    kind = shown_word(TaskKind)
    title = fields.String()
    notes = fields.String(allow_none=True)
    property_id = IdText(allow_none=True)
    due_at = Moment()
    remind_minutes = fields.Integer(allow_none=True)
    is_done = fields.Boolean()
    done_at = Moment(allow_none=True)
    created_at = Moment()


class TaskRows(Body):
    tasks = fields.List(fields.Nested(TaskRow))
    total = fields.Integer()
    page = fields.Integer()


class TaskArgs(PageArgs):
    open = fields.Boolean(load_default=False, metadata={"description": "Only open ones, of leads on the market."})


@blp.route("/leads/<int:lead_id>/tasks")
class TasksOfLead(MethodView):
    """The tasks of one of my leads."""

    @for_owners
    @blp.arguments(TaskBody)
    @blp.response(201, TaskRow)
    @blp.alt_response(409, description="The lead has the maximum number of open tasks.")
    def post(self, body: dict[str, Any], lead_id: int) -> Any:
        """Add a task or a showing to a lead

        One reminder is sent `remind_minutes` before it is due; if that moment has passed, it is sent when the task is
        due.
        """
        made = create_task(session(), current_user(), lead_id, body)
        session().refresh(made)
        return shown_task(made)

    @for_owners
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, TaskRows)
    def get(self, args: dict[str, Any], lead_id: int) -> Any:
        """List the tasks of a lead

        Open tasks by due time, then the latest completed ones.
        """
        rows, total = page_of(tasks_of_lead(session(), current_user(), lead_id), args)
        return {"tasks": [shown_task(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/tasks")
class Tasks(MethodView):
    """The tasks of all my leads."""

    @for_owners
    @only_reads
    @blp.arguments(TaskArgs, location="query")
    @blp.response(200, TaskRows)
    def get(self, args: dict[str, Any]) -> Any:
        """List the tasks of all my leads

        Open tasks by due time, then the latest completed ones.
        """
        rows, total = page_of(tasks_of(current_user(), open_only=args["open"]), args)
        return {"tasks": [shown_task(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/tasks/<int:task_id>")
class TaskById(MethodView):
    """One task."""

    @for_owners
    @only_reads
    @blp.response(200, TaskRow)
    def get(self, task_id: int) -> Any:
        """Read a task

        Of one of my leads, open or completed.
        """
        return shown_task(owned_task(session(), current_user(), task_id))

    @for_owners
    @blp.arguments(TaskChanges)
    @blp.response(200, TaskRow)
    @blp.alt_response(409, description="It would be open again, and the lead has the maximum number of open tasks.")
    def patch(self, body: dict[str, Any], task_id: int) -> Any:
        """Change a task

        Changes only the given fields. A new moment, or a new `remind_minutes`, arms the reminder again.
        """
        is_done = body.pop("is_done", None)
        task = change_task(session(), current_user(), task_id, body)
        if is_done is not None:
            task = finish_task(session(), current_user(), task_id, is_done=is_done)
        session().refresh(task)
        return shown_task(task)

    @for_owners
    @blp.response(200, StatusOk)
    def delete(self, task_id: int) -> Any:
        """Delete a task

        It leaves no trace in the lead's history; mark a task as done instead to keep it there.
        """
        delete_task(session(), current_user(), task_id)
        return {"status": "ok"}


def shown_task(task: LeadTask) -> dict[str, Any]:
    """A task as its owner sees it."""
    names = (
        "id",
        "lead_id",
        "kind",
        "title",
        "notes",
        "property_id",
        "due_at",
        "remind_minutes",
        "done_at",
        "created_at",
    )
    return {name: getattr(task, name) for name in names} | {"is_done": task.done_at is not None}
