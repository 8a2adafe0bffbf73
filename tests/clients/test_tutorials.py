"""The commands of the tutorials, run in the pages' order without changes. Part of `make clients`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from scripts.commands.health import BEAT_LOCK
from tests.api.conftest import web_processes
from tests.clients import pages
from tests.clients.conftest import ROOT, ran
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]


def written(name: str, commands: str, folder: Path) -> Path:
    """The commands of a tutorial as a script."""
    path = folder / f"{name}.sh"
    path.write_text(commands)
    return path


def test_the_frontends_tutorial(served, tmp_path, monkeypatch):
    monkeypatch.setenv("URL", served)

    output = ran("bash", written("frontend", pages.script("tutorials/frontend"), tmp_path), cwd=tmp_path)

    assert "match_score" in output and "304" in output and output.strip().endswith("true")


def test_the_operators_tutorial(process_environment, worker_process, preloaded, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "leadmatch"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m scripts "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    beat = [sys.executable, "-m", "celery", "--quiet", "--app", "worker.celery_app.app", "beat"]
    with web_processes(preloaded, process_environment) as start:
        web = start()
        for name, value in (process_environment | {"PORT": web.url.rpartition(":")[2]}).items():
            monkeypatch.setenv(name, value)
        with subprocess.Popen(beat, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sending:
            try:
                with redis.Redis.from_url(process_environment["REDIS_URL"]) as broker:
                    wait_for(lambda: broker.exists(BEAT_LOCK), 120, "beat's first tick")
                output = ran("bash", written("ops", pages.script("tutorials/ops"), tmp_path), cwd=tmp_path, seconds=550)
            finally:
                sending.terminate()

    assert "2 new" in output and "succeeded" in output
    assert (tmp_path / "leadmatch.dump").stat().st_size > 0
