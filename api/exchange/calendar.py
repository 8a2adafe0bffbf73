"""The calendar of my tasks for calendar programs: its secret address, and the calendar itself (RFC 5545)."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, for_roles, public
from api.http.blueprint import Blueprint, Body, StatusOk
from api.http.db import only_reads, session
from api.http.services import services
from models.accounts.users import User
from models.agenda.calendar import CalendarTask, open_tasks
from models.agenda.settings import calendar_token, close_calendar, owner_of_calendar, renew_calendar
from models.core.enums import SUPPLY_ROLES
from models.translations.catalogue import LANGUAGES, translate_word
from models.translations.notifications import DEFAULT_LANGUAGE

blp = Blueprint("calendar", __name__, description="My tasks as a calendar")

for_owners = for_roles(*SUPPLY_ROLES)

ICS = "text/calendar"


class CalendarOut(Body):
    address = fields.String(
        allow_none=True,
        metadata={
            "description": "For calendar programs: anybody who knows it sees my open tasks. Null: there is none."
        },
    )


@blp.route("/calendar")
class MyCalendar(MethodView):
    """The address of my calendar."""

    @for_owners
    @only_reads
    @blp.response(200, CalendarOut)
    def get(self) -> dict[str, Any]:
        """Read the address of my calendar

        Anybody who knows it can see my open tasks.
        """
        return {"address": address_of(calendar_token(session(), current_user()))}

    @for_owners
    @blp.response(200, CalendarOut)
    def post(self) -> dict[str, Any]:
        """Give my calendar a new address

        The first call creates the calendar; later calls revoke the address before.
        """
        return {"address": address_of(renew_calendar(session(), current_user()))}

    @for_owners
    @blp.response(200, StatusOk)
    def delete(self) -> dict[str, str]:
        """Revoke the address of my calendar

        It answers 404 from then on.
        """
        close_calendar(session(), current_user())
        return {"status": "ok"}


@blp.route("/calendars/<name>")
class CalendarOfTasks(MethodView):
    """A user's open tasks as a calendar."""

    @public
    @only_reads
    @blp.response(200, {"type": "string"}, content_type=ICS, description="iCalendar")
    @blp.alt_response(404, description="There is no such address.")
    def get(self, name: str) -> Response:
        """Read a user's open tasks as a calendar

        For calendar programs that were given the address. It holds no names or contacts of clients.
        """
        owner = owner_of_calendar(session(), name.removesuffix(".ics"))
        response = Response(calendar_of(owner, open_tasks(session(), owner)), mimetype=ICS)
        response.headers["Cache-Control"] = "private, max-age=300"
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def address_of(token: str | None) -> str | None:
    """The absolute URL of a calendar."""
    return f"{services().settings.public_url}/calendars/{token}.ics" if token else None


def calendar_of(owner: User, tasks: list[CalendarTask]) -> bytes:
    """Tasks in the form of RFC 5545; tasks with a reminder get an alarm."""
    from icalendar import Alarm, Calendar, Event  # imported late: 80 modules, and most processes never write a calendar

    language = owner.language if owner.language in LANGUAGES else DEFAULT_LANGUAGE
    calendar = Calendar()
    calendar.add("prodid", "-//Leadmatch//Tasks//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Leadmatch")
    calendar.add("method", "PUBLISH")
    for task in tasks:
        event = Event()
        event.add("uid", f"task-{task.id}@leadmatch")
        event.add("dtstamp", task.updated_at)
        event.add("dtstart", task.due_at)
        event.add("dtend", task.ends_at)
        event.add("summary", f"{translate_word(language, f'task {task.kind}')}: {task.title}")
        event.add("url", f"{services().settings.public_url}/console/leads/{task.lead_id}/tasks")
        if task.place:
            event.add("location", task.place)
        if task.remind_before is not None:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", task.title)
            alarm.add("trigger", -task.remind_before)
            event.add_component(alarm)
        calendar.add_component(event)
    return calendar.to_ical()
