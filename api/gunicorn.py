"""How gunicorn serves the API."""

import os
import signal

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Threads, not gevent: psycopg2 and numpy block a gevent loop.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Most of them are for chat sockets, which hold a thread each: models.settings keeps the number that may.
threads = int(os.environ.get("WEB_THREADS", "96"))
timeout = 60
graceful_timeout = 20
keepalive = 5
# Two copies on one machine would share the control socket in the home folder.
control_socket_disable = True
accesslog = None  # the application logs requests itself, without query strings: those may hold tokens
forwarded_allow_ips = "127.0.0.1"
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # nosec B108


def post_worker_init(worker) -> None:
    """End the chat's sockets when the process is told to stop: their clients come back to another one at once."""
    stop = signal.getsignal(signal.SIGTERM)

    def close_sockets_and_stop(number, frame) -> None:
        worker.wsgi.extensions["switchboard"].close()
        stop(number, frame)

    signal.signal(signal.SIGTERM, close_sockets_and_stop)
