"""Reading `celerybeat-schedule`, the text file in crontab format that operators edit.

A line contains five cron fields (minute, hour, day of month, month, day of week; UTC), a task name and, optionally, the
task's arguments as a JSON object. `#` begins a comment; empty lines are ignored. A task's former name is read as its
present one.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery.schedules import ParseException, crontab

from models.core.errors import SettingsError
from models.platform.checkout import checkout
from worker.queue.routing import FORMER_NAMES

#: The schedule file, beside the packages or in the directory where commands run.
SCHEDULE_FILE = checkout() / "celerybeat-schedule"

CRON_FIELDS = 5


class ScheduleError(SettingsError):
    """The schedule file cannot be used; the message names the line."""


@dataclass(frozen=True)
class Entry:
    """One line of the schedule."""

    line: int
    when: str
    task: str
    arguments: dict[str, Any]

    @property
    def crontab(self) -> crontab:
        minute, hour, day, month, weekday = self.when.split()
        return crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday)


def read_schedule(path: Path) -> list[Entry]:
    """
    The entries of the file at *path*, in its order.

    Raises:
        ScheduleError: The file does not exist, or a line is invalid.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScheduleError(f"{path.name} cannot be read: {error}") from None
    return parse_schedule(text, path.name)


def parse_schedule(text: str, name: str = "celerybeat-schedule") -> list[Entry]:
    """
    The entries in the text of a schedule file called *name*; raises ScheduleError.

    >>> parse_schedule('5 4 * * mon  worker.tasks.sweep  {}  # weekly')[0].when
    '5 4 * * mon'
    >>> parse_schedule('61 * * * *  worker.tasks.sweep')
    Traceback (most recent call last):
    worker.queue.schedule.ScheduleError: celerybeat-schedule, line 1: Invalid end range: 61 > 59.
    """
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = _without_comment(line).strip()
        if content:
            try:
                entries.append(_entry(number, content))
            except ValueError as error:  # ParseException and JSONDecodeError are subclasses
                raise ScheduleError(f"{name}, line {number}: {error}") from None
    return entries


def beat_schedule(entries: list[Entry]) -> dict[str, dict[str, Any]]:
    """
    The entries as Celery's `beat_schedule`. An entry's name is its line's content, so an edited line is a new entry.
    """
    return {
        f"{entry.when} {entry.task} {json.dumps(entry.arguments, sort_keys=True)}": {
            "task": entry.task,
            "schedule": entry.crontab,
            "kwargs": entry.arguments,
        }
        for entry in entries
    }


def _entry(number: int, content: str) -> Entry:
    parts = content.split(maxsplit=CRON_FIELDS + 1)
    if len(parts) <= CRON_FIELDS:
        raise ValueError("five cron fields and a task name are needed")
    arguments = json.loads(parts[CRON_FIELDS + 1]) if len(parts) > CRON_FIELDS + 1 else {}
    if not isinstance(arguments, dict):
        raise ValueError('the arguments must be a JSON object, such as {"city": "Москва"}')
    task = FORMER_NAMES.get(parts[CRON_FIELDS], parts[CRON_FIELDS])
    entry = Entry(number, " ".join(parts[:CRON_FIELDS]), task, arguments)
    if not entry.task.startswith("worker."):
        raise ValueError(f"{entry.task!r} is no task; task names begin with worker.")
    try:
        entry.crontab  # noqa: B018 - built to be checked
    except ParseException as error:
        raise ValueError(str(error)) from None
    return entry


def _without_comment(line: str) -> str:
    """The line up to a `#` outside a JSON string."""
    quoted = escaped = False
    for position, character in enumerate(line):
        if character == "#" and not quoted:
            return line[:position]
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = character == "\\" and not escaped
    return line
