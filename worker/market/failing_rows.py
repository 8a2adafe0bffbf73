"""Finding the rows that make work fail, so that the work can be done without them.

For speed, work on a market is done for all rows at once; if it raises, the error does not say which row is to blame.
Bisection finds the row: for one failing row among n, about 2n rows are processed again, in log2(n) steps.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import psycopg2
from sqlalchemy.exc import DBAPIError

from matching.errors import ScoringStoppedError
from worker.market.market_lock import GenerationMovedError

Row = TypeVar("Row")
Result = TypeVar("Result")

#: With more failing rows than this in one piece of work, the work itself is to blame.
MAX_FAILING_ROWS = 20

#: Failures for which no row is to blame.
SYSTEM_FAILURES = (DBAPIError, psycopg2.Error, ScoringStoppedError, GenerationMovedError, MemoryError)


def without_failing_rows(
    rows: Sequence[Row], work: Callable[[Sequence[Row]], Result]
) -> tuple[Result, list[tuple[Row, Exception]]]:
    """
    The result of *work* on the rows that do not make it raise on their own; and the failing rows with their errors.

    Raises:
        Exception: The error of *work*, if it fails on more than :data:`MAX_FAILING_ROWS` rows, or on no single row.
    """
    try:
        return work(rows), []
    except SYSTEM_FAILURES:
        raise
    except Exception as failure:
        failing = _failing(list(rows), work, failure)
        failing_ids = {id(row) for row, _ in failing}
        return work([row for row in rows if id(row) not in failing_ids]), failing


def _failing(
    rows: list[Row], work: Callable[[Sequence[Row]], Result], failure: Exception
) -> list[tuple[Row, Exception]]:
    """Those of *rows* that fail on their own; *rows* together have failed with *failure*."""
    if len(rows) == 1:
        return [(rows[0], failure)]
    failing: list[tuple[Row, Exception]] = []
    for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        try:
            work(half)
        except SYSTEM_FAILURES:
            raise
        except Exception as deeper:
            failing += _failing(half, work, deeper)
            if len(failing) > MAX_FAILING_ROWS:
                raise failure from deeper
    return failing


def failing_pair(n_rows: int, n_columns: int, work: Callable[[range, range], object]) -> tuple[int, int] | None:
    """
    A row and a column such that *work* on these two alone raises.

    *work* takes ranges of rows and of columns, and has raised on all of them together.

    Returns:
        None if the failure cannot be narrowed down: *work* raises on some rows but on neither half of them.
    """
    rows, columns = range(n_rows), range(n_columns)
    while len(rows) > 1 or len(columns) > 1:
        axis, other = (rows, columns) if len(rows) >= len(columns) else (columns, rows)
        for half in (axis[: len(axis) // 2], axis[len(axis) // 2 :]):
            pair = (half, other) if axis is rows else (other, half)
            if raises(work, *pair):
                rows, columns = pair
                break
        else:
            return None
    return rows[0], columns[0]


def raises(work: Callable[..., object], *args: object) -> bool:
    """Whether *work* fails for a reason that may lie in its rows."""
    try:
        work(*args)
    except SYSTEM_FAILURES:
        raise
    except Exception:
        return True
    return False
