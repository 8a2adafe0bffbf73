import pytest


@pytest.fixture
def small_lists(monkeypatch):
    """Lists of 5: then a market of forty has thresholds, and entries that fall out of lists and come back."""
    from worker.lists import changes, rescore
    from worker.market import snapshot

    for module in (rescore, changes, snapshot):
        monkeypatch.setattr(module, "LIST_LENGTH", 5)
