"""Waiting for what happens in another process."""

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(check: Callable[[], Found], seconds: float = 60, what: str = "the expected state") -> Found:
    """Ask until *check* gives something true, and give it back; AssertionError after *seconds*."""
    end = time.monotonic() + seconds
    pause = Event()
    while not (found := check()):
        assert time.monotonic() < end, f"{what} did not come within {seconds:g} s"
        pause.wait(0.02)
    return found
