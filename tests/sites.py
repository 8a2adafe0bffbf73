"""A web site on this machine whose answers a test chooses: correct, slow, wrong or redirecting."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import serve_in_thread


class Site:
    """
    A web site; `answers` maps a path to a function of the request's headers that returns (status, headers, body).

    `requests` are the (path, headers) of the requests so far.
    """

    def __init__(self):
        self.answers = {}
        self.requests = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.requests.append((self.path, dict(self.headers)))
                answer = site.answers.get(self.path)
                status, headers, body = answer(self.headers) if answer else (404, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers and "Drip" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    if "Drip" in headers:
                        for start in range(0, len(body), 10):
                            self.wfile.write(body[start : start + 10])
                            self.wfile.flush()
                            if site.closing.wait(0.05):
                                return
                    else:
                        self.wfile.write(body)
                except OSError:
                    pass  # the client closed the connection, as it should

            def log_message(self, *_):
                pass

        self.closing = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        serve_in_thread(self.server)

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, path="/feed.xml", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def put(self, body, path="/feed.xml", status=200, **headers):
        self.answers[path] = lambda _: (
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
            body,
        )

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
