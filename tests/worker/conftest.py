"""A worker's surroundings inside the test's own process: sessions on the test's database, snapshots forgotten."""

import pytest

from worker import context, markets, rescore


@pytest.fixture
def worker_here(process_environment, monkeypatch):
    """Let functions of `worker` run in this process, on the test's database; gives what makes sessions."""
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    caches = (context.settings, context._sessions_of, context.client)
    for cached in caches:
        cached.cache_clear()
    rescore._snapshots.clear()
    markets._kept.clear()
    yield context.new_session
    context.new_session().get_bind().dispose()
    for cached in caches:
        cached.cache_clear()
    rescore._snapshots.clear()
    markets._kept.clear()
