"""Giving memory back to the operating system after work that took much of it.

A run takes memory in pieces of every size, in several threads, and frees all of it. But glibc keeps what is free: of a
thread's heap for ever, of the main one all but its end, which a single small piece holds fast. The next run, over a market
a little different, does not fit into the same gaps, so a process grows by some megabytes a run although what is in use stays the
same (`python -m scripts.benchmarks.bench.memory` shows it). Hence one heap for all threads, and what is free of it is given back after
each run. Both cost milliseconds. Where the C library knows neither (macOS, musl), nothing happens.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

#: <malloc.h>: how many heaps there may be.
M_ARENA_MAX = -8


def share_one_heap() -> None:
    """Let all threads of this process, and of those forked from it, take memory from one heap; before they have begun."""
    library = _c_library()
    if hasattr(library, "malloc_trim"):  # only glibc's numbers of options are known to be these
        library.mallopt(M_ARENA_MAX, 1)


@contextmanager
def memory_given_back() -> Iterator[None]:
    """What is free once the work within has ended, or failed, goes back to the operating system."""
    try:
        yield
    finally:
        library = _c_library()
        if hasattr(library, "malloc_trim"):
            library.malloc_trim(0)


@cache
def _c_library() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
