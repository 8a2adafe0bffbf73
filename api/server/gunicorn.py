"""gunicorn's configuration."""

import gc
import glob
import importlib
import os
import signal
from pathlib import Path
from types import FrameType

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from api.http.services import services_of
from api.portal.chat_hub import chat_hub_of
from api.server.counts import forget_counts
from matching.reading.json_rows import wish_rows
from models.market.places import city_of
from models.platform.checkout import default_home
from models.platform.loading import without_collector
from models.platform.logs import configuration
from models.platform.settings import DEFAULT_WEB_THREADS

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Threads, not gevent: psycopg2 and numpy block a gevent loop. Slow clients get none: gunicorn's own threaded worker
# would give each a thread.
worker_class = "api.server.slow_clients.Worker"
# Slow and idle connections count too; they cost some kilobytes each.
worker_connections = 4000
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Most of them are for chat sockets, which hold a thread each: models.platform.settings keeps the number that may.
threads = int(os.environ.get("WEB_THREADS") or DEFAULT_WEB_THREADS)
timeout = 60
graceful_timeout = 20
# Behind a proxy longer than the proxy's own, or it sends a request into a connection that we are just closing.
keepalive = int(os.environ.get("KEEPALIVE_SECONDS") or (75 if os.environ.get("TRUSTED_PROXIES", "0") != "0" else 5))
# Two copies on one machine would share the control socket in the home folder.
control_socket_disable = True
accesslog = None  # the application logs requests itself, without query strings: those may hold tokens
forwarded_allow_ips = "127.0.0.1"
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - memory; gunicorn makes a file of its own there
logconfig_dict = configuration(os.environ.get("ENVIRONMENT", "local"), os.environ.get("LOG_LEVEL", "INFO").upper())

# Each process keeps its counts in a file of this folder, and whichever is asked for /metrics adds them up. It has to be
# set before prometheus_client is first imported. By port, so that a restarted server finds its own folder and clears
# it.
_metrics = (
    Path(os.environ.get("LEADMATCH_HOME") or default_home()) / "metrics" / f"web-{os.environ.get('PORT', '8000')}"
)
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_metrics))


def on_starting(_server: Arbiter) -> None:
    """Before the first fork: load the modules that all processes use, so that they cost time and memory once.

    A HUP therefore restarts the processes with the code that the master has loaded; a new release restarts the master.
    """
    forget_counts(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    with without_collector():
        importlib.import_module("api.server.app")  # late: the folder must be there first
        # A second that the first write of every process would wait for.
        city_of("Москва")
        wish_rows("первый этаж")
    # Pages that the collector does not touch stay shared.
    gc.collect()
    gc.freeze()


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Clean up the live gauges of a process that has ended."""
    from prometheus_client import multiprocess  # late: the folder must be there first

    multiprocess.mark_process_dead(worker.pid, glob.escape(os.environ["PROMETHEUS_MULTIPROC_DIR"]))


def post_worker_init(worker: Worker) -> None:
    """
    Load everything before the first request, and close the chat's sockets when the process is told to stop: their
    clients reconnect to another process at once.
    """
    services_of(worker.wsgi).worker.warm_up()
    # What was made at the start lives as long as the process; the collector need not go through it again and again.
    gc.collect()
    gc.freeze()
    stop = signal.getsignal(signal.SIGTERM)

    def close_sockets_and_stop(number: int, frame: FrameType | None) -> None:
        chat_hub_of(worker.wsgi).close()
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, close_sockets_and_stop)
