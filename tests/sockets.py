"""Applications of this process behind a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from api.portal.chat_hub import chat_hub_of
from tests.serving import serve_in_thread

#: The lifetime in seconds of streams that must not end while a test reads them, however slow the machine is.
FOR_EVER = 10_000.0


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """
    The address (host:port) of *app* behind a socket while the block runs.

    At its end all requests are waited for, so that none is still at work in the next test: a stream must notice soon
    that its reader has left.
    """
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = False  # The server joins only such threads when it closes.
    thread = serve_in_thread(server)
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        chat_hub_of(app).close()
        server.shutdown()
        thread.join()
        server.server_close()
