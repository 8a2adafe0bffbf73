"""Pausing Python's cyclic garbage collector while millions of values are created that cannot form cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """
    Pause the cyclic garbage collector, whose repeated passes over all live objects took a third of the loading time.

    Objects outside cycles are still freed as soon as nothing refers to them. The pause applies to the whole process. If
    two threads pause at once, the first one to end ends the pause for both, which only costs time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
