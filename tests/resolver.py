"""Replacing functions of the whole process, or methods of its classes, for the test's own thread only.

Applications of earlier tests may still have threads that look names up, such as the one that sends counts to Redis.
Their calls are neither answered nor counted by the test.
"""

import socket
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


def replace_in_this_thread(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | type, name: str, replacement: Callable[..., Any]
) -> None:
    """Replace a function until the test ends; other threads go on calling the original."""
    original, own = getattr(module, name), threading.get_ident()

    def choose(*args: Any, **kwargs: Any) -> Any:
        return (replacement if threading.get_ident() == own else original)(*args, **kwargs)

    monkeypatch.setattr(module, name, choose)


def resolve_with(monkeypatch: pytest.MonkeyPatch, resolve: Callable[..., Any]) -> None:
    """Answer this thread's name lookups with *resolve*, which is called like ``socket.getaddrinfo``."""
    replace_in_this_thread(monkeypatch, socket, "getaddrinfo", resolve)
