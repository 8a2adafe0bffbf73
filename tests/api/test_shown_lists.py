"""Counts of shown lists are sent by a thread of their own."""

import threading

from api.http import shown_lists
from api.http.shown_lists import UnsentCounts
from models.core.enums import Side


def test_sending_returns_only_after_what_another_thread_is_sending(monkeypatch):
    """Otherwise the client could be closed under that thread."""
    is_sending, may_end = threading.Event(), threading.Event()
    ended = []

    def slow(client, day, counts):
        is_sending.set()
        may_end.wait()
        ended.append("timer")

    monkeypatch.setattr(shown_lists, "add_shown", slow)
    monkeypatch.setattr(shown_lists, "GATHERED_SECONDS", 0.0)
    unsent = UnsentCounts(client=None)
    unsent.add(Side.LEAD, 1, 5)
    is_sending.wait()
    closing = threading.Thread(target=lambda: (unsent.send(), ended.append("closing")))
    closing.start()
    closing.join(0.2)  # without the rule it has ended by now
    may_end.set()
    closing.join()

    assert ended == ["timer", "closing"]
