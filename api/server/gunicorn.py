"""gunicorn's configuration."""

import gc
import glob
import importlib
import os
import signal
from pathlib import Path
from types import FrameType

from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from api.console.kit.compiled_templates import compile_templates
from api.http.services import services_of
from api.portal.chat_hub import chat_hub_of
from api.server.counts import delete_counts
from api.server.garbage import collect_after_answers
from api.server.malformed_requests import write_error
from matching.reading.json_rows import wish_rows
from matching.reading.origins import origin_forms
from models.deals.recommendation_pages import build_queries
from models.market.places import city_of
from models.platform.checkout import default_home
from models.platform.loading import without_collector
from models.platform.logs import configuration
from models.platform.settings import DEFAULT_WEB_THREADS

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Threads, not gevent: psycopg2 and numpy block a gevent loop. Slow clients get no thread; gunicorn's own threaded
# worker would give one to each.
worker_class = "api.server.slow_clients.Worker"
# Slow and idle connections are included; each costs some kilobytes.
worker_connections = 4000
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Most threads are for chat sockets, each of which holds one; models.platform.settings limits their number.
threads = int(os.environ.get("WEB_THREADS") or DEFAULT_WEB_THREADS)
timeout = 60
graceful_timeout = 20
# Longer than the keep-alive of a proxy in front; otherwise the proxy may send a request on a connection that is just
# being closed.
keepalive = int(os.environ.get("KEEPALIVE_SECONDS") or (75 if os.environ.get("TRUSTED_PROXIES", "0") != "0" else 5))
# Two copies on one machine would share the control socket in the home folder.
control_socket_disable = True
accesslog = None  # the application logs requests itself, without query strings, which may contain tokens
forwarded_allow_ips = "127.0.0.1"
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - memory; gunicorn makes a file of its own there
# The answer to a request that cannot be parsed, which therefore never reaches the application.
util.write_error = write_error
logconfig_dict = configuration(os.environ.get("ENVIRONMENT", "local"), os.environ.get("LOG_LEVEL", "INFO").upper())

# Each process keeps its counts in a file of this folder; the process that answers /metrics adds them up. The variable
# has to be set before prometheus_client is first imported. The folder is named by port, so that a restarted server
# finds its own folder and clears it.
_metrics = (
    Path(os.environ.get("LEADMATCH_HOME") or default_home()) / "metrics" / f"web-{os.environ.get('PORT', '8000')}"
)
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_metrics))

#: Modules that the application imports when it first needs them, for the sake of commands.
LATE = ("email_validator", "jwt")


def on_starting(_server: Arbiter) -> None:
    """Before the first fork: create the application that all processes use, so that it costs time and memory once.

    It has no connection yet, and each process starts the threads that it needs. A HUP therefore restarts the
    processes with the code that the master has loaded. A new release needs a restart of the master.
    """
    delete_counts(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    with without_collector():
        app = importlib.import_module("api.server.wsgi").app  # late: the folder must be there first
        services_of(app).worker.warm_up()
        for name in LATE:
            importlib.import_module(name)
        # This takes a second, for which the first write of every process would otherwise wait.
        city_of("Москва")
        wish_rows("первый этаж")
        origin_forms()
        build_queries()
        compile_templates()
    # Memory pages that the garbage collector does not touch stay shared between processes.
    gc.collect()
    gc.freeze()


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Clean up the live gauges of a process that has ended."""
    from prometheus_client import multiprocess  # late: the folder must be there first

    multiprocess.mark_process_dead(worker.pid, glob.escape(os.environ["PROMETHEUS_MULTIPROC_DIR"]))


def post_worker_init(worker: Worker) -> None:
    """
    Close the chat's sockets when the process has to stop: their clients reconnect to another process at once.
    """
    # Objects created at the start live as long as the process, so the collector need not scan them repeatedly.
    gc.collect()
    gc.freeze()
    collect_after_answers()
    stop = signal.getsignal(signal.SIGTERM)

    def close_sockets_and_stop(number: int, frame: FrameType | None) -> None:
        chat_hub_of(worker.wsgi).close()
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, close_sockets_and_stop)
