"""
The parent of processes that tests start: it loads the code once, and forks for each of them.

    python -m tests.preloaded CONTROL LISTENER

Imports take most of the time until a worker or a web process is ready, and they are the same for all. So the processes
that share the tests also share one parent. Each connects to the socket LISTENER and sends its orders (`tests.forked`);
the first connection loads the code. The parent ends when the socket CONTROL closes. Modules that depend on the
environment (`worker.celery_app.app`, `api.server.wsgi`) are loaded after the fork, as by `python -m`.
"""

import contextlib
import gc
import json
import os
import runpy
import select
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
        from models.deals.recommendation_pages import build_queries
        from models.market.places import city_of

        city_of("Москва")
        wish_rows("первый этаж")
        origin_forms()
        build_queries()
        compile_templates()
    gc.collect()
    gc.freeze()


def serve(control: socket.socket, listener: socket.socket) -> None:
    """Fork for each order until *control* closes. When a client's connection closes, its processes are killed."""
    die = dies_with_parent(signal.SIGKILL) or (lambda: None)
    watchers: dict[socket.socket, set[int]] = {}
    while True:
        ready = select.select([control, listener, *watchers], [], [])[0]
        if control in ready:
            return
        if listener in ready:
            watchers[listener.accept()[0]] = set()
        for client in watchers.keys() & set(ready):
            message, descriptors = b"", []
            with contextlib.suppress(ConnectionResetError):
                message, descriptors, _, _ = socket.recv_fds(client, 1 << 20, 4)
            if not message:
                for watcher in watchers.pop(client):  # each takes its process with it
                    os.kill(watcher, signal.SIGKILL)
                client.close()
                continue
            watcher = os.fork()
            if watcher == 0:
                for each in (control, listener, *watchers):
                    each.close()
                die()
                watch(json.loads(message), die, *descriptors)
            watchers[client].add(watcher)
            for descriptor in descriptors:
                os.close(descriptor)
        with contextlib.suppress(ChildProcessError):  # reap those that have ended
            while ended := os.waitpid(-1, os.WNOHANG)[0]:
                for numbers in watchers.values():
                    numbers.discard(ended)


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


def main(control: socket.socket, listener: socket.socket) -> None:
    if control not in select.select([control, listener], [], [])[0]:  # a first client
        load()
        serve(control, listener)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as _control, socket.socket(fileno=int(sys.argv[2])) as _listener:
        main(_control, _listener)
