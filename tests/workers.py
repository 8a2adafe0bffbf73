"""The worker: real Celery processes, and its functions in the test's own process."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from models.ranking import stale_lists
from scripts.launcher.processes import dies_with_parent, stop_child
from tests.forked import Forked, Preloaded
from tests.waiting import WAIT_LIMIT_SECONDS

ROOT = Path(__file__).parent.parent


@pytest.fixture
def start_worker(
    process_environment: dict[str, str], preloaded: Preloaded
) -> Iterator[Callable[..., subprocess.Popen | Forked]]:
    """
    A function that starts a Celery worker in its own session and waits until it is ready; all workers are killed
    after the test.

    ``start_worker("runs", concurrency=1)`` listens to one queue. *through* is a command that runs the worker, such as
    ``ip netns exec``; *cwd* is the folder of its code; further arguments are environment variables. The process's
    ``lines`` are the lines that it has printed so far. It is forked, unless *through*, *cwd*, LD_PRELOAD or
    *is_forked* = False requires a new Python process, whose memory holds only what a worker loads.
    """
    started: list[subprocess.Popen | Forked] = []

    def start(
        *queues: str,
        concurrency: int = 1,
        through: Sequence[str] = (),
        cwd: Path = ROOT,
        is_forked: bool = True,
        **variables: str,
    ) -> subprocess.Popen | Forked:
        command = ["celery", "--app", "worker.celery_app.app", "worker"]
        command += ["--queues", ",".join(queues or ("entities", "notifications", "runs"))]
        command += ["--concurrency", str(concurrency), "--loglevel", "INFO"]
        command += ["--hostname", f"test{len(started)}-{uuid.uuid4().hex[:8]}@localhost"]
        environment = {**os.environ, **process_environment, "PYTHONUNBUFFERED": "1", **variables}
        output, ours = os.pipe()
        if through or cwd != ROOT or "LD_PRELOAD" in variables or not is_forked:
            worker = subprocess.Popen(
                [*through, sys.executable, "-m", *command],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=ours,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )
        else:
            worker = preloaded.fork(*command, environment=environment, stdout=ours)
        os.close(ours)
        worker.stdout = open(output)
        started.append(worker)
        _wait_until_ready(worker)
        return worker

    yield start
    for worker in started:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)  # The pool's processes are in its group.
        stop_child(worker, [])
        worker.stdout.close()


def _wait_until_ready(worker: subprocess.Popen | Forked) -> None:
    """Return when the worker prints that it is ready; a thread keeps reading its output while it runs."""
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
    if not ready.wait(WAIT_LIMIT_SECONDS) or worker.poll() is not None:
        pytest.fail("the worker does not come up:\n" + "".join(worker.lines))


@pytest.fixture
def worker_process(start_worker: Callable[..., subprocess.Popen]) -> subprocess.Popen:
    """A running Celery worker that listens to every queue."""
    return start_worker()


@pytest.fixture(scope="session")
def worker_engine(database_url: str):
    """The engine of `new_worker_session`, one a session: compiling its statements takes longer than many tests."""
    from models.platform.database import connect

    engine = connect(
        database_url,
        pool_size=2,
        max_overflow=2,
        statement_timeout_ms=0,
        application="worker-in-tests",
        one_plan_each=True,
    )
    yield engine
    engine.dispose()


@pytest.fixture
def new_worker_session(process_environment, worker_engine, monkeypatch):
    """Let functions of `worker` run in this process, on the test's database; the value creates sessions."""
    from worker.celery_app import task_context
    from worker.market import cache, generations

    monkeypatch.setattr(stale_lists, "_WATCHES", WeakKeyDictionary())  # as in a process that has just started
    connect = task_context.connect

    def shared(url: str, **options: object):
        return worker_engine if url == process_environment["DATABASE_URL"] else connect(url, **options)

    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(task_context, "connect", shared)
    caches = (task_context.settings, task_context._sessions_of, task_context.client, task_context.redis_client)
    for cached in caches:
        cached.cache_clear()
    cache.evict_snapshots()
    generations.clear_text_models()
    yield task_context.new_session
    if worker_engine.pool.checkedout():  # A session that was left open must not block the next test.
        worker_engine.dispose()
    for cached in caches:
        cached.cache_clear()
    cache.evict_snapshots()
    generations.clear_text_models()
