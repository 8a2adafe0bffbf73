"""A small round-robin TCP balancer in front of web processes."""

import contextlib
import itertools
import socket
import threading


class Balancer:
    """Accepts connections on its own port and forwards each to one of :attr:`ports`, in turn."""

    def __init__(self, *ports: int) -> None:
        self._ports, self._turn, self._lock = list(ports), itertools.count(), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def add(self, port: int) -> None:
        with self._lock:
            self._ports.append(port)

    def remove(self, port: int) -> None:
        """Send no new connections to *port*; open ones stay until the process closes them."""
        with self._lock:
            self._ports.remove(port)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    port = self._ports[next(self._turn) % len(self._ports)]
                server = socket.create_connection(("127.0.0.1", port))
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            end.shutdown(how)
