"""Logging of web, workers and beat: JSON in production, readable text elsewhere.

All code logs through the standard library: ``log.info("shard_failed", extra={"shard_id": 7})``. The message is a
constant event name, the facts are fields. Facts bound to the context (request, task, run) are added to every line.

Logs hold no personal data: facts are ids, names of kinds and numbers. The details and parameters that database errors
quote could hold personal data and are removed here.
"""

import contextlib
import contextvars
import logging.config
import re
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

#: Facts that a request passes on to its tasks, and a task to further ones.
INHERITED = ("request_id", "run_id")

#: Libraries whose INFO messages are of no use here.
QUIET = {
    "httpx": "WARNING",
    "httpcore": "WARNING",
    "kombu": "WARNING",
    "redbeat": "WARNING",
    # Lines for a task's start and end; one line of worker.celery_app.task_signals covers both.
    "celery.worker.strategy": "WARNING",
    "celery.app.trace": "WARNING",
}

#: Quoted data may contain line breaks: it extends to the next part of the error or of the traceback.
_QUOTED_DATA = re.compile(
    r"^(DETAIL:|\[parameters:|\[SQL:[^\n]*\[parameters:).*?"
    r"(?=^(HINT:|CONTEXT:|\[SQL:|\(Background on|The above exception|During handling|Traceback)|\Z)",
    re.MULTILINE | re.DOTALL,
)


def configuration(environment: str, level: str, *, buffered: bool = False) -> dict[str, Any]:
    """
    Return the argument of :func:`logging.config.dictConfig`: all loggers write to standard error in one format.

    Args:
        buffered: Lines may wait a tenth of a second for others; for processes that write hundreds of lines a second.
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
                "class": "models.platform.log_lines.BufferedHandler" if buffered else "logging.StreamHandler",
                "formatter": "ours",
            }
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            # Servers with handlers of their own pass their lines to ours instead.
            **{name: {"handlers": [], "propagate": True} for name in ("gunicorn.error", "celery", "celery.task")},
            **{name: {"level": quiet} for name, quiet in QUIET.items()},
        },
    }


def configure(environment: str, level: str, *, buffered: bool = False) -> None:
    """Set up this process's logging."""
    logging.config.dictConfig(configuration(environment, level, buffered=buffered))


def stamped(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Add the time of the event; structlog's own TimeStamper adds the time of formatting, which may be later."""
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
    Remove the data that database errors quote from an exception's text.

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
    """Add *facts* to every line logged within; facts that are None are left out."""
    with structlog.contextvars.bound_contextvars(**{name: fact for name, fact in facts.items() if fact is not None}):
        yield


def begin(**facts: Any) -> Mapping[str, contextvars.Token]:
    """Replace the facts bound in this thread by *facts*, at the beginning of a request or a task."""
    structlog.contextvars.clear_contextvars()
    return structlog.contextvars.bind_contextvars(**{name: fact for name, fact in facts.items() if fact is not None})


def begin_more(**facts: Any) -> None:
    """Add *facts* to all further lines of the current request or task."""
    structlog.contextvars.bind_contextvars(**facts)


def inherited_facts() -> dict[str, Any]:
    """Return the bound facts that a task inherits: its request and its run."""
    facts = structlog.contextvars.get_contextvars()
    return {name: facts[name] for name in INHERITED if name in facts}
