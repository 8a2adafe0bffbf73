"""Storage of uploads in a local folder."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from models.platform.storage import Storage
from tests.waiting import WAIT_LIMIT_SECONDS


@pytest.fixture
def storage(tmp_path):
    return Storage((tmp_path / "media").as_uri())


def a_name():
    return f"{secrets.token_urlsafe(24)}.jpg"


def test_files_put_at_once_by_many_threads_are_all_there_and_whole(storage):
    files = {a_name(): os.urandom(100_000) for _ in range(64)}
    start = Barrier(8)

    def put(some):
        start.wait(timeout=WAIT_LIMIT_SECONDS)
        for name in some:
            storage.put(name, files[name])

    names = list(files)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(put, names[first::8]) for first in range(8)]:
            done.result(timeout=WAIT_LIMIT_SECONDS)

    assert {name for name, _ in storage.names()} == set(files)
    for name, content in files.items():
        with storage.open(name) as file:
            assert file.read() == content


def test_a_file_that_cannot_be_written_leaves_nothing(storage, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    storage.put(a_name(), b"x")
    monkeypatch.setattr(storage._files, "mv", full)
    with pytest.raises(OSError, match="No space"):
        storage.put(a_name(), b"x")

    assert len(storage.names()) == 1
