"""Statements that PostgreSQL plans once a connection instead of every time.

To join five tables by their keys takes less time than to find out that this is how to do it. psycopg2 never
prepares statements; here those that say ``execution_options(prepared=True)`` are, when a connection first meets
them, and executed by name from then on. For statements whose text is constant and whose best plan does not
depend on the values.

A prepared statement lives as long as its connection (so behind PgBouncer: session mode). PostgreSQL plans it
anew when a table of it changes, and refuses it when the types of its columns do: an upgrade in two steps
never does that under running code.
"""

import re
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExecutionContext

_PLACE = re.compile(r"%\((\w+)\)s")


def watch(engine: Engine) -> None:
    """Have *engine* prepare the statements that ask for it."""
    event.listen(engine, "before_cursor_execute", _by_name, retval=True)
    event.listen(engine, "after_cursor_execute", _note_prepared)


def numbered(statement: str) -> tuple[str, list[str]]:
    """
    A statement with psycopg2's named places as PREPARE wants it, and the names in the order of their numbers.

    >>> numbered("SELECT 1 FROM leads WHERE id = %(lead)s AND owner_id = %(owner)s OR id < %(lead)s")
    ('SELECT 1 FROM leads WHERE id = $1 AND owner_id = $2 OR id < $1', ['lead', 'owner'])
    """
    names: list[str] = []

    def number(place: re.Match[str]) -> str:
        name = place.group(1)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACE.sub(number, statement), names


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
    info = connection.info  # what the pool keeps beside a connection, and forgets with it
    known: dict[str, str] = info.setdefault("prepared", {})
    if statement in known:
        return known[statement], parameters
    # A number of its own for every try: one that failed may have left its name behind.
    info["prepared_tries"] = info.get("prepared_tries", 0) + 1
    name = f"leadmatch_{info['prepared_tries']}"
    planned, names = numbered(statement)
    execute = f"EXECUTE {name}" + (f"({', '.join(f'%({each})s' for each in names)})" if names else "")
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
