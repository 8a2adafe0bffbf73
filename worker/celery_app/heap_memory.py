"""Returning memory to the operating system after work that needed much of it.

A run allocates memory in blocks of every size, in several threads, and frees all of it. But glibc keeps freed memory.
It never returns that of a thread's heap, and of the main heap it returns only the end, if no block there is in use. The
next run, over a market of a slightly different size, does not fit into the same gaps, so a process grows by some
megabytes per run although its memory in use stays the same (`python -m scripts.benchmarks.bench.memory` shows it). So
all threads share one heap, and its free memory is returned after each run. Both cost milliseconds. With another C
library (macOS, musl) nothing is done.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

#: From <malloc.h>: the option that limits the number of heaps.
M_ARENA_MAX = -8


def share_one_heap() -> None:
    """Let all threads of this process, and of processes forked from it, share one heap; call before threads start."""
    if (library := _glibc()) is not None:
        library.mallopt(M_ARENA_MAX, 1)


@contextmanager
def trim_heap_after() -> Iterator[None]:
    """Return the heap's free memory to the operating system once the work within has ended or failed."""
    try:
        yield
    finally:
        if (library := _glibc()) is not None:
            library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library if it is glibc; other libraries lack these functions and this option."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
