"""How gunicorn serves the API."""

import os

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Threads, not gevent: psycopg2 and numpy block a gevent loop.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
timeout = 60
graceful_timeout = 20
keepalive = 5
# Two copies on one machine would share the control socket in the home folder.
control_socket_disable = True
accesslog = None  # the application logs requests itself, without query strings: those may hold tokens
forwarded_allow_ips = "127.0.0.1"
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # nosec B108
