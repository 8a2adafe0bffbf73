"""The schedule's lines: due times, last results, and a button that runs one now."""

import json
from datetime import UTC, datetime
from typing import Any

from flask import Response, render_template, request
from redis.exceptions import RedisError

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, page_blueprint, wants_part
from api.http.db import session
from api.http.services import services
from api.ops.pressure import refuse_while_queues_are_deep
from models.accounts import audit
from models.core.base import utc_now
from models.core.enums import ENGINE_ROLES
from models.core.errors import BusyError, NotFoundError, SettingsError
from worker.queue.schedule import Entry
from worker.queue.task_results import TaskResult, line_key

blp = page_blueprint("schedule")

for_operators = page_for(*ENGINE_ROLES)

NEXT_TIMES = 2


@blp.get("/console/schedule")
@for_operators
def schedule() -> str:
    """The schedule's lines; a script refreshes their last results every two seconds."""
    error, entries, results = None, [], _last_results()
    try:
        entries = services().worker.schedule(utc_now(), NEXT_TIMES)
    except SettingsError as bad:
        error = str(bad)
    name = "console/operators/schedule_part.html" if wants_part() else "console/operators/schedule.html"
    return render_template(
        name,
        lines=[
            (entry, times, key := line_key(entry.task, entry.arguments), results.get(key)) for entry, times in entries
        ],
        error=error,
        as_json=_as_json,
        at=lambda seconds: datetime.fromtimestamp(seconds, UTC),
    )


@blp.post("/console/schedule/run")
@for_operators
def run_now() -> Response:
    """Run one line of the schedule now; its regular times do not change."""
    refuse_while_queues_are_deep()
    key = request.form.get("line", "")
    entry = next((each for each in _entries() if line_key(each.task, each.arguments) == key), None)
    if entry is None:
        raise NotFoundError("schedule line")
    if not services().worker.run_now(entry):
        raise BusyError("broker.away", 5)
    audit.record(session(), "schedule_line_run", actor_id=visitor().id, table_name="tasks", row_id=entry.task[:50])
    return back("/console/schedule", "sent")


def _entries() -> list[Entry]:
    """The schedule's lines; none if its file is invalid, as the page then shows."""
    try:
        return [entry for entry, _ in services().worker.schedule(utc_now(), 1)]
    except SettingsError:
        return []


def _last_results() -> dict[str, TaskResult]:
    """The last results of the lines; empty while Redis is unavailable."""
    try:
        return services().worker.last_results()
    except (RedisError, OSError):
        return {}


def _as_json(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False) if arguments else ""
