"""Splitting long streams into batches that fit into memory and into one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Row = TypeVar("Row")


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield lists of *size* rows, the last one shorter. (itertools.batched exists from Python 3.12 on.)"""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
