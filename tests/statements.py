"""Records SQL statements."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import Connection, Engine, event

from models.platform.prepared_queries import PreparedQuery


@contextmanager
def statements_on(engine: Engine) -> Iterator[list[str]]:
    """
    The statements that *engine* executes in this thread while the block runs, in order.

    Those of other threads are left out: all tests share an engine, and a stream or a probe of an earlier test may
    still use it.
    """
    statements: list[str] = []
    own = threading.get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.get_ident() == own:
            statements.append(statement)

    read_rows = PreparedQuery.rows

    def noted_rows(query: PreparedQuery, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        if connection.engine.url == engine.url:
            note(connection, None, query.statement)
        return read_rows(query, connection, parameters)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(PreparedQuery, "rows", noted_rows):  # it calls no events
            yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
