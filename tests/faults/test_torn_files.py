"""Files that were being written during a power cut: with NUL bytes, cut off, or empty."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from scripts.launcher.home import Home
from scripts.launcher.servers.valkey import ValkeyServer
from tests.faults.conftest import FULL
from tests.resolver import replace_in_this_thread


def cut(path: Path, length: int) -> None:
    os.truncate(path, length)


def spoil(path: Path, start: int, end: int) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:start] + bytes(end - start) + content[end:])


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


BASE, TAIL, MANIFEST = "appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", "appendonly.aof.manifest"

#: The damage to the folder -> whether Valkey can still read it.
TEARS: dict[str, tuple[Callable[[Path], None], bool]] = {
    "NUL bytes at its tail": (lambda d: append(d / TAIL, bytes(4096)), False),
    "garbage at its tail": (lambda d: append(d / TAIL, b"\xde\xad\xbe\xef" * 500), False),
    "NUL bytes in the middle": (lambda d: spoil(d / TAIL, 1000, 1500), False),
    "a last command cut short": (lambda d: cut(d / TAIL, (d / TAIL).stat().st_size - 7), True),
    "no tail": (lambda d: (d / TAIL).unlink(), False),
    "no base": (lambda d: (d / BASE).unlink(), False),
    "an empty base": (lambda d: cut(d / BASE, 0), True),
    "a base of NUL bytes": (lambda d: spoil(d / BASE, 0, (d / BASE).stat().st_size), False),
    "an empty manifest": (lambda d: cut(d / MANIFEST, 0), False),
    "a manifest of NUL bytes": (lambda d: spoil(d / MANIFEST, 0, (d / MANIFEST).stat().st_size), False),
    "half a manifest": (lambda d: cut(d / MANIFEST, 20), False),
    "no manifest": (lambda d: (d / MANIFEST).unlink(), True),
}
SHORT = ("NUL bytes at its tail", "no base", "an empty manifest", "a last command cut short")


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """The folder of a Valkey, with an append-only file of a hundred keys."""
    folder = tmp_path_factory.mktemp("valkey") / "kept"
    with ValkeyServer(folder) as server:
        client = redis.Redis.from_url(server.url)
        for number in range(100):
            client.set(f"key {number}", "x" * 20)
        client.close()
    return folder


@pytest.mark.parametrize("tear", TEARS if FULL else SHORT)
def test_a_torn_append_only_file_is_set_aside_and_valkey_starts(kept, tmp_path, tear):
    folder, reported = tmp_path / "valkey", []
    shutil.copytree(kept, folder)
    spoiling, is_readable = TEARS[tear]
    spoiling(folder / "data" / "appendonlydir")
    for start in range(2):
        with ValkeyServer(folder, report=reported.append) as server:
            client = redis.Redis.from_url(server.url)
            assert client.incr("starts") == start + 1  # writes after the repair are kept
            client.close()

    assert ["is set aside" in line for line in reported] == ([] if is_readable else [True])
    assert (folder / "data" / "appendonlydir.torn").exists() is not is_readable


def test_a_file_that_is_unreadable_for_another_reason_is_not_set_aside(kept, tmp_path, monkeypatch):
    server = ValkeyServer(tmp_path)
    (tmp_path / "data/appendonlydir").mkdir(parents=True)
    monkeypatch.setattr(server, "_log_since_start", lambda: "Can't open the append only file: No space left on device")

    assert not server._set_aside_damaged_file()
    assert (tmp_path / "data/appendonlydir").exists()


@pytest.mark.parametrize("content", ["", "\n", "\0" * 64])
def test_an_empty_secret_is_created_again_and_its_file_is_reported(tmp_path, content):
    home, reported = Home(tmp_path), []
    (tmp_path / "secret-key").write_text(content)
    key = home.secret_key(reported.append)

    assert len(key) > 40
    assert home.secret_key(reported.append) == key
    assert len(reported) == 1 and str(tmp_path / "secret-key") in reported[0]


def test_a_secret_is_synced_to_disk_before_its_file_gets_its_name(tmp_path, monkeypatch):
    steps = []
    replace_in_this_thread(monkeypatch, os, "fsync", lambda _fd: steps.append("synced"))
    replace = Path.replace
    named = lambda self, to: (steps.append("named"), replace(self, to))[1]
    replace_in_this_thread(monkeypatch, Path, "replace", named)
    Home(tmp_path).secret_key(lambda _line: None)

    assert steps == ["synced", "named", "synced"]
