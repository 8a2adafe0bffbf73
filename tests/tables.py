"""Tables of many small cases in one test."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest


def each_of(names: str | Sequence[str], rows: Iterable[Any], ids: Callable[[Any], str] = repr) -> Callable:
    """
    Run a test for each row of a table, as one test whose failure lists every failing row.

    For tables of hundreds of rows, where pytest's own overhead for each test would take longer than the test. The test
    must not change its fixtures, because all rows share them.

    Args:
        names: The arguments that a row provides: a name or a list of names, as for `pytest.mark.parametrize`.
        rows: Values if there is one name, otherwise tuples of values; at least one row.
        ids: Returns the name of a row in the message.
    """
    is_single = isinstance(names, str)
    keys, table = ([names] if is_single else list(names)), list(rows)
    assert table, "a table without rows tests nothing"

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def over_all(**fixtures: Any) -> None:
            failed = []
            for row in table:
                try:
                    test(**fixtures, **dict(zip(keys, [row] if is_single else row, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    failed.append(f"{ids(row)}: {type(error).__name__}: {error}")
            if failed:
                pytest.fail(f"{len(failed)} of {len(table)} rows:\n" + "\n".join(failed), pytrace=False)

        signature = inspect.signature(test)
        rest = [each for name, each in signature.parameters.items() if name not in keys]
        over_all.__signature__ = signature.replace(parameters=rest)
        return over_all

    return decorate
