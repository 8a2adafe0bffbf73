"""Records SQL statements."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


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

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
