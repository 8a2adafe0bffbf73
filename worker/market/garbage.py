"""Pausing the search for cycles of garbage while millions of values come and go that cannot form any."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """
    Make values without Python looking through all that are alive again and again, which took a third of loading.

    What no cycle holds is freed as ever, as soon as nothing names it. The pause is the whole process's; where two
    threads pause at once, the first to end ends it for both, which only costs time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
