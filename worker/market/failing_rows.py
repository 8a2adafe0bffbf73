"""Finding the row that makes work fail, so that the work can be done without it.

Work on a market is done for all rows at once, for speed; when it raises, nothing says which row was to blame.
Halving finds it: for one bad row among n, about 2n rows are worked on again, in log2(n) steps.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

import psycopg2
from sqlalchemy.exc import DBAPIError

from matching.errors import ScoringStoppedError

Row = TypeVar("Row")
Made = TypeVar("Made")

#: More bad rows than this in one piece of work, and the work itself is to blame.
MOST_POISONED = 20

#: Failures that say nothing about a row.
NOT_A_ROWS_FAULT = (DBAPIError, psycopg2.Error, ScoringStoppedError, MemoryError)


def without_poison(
    rows: Sequence[Row], make: Callable[[Sequence[Row]], Made]
) -> tuple[Made, list[tuple[Row, Exception]]]:
    """
    What *make* makes of *rows*, without those that alone make it raise; and these, with what they raised.

    Raises:
        Exception: What *make* raised, if it fails on more than :data:`MOST_POISONED` rows, or on none alone.
    """
    try:
        return make(rows), []
    except NOT_A_ROWS_FAULT:
        raise
    except Exception as failure:
        poisoned = _failing(list(rows), make, failure)
        bad = {id(row) for row, _ in poisoned}
        return make([row for row in rows if id(row) not in bad]), poisoned


def _failing(rows: list[Row], make: Callable[[Sequence[Row]], Made], failure: Exception) -> list[tuple[Row, Exception]]:
    """The rows that fail alone, of *rows*, which failed together with *failure*."""
    if len(rows) == 1:
        return [(rows[0], failure)]
    found = []
    for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        try:
            make(half)
        except NOT_A_ROWS_FAULT:
            raise
        except Exception as deeper:
            found += _failing(half, make, deeper)
            if len(found) > MOST_POISONED:
                raise failure from deeper
    return found


def poisonous_pair(n_rows: int, n_columns: int, work: Callable[[range, range], object]) -> tuple[int, int] | None:
    """
    A row and a column such that *work* on the two alone raises; None if it does not raise on halves of what it raises on.

    *work* takes ranges of rows and of columns, and has raised on all of them together.
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
    except NOT_A_ROWS_FAULT:
        raise
    except Exception:
        return True
    return False


def place_of(error: BaseException) -> str:
    """
    Kind of the error and the line that raised it. Its message stays out: it may quote what a client wrote.

    >>> try:
    ...     int("+7 701 000-00-00")
    ... except ValueError as error:
    ...     place_of(error).partition(" ")[0]
    'ValueError'
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {'/'.join(frames[-1].filename.split('/')[-2:])}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
