"""Servers of the standard library that run in a thread of the tests' process."""

import socketserver
import threading

#: How often a server checks for its end. With the default, each test would wait for up to half a second at its end.
POLL_SECONDS = 0.01


def serve_in_thread(server: socketserver.BaseServer) -> threading.Thread:
    """Serve in a new thread, which ends soon after `server.shutdown()`."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    return thread
