"""Statements that PostgreSQL plans once per connection instead of every time.

Planning a join of five tables by their keys takes longer than executing it. psycopg2 never prepares statements; here,
statements with ``execution_options(prepared=True)`` are prepared at their first use on a connection and then executed
by name. This suits statements with a constant text whose best plan does not depend on the values.

A prepared statement lives as long as its connection, so PgBouncer needs session mode. PostgreSQL replans it when one of
its tables changes, and refuses it when the types of its result columns change: an upgrade in two steps never changes
them under running code.
"""

import re
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExecutionContext

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def watch(engine: Engine) -> None:
    """Make *engine* prepare the statements that have the option."""
    event.listen(engine, "before_cursor_execute", _by_name, retval=True)
    event.listen(engine, "after_cursor_execute", _note_prepared)


def numbered(statement: str) -> tuple[str, list[str]]:
    """
    Replace psycopg2's named placeholders by the numbers of PREPARE; also return the names in order of their numbers.

    >>> numbered("SELECT 1 FROM leads WHERE id = %(lead)s AND owner_id = %(owner)s OR id < %(lead)s")
    ('SELECT 1 FROM leads WHERE id = $1 AND owner_id = $2 OR id < $1', ['lead', 'owner'])
    """
    names: list[str] = []

    def number(place: re.Match[str]) -> str:
        name = place.group(1)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACEHOLDER.sub(number, statement), names


def _by_name(
    connection: Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    context: ExecutionContext | None,
    _executemany: bool,
) -> tuple[str, Any]:
    if context is None or not context.execution_options.get("prepared"):
        return statement, parameters
    info = connection.info  # lives as long as the pool's connection
    known: dict[str, str] = info.setdefault("prepared", {})
    if statement in known:
        return known[statement], parameters
    # Every attempt gets its own number, because a failed one may have left its name behind.
    info["prepared_tries"] = info.get("prepared_tries", 0) + 1
    name = f"leadmatch_{info['prepared_tries']}"
    planned, names = numbered(statement)
    execute = f"EXECUTE {name}" + (f"({', '.join(f'%({parameter})s' for parameter in names)})" if names else "")
    info["preparing"] = (statement, execute)
    return f"PREPARE {name} AS {planned}; {execute}", parameters


def _note_prepared(
    connection: Connection,
    _cursor: Any,
    _statement: str,
    _parameters: Any,
    context: ExecutionContext | None,
    _many: bool,
) -> None:
    if context is not None and context.execution_options.get("prepared"):
        preparing = connection.info.pop("preparing", None)
        if preparing is not None:
            connection.info["prepared"][preparing[0]] = preparing[1]
