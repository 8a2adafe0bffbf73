"""Log lines: JSON in production, for people elsewhere. The same for web, workers and beat.

Everybody logs through the standard library: ``log.info("shard_failed", extra={"shard_id": 7})``. The message
is a constant name of what happened, the facts are fields. What was bound to the context (request, task, run)
stands in every line written within.

No personal data: facts are ids, names of kinds and numbers. Two things would carry it in all the same and are
cut out here, the details and the parameters that database errors quote.
"""

import contextlib
import contextvars
import logging.config
import re
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

#: What a request hands on to the tasks that it asks for, and a task to further ones.
HANDED_ON = ("request_id", "run_id")

#: Libraries whose INFO says nothing about us.
QUIET = {
    "httpx": "WARNING",
    "httpcore": "WARNING",
    "kombu": "WARNING",
    "redbeat": "WARNING",
    # A line for a task's coming and one for its end; ours (worker.celery_app.task_signals) says both.
    "celery.worker.strategy": "WARNING",
    "celery.app.trace": "WARNING",
}

#: What is quoted may have line breaks of its own: it goes on up to the next part of the error or of the traceback.
_QUOTED_DATA = re.compile(
    r"^(DETAIL:|\[parameters:|\[SQL:[^\n]*\[parameters:).*?"
    r"(?=^(HINT:|CONTEXT:|\[SQL:|\(Background on|The above exception|During handling|Traceback)|\Z)",
    re.MULTILINE | re.DOTALL,
)


def configuration(environment: str, level: str, *, unhurried: bool = False) -> dict[str, Any]:
    """
    How :func:`logging.config.dictConfig` sets up a process: everything to standard error, in one form.

    Args:
        unhurried: Lines may wait a tenth of a second for others; for processes that write hundreds a second.
    """
    as_json = environment == "production"
    as_text = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "ours": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.ExtraAdder(),
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    stamped,
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_quoted_data,
                    as_text,
                ],
            }
        },
        "handlers": {
            "stderr": {
                "class": "models.platform.log_lines.Unhurried" if unhurried else "logging.StreamHandler",
                "formatter": "ours",
            }
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            # Servers that bring handlers of their own hand their lines to ours.
            **{name: {"handlers": [], "propagate": True} for name in ("gunicorn.error", "celery", "celery.task")},
            **{name: {"level": quiet} for name, quiet in QUIET.items()},
        },
    }


def configure(environment: str, level: str, *, unhurried: bool = False) -> None:
    """Set up this process's logging."""
    logging.config.dictConfig(configuration(environment, level, unhurried=unhurried))


def stamped(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """When it happened; structlog's own TimeStamper tells when the line is put into words, which may be later."""
    line["timestamp"] = moment(line["_record"].created)
    return line


def moment(seconds: float) -> str:
    """
    >>> moment(1764460800.25)
    '2025-11-30T00:00:00.250000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def without_quoted_data(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """
    Cut out of an exception's text what a database error quotes of its data.

    >>> line = {"exception": "duplicate key\\nDETAIL:  Key (phone)=(+77010000000) already exists."}
    >>> without_quoted_data(None, "", line)
    {'exception': 'duplicate key\\n(data cut out)'}
    """
    for name in ("exception", "reason"):
        if isinstance(line.get(name), str):
            line[name] = _QUOTED_DATA.sub("(data cut out)\n", line[name]).removesuffix("\n")
    return line


@contextlib.contextmanager
def bound(**facts: Any) -> Iterator[None]:
    """Put *facts* into every line logged within. Those that are None are left out."""
    with structlog.contextvars.bound_contextvars(**{name: fact for name, fact in facts.items() if fact is not None}):
        yield


def begin(**facts: Any) -> Mapping[str, contextvars.Token]:
    """Forget what was bound in this thread and bind *facts*: the beginning of a request or a task."""
    structlog.contextvars.clear_contextvars()
    return structlog.contextvars.bind_contextvars(**{name: fact for name, fact in facts.items() if fact is not None})


def begin_more(**facts: Any) -> None:
    """Put further *facts* into the lines of the request or task that is going on."""
    structlog.contextvars.bind_contextvars(**facts)


def handed_on() -> dict[str, Any]:
    """The bound facts that go with a task: whose request and which run it is part of."""
    facts = structlog.contextvars.get_contextvars()
    return {name: facts[name] for name in HANDED_ON if name in facts}
