"""Tasks and showings: of one lead, of all leads, editing one; the calendar's address, the time zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify, render_template, request

from api.console.kit import form_keys
from api.console.kit.access import page_for, visitor
from api.console.kit.forms import check_complete, pressed_button
from api.console.kit.i18n import OUTCOMES, translate, translate_error
from api.console.kit.pages import back, listed, page_blueprint, wants_json
from api.console.kit.row_ids import id_in
from api.console.kit.unread import read_news
from api.exchange.calendar import address_of
from api.http.db import session
from models.accounts.notifications import NotificationType
from models.agenda.history import homes_of_lead
from models.agenda.settings import (
    AgendaSettings,
    calendar_token,
    close_calendar,
    renew_calendar,
    set_zone,
    zone_of,
)
from models.agenda.tasks import (
    MAX_NOTES,
    MAX_TITLE,
    LeadTask,
    TaskKind,
    change_task,
    create_task,
    delete_task,
    finish_task,
    leads_of_tasks,
    owned_task,
    tasks_of,
    tasks_of_lead,
)
from models.core.base import database_now
from models.core.enums import SUPPLY_ROLES
from models.core.errors import InvalidValueError
from models.market.leads import Lead, owned_lead

blp = page_blueprint("tasks")

for_realtors = page_for(*SUPPLY_ROLES)

PER_PAGE = 50
#: Minutes before a task -> the label of the choice; the first is no reminder.
REMINDERS = {
    "": "no reminder",
    "0": "when it is due",
    "15": "15 minutes before",
    "60": "an hour before",
    "180": "three hours before",
    "1440": "a day before",
}
USUAL_REMINDER = "60"
#: Time zones that a realtor may choose among, from the west to the east.
ZONES = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Almaty", "Asia/Tashkent",
    "Asia/Bishkek", "Asia/Omsk", "Asia/Novosibirsk", "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk",
    "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka", "Europe/Minsk", "Asia/Tbilisi", "Asia/Dubai",
    "Europe/Istanbul",
)  # fmt: skip


@blp.get("/console/tasks")
@for_realtors
def all_tasks() -> str:
    """Open tasks by due time; with `?show=done`, the latest completed ones."""
    show_done = request.args.get("show") == "done"
    rows, pager = listed(tasks_of(visitor(), open_only=not show_done), PER_PAGE)
    zone = zone_of(session(), visitor())
    read_news(NotificationType.TASK_DUE)
    return render_template(
        "console/realtors/tasks.html",
        groups=[("All", rows)] if show_done else _groups(rows, zone),
        leads=leads_of_tasks(session(), rows),
        show_done=show_done,
        zone=zone.key,
        zones=[*ZONES, *({zone.key} - set(ZONES))],
        calendar=address_of(calendar_token(session(), visitor())),
        **pager,
    )


@blp.route("/console/leads/<int:lead_id>/tasks", methods=["GET", "POST"])
@for_realtors
def lead_tasks(lead_id: int) -> Response | str | tuple[str, int]:
    """The tasks of a lead, and the form of a new one."""
    lead = owned_lead(session(), visitor(), lead_id)
    if request.method == "GET":
        read_news(NotificationType.TASK_DUE, lead_id=[lead.id])
        return _lead_page(lead)
    try:
        fields = _read()
        form_keys.refuse_saved_form("title")
        create_task(session(), visitor(), lead_id, fields)
    except InvalidValueError as error:
        return _lead_page(lead, error), 400
    return back(f"/console/leads/{lead_id}/tasks", "task_made")


@blp.route("/console/tasks/<int:task_id>", methods=["GET", "POST"])
@for_realtors
def task_page(task_id: int) -> Response | str | tuple[str, int]:
    """Edit one task."""
    task = owned_task(session(), visitor(), task_id)
    lead = owned_lead(session(), visitor(), task.lead_id)
    if request.method == "GET":
        return _task_page(task, lead)
    check_complete("kind", "title", "notes", "due", "remind", "property_id")
    try:
        change_task(session(), visitor(), task_id, _read())
    except InvalidValueError as error:
        return _task_page(task, lead, error), 400
    return back(f"/console/leads/{task.lead_id}/tasks", "saved")


@blp.post("/console/tasks/<int:task_id>/done")
@for_realtors
def finish(task_id: int) -> Response:
    return _answer(finish_task(session(), visitor(), task_id), "task_done")


@blp.post("/console/tasks/<int:task_id>/delete")
@for_realtors
def delete(task_id: int) -> Response:
    task = owned_task(session(), visitor(), task_id)
    delete_task(session(), visitor(), task_id)
    return _answer(task, "task_deleted")


@blp.post("/console/tasks/zone")
@for_realtors
def choose_zone() -> Response:
    set_zone(session(), visitor(), request.form.get("zone", ""))
    return back("/console/tasks", "changed")


@blp.post("/console/tasks/calendar")
@for_realtors
def calendar() -> Response:
    """Create, replace or revoke the calendar's address."""
    if pressed_button("renew", "end") == "end":
        close_calendar(session(), visitor())
    else:
        renew_calendar(session(), visitor())
    return back("/console/tasks", "changed")


def _answer(task: LeadTask, outcome: str) -> Response:
    undo = f"task-{task.id}"
    if wants_json():
        return jsonify(message=translate(OUTCOMES[outcome]), key=outcome, undo=undo)
    page = "/console/tasks" if request.form.get("from") == "all" else f"/console/leads/{task.lead_id}/tasks"
    return back(page, outcome, undo=undo)


def _read() -> dict[str, Any]:
    """
    The task's fields from the form; its moment is in the visitor's time zone, or in the browser's if none was chosen.

    Raises:
        InvalidValueError: A field cannot be read.
    """
    form = request.form
    kind, title = form.get("kind", ""), _text("title", MAX_TITLE)
    if kind not in list(TaskKind):
        raise InvalidValueError("kind", "task.choose_kind")
    if not title:
        raise InvalidValueError("title", "task.no_title")
    remind, home = form.get("remind", ""), form.get("property_id", "")
    property_id = id_in(home)
    if remind not in REMINDERS:
        raise InvalidValueError("remind", "task.choose_reminder")
    if home and property_id is None:
        raise InvalidValueError("property_id", "task.home_not_offered")
    _adopt_zone(form.get("zone", ""))
    return {
        "kind": TaskKind(kind),
        "title": title,
        "notes": _text("notes", MAX_NOTES) or None,
        "property_id": property_id,
        "due_at": _moment(form.get("due", "")),
        "remind_minutes": int(remind) if remind else None,
    }


def _moment(text: str) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValueError("due", "task.no_moment") from None
    return local if local.tzinfo else local.replace(tzinfo=zone_of(session(), visitor()))


def _adopt_zone(name: str) -> None:
    """Store the browser's time zone if the visitor has chosen none."""
    if name and not _has_chosen_zone():
        try:
            set_zone(session(), visitor(), name)
        except InvalidValueError:
            return  # not a zone of the database: the most likely one remains


def _has_chosen_zone() -> bool:
    settings = session().get(AgendaSettings, visitor().id)
    return visitor().time_zone is not None or settings is not None and settings.time_zone is not None


def _text(name: str, longest: int) -> str:
    text = request.form.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > longest:
        raise InvalidValueError(name, "text.too_long", max=longest)
    return text


def _lead_page(lead: Lead, error: InvalidValueError | None = None) -> str:
    rows, pager = listed(tasks_of_lead(session(), visitor(), lead.id), PER_PAGE)
    filled = request.form if error else {"kind": "SHOWING", "remind": USUAL_REMINDER}
    return render_template(
        "console/realtors/lead_tasks.html",
        lead=lead,
        tasks=rows,
        now=database_now(session()),
        **_form_of(lead, filled, error),
        **pager,
    )


def _task_page(task: LeadTask, lead: Lead, error: InvalidValueError | None = None) -> str:
    local = task.due_at.astimezone(zone_of(session(), visitor()))
    stored = {
        "kind": task.kind.value,
        "title": task.title,
        "notes": task.notes or "",
        "due": f"{local:%Y-%m-%dT%H:%M}",
        "property_id": str(task.property_id or ""),
        "remind": "" if task.remind_minutes is None else str(task.remind_minutes),
    }
    filled = request.form if error else stored
    return render_template("console/realtors/task.html", task=task, lead=lead, **_form_of(lead, filled, error))


def _form_of(lead: Lead, filled: Any, error: InvalidValueError | None) -> dict[str, Any]:
    """The form of a task; the homes are those that the realtor has acted on for the lead."""
    return {
        "filled": filled,
        "error": error,
        "error_words": translate_error,
        "kinds": list(TaskKind),
        "reminders": REMINDERS,
        "homes": homes_of_lead(session(), lead),
        "zone": zone_of(session(), visitor()).key,
        "zone_is_chosen": _has_chosen_zone(),
    }


def _groups(rows: list[LeadTask], zone: ZoneInfo) -> list[tuple[str, list[LeadTask]]]:
    """Open tasks grouped by when they are due, in words, without empty groups."""
    now = database_now(session())
    today = now.astimezone(zone).date()
    groups: dict[str, list[LeadTask]] = {"Overdue": [], "Today": [], "Later": []}
    for row in rows:
        day = row.due_at.astimezone(zone).date()
        groups["Overdue" if row.due_at < now else "Today" if day == today else "Later"].append(row)
    return [(name, listed_rows) for name, listed_rows in groups.items() if listed_rows]
