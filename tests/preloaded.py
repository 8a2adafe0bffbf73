"""
The parent of processes that tests start: it loads the code once, and forks for each of them.

    python -m tests.preloaded FD

Imports take most of the time until a worker or a web process is ready, and they are the same for all. Orders arrive
through the socket FD (`tests.forked`). Modules that depend on the environment (`worker.celery_app.app`,
`api.server.wsgi`) are loaded after the fork, as by `python -m`.
"""

import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import struct
import sys
from collections.abc import Callable
from importlib import import_module

from models.platform.loading import without_collector
from scripts.launcher.processes import dies_with_parent

#: The format in which a process id or an exit code is sent.
NUMBER = struct.Struct("!i")

#: Modules that workers, beats and web processes load in every environment.
LOADED = (
    "celery.bin.beat", "celery.bin.worker", "celery.apps.beat", "celery.apps.worker", "celery.concurrency.prefork",
    "celery.worker.consumer", "kombu.transport.redis", "redbeat",
    "worker.tasks", "worker.notification_tasks", "worker.search_tasks", "worker.leadgen_tasks",
    "worker.lists.warm_start",
    "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "api.server.slow_clients", "api.server.app",
    "scripts.cli", "scripts.commands.bot", "api.bot.process",
)  # fmt: skip


def load() -> None:
    """Load the code, and the data that gunicorn's master loads before its first fork (api/server/gunicorn.py)."""
    with without_collector():
        for name in LOADED:
            import_module(name)
        from api.console.kit.compiled_templates import compile_templates
        from matching.reading.json_rows import wish_rows
        from matching.reading.origins import origin_forms
        from models.market.places import city_of

        city_of("Москва")
        wish_rows("первый этаж")
        origin_forms()
        compile_templates()
    gc.collect()
    gc.freeze()


def serve(orders: socket.socket) -> None:
    """Fork for each order until the other end closes."""
    die = dies_with_parent(signal.SIGKILL) or (lambda: None)
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, 1 << 20, 4)
        if not message:
            return
        if os.fork() == 0:
            orders.close()
            die()
            watch(json.loads(message), die, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        with contextlib.suppress(ChildProcessError):  # reap those that have ended
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def watch(order: dict, die_with_parent: Callable[[], None], status: int, *streams: int) -> None:
    """Fork the process of *order*; write its id to *status*, and its exit code when it has ended."""
    process = os.fork()
    if process == 0:
        os.close(status)
        os.setsid()
        die_with_parent()
        become(order, streams)
        sys.exit()
    for descriptor in streams:
        os.close(descriptor)
    with contextlib.suppress(OSError):  # nobody reads the status any more
        os.write(status, NUMBER.pack(process))
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.write(status, NUMBER.pack(code))
    os._exit(0)


def become(order: dict, streams: tuple[int, ...]) -> None:
    """Run the module of *order* as `python -m` does, with its arguments, environment and streams."""
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
        os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = order["command"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    load()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        serve(control)
