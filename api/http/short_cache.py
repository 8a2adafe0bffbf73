"""A short-lived cache in the process for results of costly queries, so that two callers cost no more than one."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app


@dataclass
class _Entry:
    value: Any = None
    read_at: float = -math.inf
    lock: threading.Lock = field(default_factory=threading.Lock)


def cached_for(seconds: float, name: str, read: Callable[[], Any]) -> Any:
    """
    The value of *read*, at most this many seconds old; *name* distinguishes it from the application's other values.
    """
    entry = current_app.extensions.setdefault("short_cache", {}).setdefault(name, _Entry())
    with entry.lock:
        if time.monotonic() - entry.read_at >= seconds:
            entry.value, entry.read_at = read(), time.monotonic()
        return entry.value


def clear_cached(*names: str) -> None:
    """Drop these values; the next caller reads them again."""
    for name in names:
        current_app.extensions.get("short_cache", {}).pop(name, None)
