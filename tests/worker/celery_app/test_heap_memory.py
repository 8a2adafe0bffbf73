"""The memory that a process keeps after its work."""

import ctypes
import subprocess
import sys

import pytest

#: Large blocks are returned automatically; these are small enough for the heap, with kept ones between them.
WORK = """
import psutil
from worker.celery_app.heap_memory import trim_heap_after

def held():
    return psutil.Process().memory_info().rss // 2**20

before = held()
with trim_heap_after():
    pieces = [b"x" * 100_000 for _ in range(500)]
    kept = pieces[::50]
    full = held()
    del pieces
print(full - before, full - held())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc gives memory back on demand")
def test_gaps_between_what_is_kept_go_back_to_the_operating_system():
    # In a separate process, because this one's heap may already have free space.
    allocated, given_back = map(int, subprocess.check_output([sys.executable, "-c", WORK], text=True).split())

    assert allocated > 40
    assert given_back > 40
