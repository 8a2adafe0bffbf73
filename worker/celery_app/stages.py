"""Durations of the stages of a piece of work: measured where they happen, recorded by a caller that needs them."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Seconds by stage, in the order in which the stages began.
Stages = dict[str, float]

_recorded: ContextVar[Stages | None] = ContextVar("stages", default=None)


@contextmanager
def recorded_stages() -> Iterator[Stages]:
    """Record the seconds of every :func:`stage` inside the context."""
    stages: Stages = {}
    token = _recorded.set(stages)
    try:
        yield stages
    finally:
        _recorded.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measure the work inside the context as the stage *name*; repeated stages are added up."""
    stages = _recorded.get()
    if stages is None:
        yield
        return
    stages.setdefault(name, 0.0)
    began = time.perf_counter()
    try:
        yield
    finally:
        stages[name] += time.perf_counter() - began


def peak_mb() -> float:
    """The peak memory of this process so far, in MiB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10  # getrusage counts in bytes there
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
