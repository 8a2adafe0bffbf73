import pytest


@pytest.fixture
def small_lists(monkeypatch):
    """Lists of 5, so that a market of forty has thresholds, and entries that drop out of lists and return."""
    from worker.lists import changes, compute, rescore
    from worker.market import snapshot

    for module in (rescore, changes, compute, snapshot):
        monkeypatch.setattr(module, "LIST_LENGTH", 5)
