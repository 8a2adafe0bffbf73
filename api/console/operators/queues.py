"""Task queues: waiting, running and failed tasks; and rows on which the engine fails."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response, render_template
from redis.exceptions import RedisError

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, page_blueprint, wants_part
from api.http.db import after_commit, session
from api.http.services import services
from models.accounts import audit
from models.core.enums import ENGINE_ROLES, Side
from models.core.errors import BusyError, NotFoundError
from models.market.unscorable import UnscorableEntity, get_quarantined, quarantined, release
from models.rescoring.attempts import end_attempts
from worker.queue.messages import Message

blp = page_blueprint("queues")

for_operators = page_for(*ENGINE_ROLES)

#: The number of rows shown in each table; further rows are only counted.
SHOWN = 30
MAX_QUARANTINED = 100


@dataclass(frozen=True)
class Figures:
    """The results of one task's executions so far."""

    task: str
    succeeded: int
    failed: int
    mean_seconds: float


@blp.get("/console/queues")
@for_operators
def queues() -> str:
    """Waiting and failed tasks; a script refreshes them every two seconds."""
    shown: dict[str, Any] = {"is_away": False}
    try:
        shown |= _broker()
    except (RedisError, OSError):
        shown["is_away"] = True
    shown["quarantined"] = session().scalars(quarantined().limit(MAX_QUARANTINED)).all()
    name = "console/operators/queues_part.html" if wants_part() else "console/operators/queues.html"
    return render_template(name, at=_moment, **shown)


@blp.post("/console/queues/failures/<task_id>/retry")
@for_operators
def retry_task(task_id: str) -> Response:
    """Send a failed task again, with its arguments."""
    try:
        failed = services().worker.retry(task_id)
    except (RedisError, OSError):
        raise BusyError("broker.away", 5) from None
    if failed is None:
        raise NotFoundError("task")
    _note("task_retried", "tasks", failed.task)
    return back("/console/queues", "sent")


@blp.post("/console/queues/quarantined/<side>/<int:row_id>/retry")
@for_operators
def retry_row(side: str, row_id: int) -> Response:
    """Retry a lead or property on which the engine has failed."""
    if side not in list(Side):
        raise NotFoundError("row")
    quarantined: UnscorableEntity = get_quarantined(session(), Side(side), row_id)
    release(session(), quarantined.side, [row_id])
    end_attempts(session(), quarantined.side, [row_id])
    _note("row_retried", "leads" if quarantined.side is Side.LEAD else "properties", row_id)
    worker = services().worker
    changed = worker.lead_changed if quarantined.side is Side.LEAD else worker.property_changed
    after_commit(lambda: changed(row_id))
    return back("/console/queues", "sent")


def _broker() -> dict[str, Any]:
    worker = services().worker
    waiting = []
    for queue in worker.queues():
        messages = worker.waiting(queue.name, 1000)
        waiting.append((queue, messages[:SHOWN], _by_task(messages)))
    figures: dict[str, list[float]] = {}
    for times in worker.task_times():
        entry = figures.setdefault(times.task, [0, 0, 0.0, 0])
        entry[0 if times.outcome == "success" else 1] += times.count if times.outcome in ("success", "failure") else 0
        entry[2] += times.seconds
        entry[3] += times.count
    unacknowledged = worker.unacknowledged(1000)
    return {
        "waiting": waiting,
        "taken": unacknowledged[:SHOWN],
        "taken_count": len(unacknowledged),
        "failures": worker.failures(),
        "figures": [
            Figures(task, int(done), int(failed), seconds / count if count else 0)
            for task, (done, failed, seconds, count) in sorted(figures.items())
        ],
    }


def _by_task(messages: list[Message]) -> list[tuple[str, int]]:
    """(task, number waiting), the largest first."""
    return Counter(message.task for message in messages).most_common()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _note(action: str, table: str, row: object) -> None:
    audit.record(session(), action, actor_id=visitor().id, table_name=table, row_id=str(row)[:50])
