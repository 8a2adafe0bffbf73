"""The worker: real Celery processes, and its functions in the test's own process."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from scripts.launcher.processes import dies_with_parent, stop_child

ROOT = Path(__file__).parent.parent
WORKER_PATIENCE = 120  # seconds


@pytest.fixture
def start_worker(process_environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen]]:
    """
    A function that starts a Celery worker in its own session and waits until it takes tasks; all are killed
    after the test.

    ``start_worker("runs", concurrency=1)`` listens to one queue; *through* is a command that runs it, such as
    ``ip netns exec``, and *cwd* holds its code; further arguments are variables of its environment. The process
    has ``lines``, what it has printed so far.
    """
    started: list[subprocess.Popen] = []

    def start(
        *queues: str, concurrency: int = 1, through: Sequence[str] = (), cwd: Path = ROOT, **variables: str
    ) -> subprocess.Popen:
        queues = queues or ("entities", "notifications", "runs")
        command = [
            *through,
            sys.executable,
            "-m",
            "celery",
            "--app",
            "worker.celery_app.app",
            "worker",
            "--queues",
            ",".join(queues),
        ]
        name = f"test{len(started)}-{uuid.uuid4().hex[:8]}@localhost"
        worker = subprocess.Popen(
            [*command, "--concurrency", str(concurrency), "--loglevel", "INFO", "--hostname", name],
            cwd=cwd,
            env={**os.environ, **process_environment, "PYTHONUNBUFFERED": "1", **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        started.append(worker)
        _wait_until_ready(worker)
        return worker

    yield start
    for worker in started:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)  # The pool's processes are in its group.
        stop_child(worker, [])
        worker.stdout.close()


def _wait_until_ready(worker: subprocess.Popen) -> None:
    """Read what the worker prints, for as long as it lives, and return when it says that it is ready."""
    worker.lines = []
    ready = threading.Event()

    def read() -> None:
        try:
            for line in worker.stdout:
                worker.lines.append(line)
                if " ready." in line:
                    ready.set()
        except ValueError:  # The test is over and closed the pipe.
            pass
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    if not ready.wait(WORKER_PATIENCE) or worker.poll() is not None:
        pytest.fail("the worker does not come up:\n" + "".join(worker.lines))


@pytest.fixture
def worker_process(start_worker: Callable[..., subprocess.Popen]) -> subprocess.Popen:
    """A running Celery worker that listens to every queue."""
    return start_worker()


@pytest.fixture(scope="session")
def worker_engine(database_url: str):
    """The engine of `worker_here`: one, for writing its statements out takes longer than many a test."""
    from models.platform.database import connect

    engine = connect(database_url, pool_size=2, max_overflow=2, statement_timeout_ms=0, application="worker-here")
    yield engine
    engine.dispose()


@pytest.fixture
def worker_here(process_environment, worker_engine, monkeypatch):
    """Let functions of `worker` run in this process, on the test's database; gives what makes sessions."""
    from worker.celery_app import task_context
    from worker.market import cache, generations

    connect = task_context.connect

    def shared(url: str, **options: object):
        return worker_engine if url == process_environment["DATABASE_URL"] else connect(url, **options)

    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(task_context, "connect", shared)
    caches = (task_context.settings, task_context._sessions_of, task_context.client, task_context.redis_client)
    for cached in caches:
        cached.cache_clear()
    cache.forget_snapshots()
    generations.forget_text_models()
    yield task_context.new_session
    if worker_engine.pool.checkedout():  # A session that was left open must not hold up the next test.
        worker_engine.dispose()
    for cached in caches:
        cached.cache_clear()
    cache.forget_snapshots()
    generations.forget_text_models()
