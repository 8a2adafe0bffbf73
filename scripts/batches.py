"""Long streams in parts that fit into memory and into one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Row = TypeVar("Row")


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of *size*, the last one shorter. (itertools has it from Python 3.12 on.)"""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
