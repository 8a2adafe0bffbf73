"""How long the stages of a piece of work take: noted where they happen, kept by whoever asks for them around it."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_noted: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)


@contextmanager
def noted() -> Iterator[dict[str, float]]:
    """Seconds of every :func:`stage` within, by name, in the order in which they began."""
    found: dict[str, float] = {}
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What happens within is the stage *name*; one that comes several times is added up."""
    found = _noted.get()
    if found is None:
        yield
        return
    found.setdefault(name, 0.0)
    began = time.perf_counter()
    try:
        yield
    finally:
        found[name] += time.perf_counter() - began


def peak_mb() -> float:
    """The most memory that this process has held so far."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # getrusage counts in bytes there
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
