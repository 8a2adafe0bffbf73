"""What a process holds of the operating system's memory after its work."""

import ctypes

import psutil
import pytest

from worker.memory import memory_given_back

MIB = 2**20


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc gives memory back on demand")
def test_gaps_between_what_is_kept_go_back_to_the_operating_system():
    """Large pieces go back by themselves; these are small enough for the heap, and what is kept lies between them."""

    def held():
        return psutil.Process().memory_info().rss

    before = held()
    with memory_given_back():
        pieces = [b"x" * 100_000 for _ in range(500)]
        kept = pieces[::50]
        full = held()
        del pieces

    assert full - before > 40 * MIB
    assert full - held() > 40 * MIB
    assert len(kept) == 10
