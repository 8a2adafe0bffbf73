"""gunicorn's threaded worker, changed so that slow clients do not affect others.

gunicorn gives a connection a thread as soon as its first byte arrives, and the thread waits for the rest as long as the
client likes: a hundred clients that send a byte a second ("slowloris") would occupy every thread. Here the main loop
gathers a request without a thread until its head and a body of up to :data:`MAX_BUFFERED` bytes have arrived. A thread
waits only for the rest of larger bodies (uploads of signed-in users; others are refused before their body is read), and
only while the bytes arrive at a minimum pace.
"""

import errno
import re
import select
import selectors
import socket
import struct
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from api.server.garbage import after_answer

#: A request's head, and the gathered part of its body, must arrive within this time after the client began to send.
GATHER_SECONDS = 15.0
#: A stopping process waits this long for a connection that has sent nothing yet.
LINGER_SECONDS = 2.0
MAX_BUFFERED = 1024 * 1024  # bytes
LONGEST_HEAD = 64 * 1024  # bytes; more than gunicorn's parser accepts
#: The minimum pace of bytes that a thread waits for; like Apache's mod_reqtimeout, but for faster networks.
MIN_PACE = 2_000  # bytes a second
FIRST_BYTES_SECONDS = 10.0
#: A client that reads nothing of its answer for this long is disconnected.
SEND_SECONDS = 30

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*(?=\r\n)", re.IGNORECASE)
#: The body follows later, or its length is not known in advance.
_WAITS = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


def is_complete_request(received: bytes | bytearray) -> bool:
    r"""
    Whether the request, of which *received* has arrived so far, can be given to a thread.

    >>> is_complete_request(b"GET / HTTP/1.1\r\nHost: a\r\n"), is_complete_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    (False, True)
    >>> is_complete_request(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}")
    False
    """
    end = received.find(_HEAD_END)
    if end < 0:
        return len(received) > LONGEST_HEAD  # the parser will report the error
    head = received[: end + 2]
    length = _LENGTH.search(head)
    if length is None or _WAITS.search(head):
        return True
    whole = end + len(_HEAD_END) + int(length[1])
    return whole > MAX_BUFFERED or len(received) >= whole


class PacedSocket:
    """The socket that the parser reads in a thread; raises ConnectionResetError if the bytes arrive too slowly."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.begin()

    def begin(self) -> None:
        """Start gathering a request."""
        self._began, self._received = time.monotonic(), 0

    def recv(self, size: int) -> bytes:
        deadline = self._began + FIRST_BYTES_SECONDS + self._received / MIN_PACE
        if not is_readable(self._sock, deadline - time.monotonic()):
            raise ConnectionResetError(errno.ECONNRESET, "the client sends too slowly")  # as if it had left
        data = self._sock.recv(size)
        self._received += len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def is_readable(sock: socket.socket, seconds: float) -> bool:
    """Whether data arrives within this many seconds; uses poll, because select accepts no descriptor above 1023."""
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    return bool(waiting.poll(max(0.0, seconds) * 1000))


class Worker(ThreadWorker):
    """A gunicorn worker that gathers requests in its main loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Connection -> (the bytes that it has sent so far, the deadline for the rest).
        self._gathering: dict[TConn, tuple[bytearray, float]] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Called when a connection is new, or when it has data to read again after an answer."""
        if conn.parser is not None and conn.parser.unreader.buf.getvalue():
            super().enqueue_req(conn)  # the next request arrived together with the last
            return
        if not conn.initialized:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        conn.sock.setblocking(False)
        received = bytearray()
        if self._take(conn, received):  # the usual case: the request is complete
            self._hand_over(conn, received)
            return
        self._gathering[conn] = (received, time.monotonic() + GATHER_SECONDS)
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _sock: self._gather(conn))

    def handle(self, conn: TConn) -> Any:
        """Called in a thread of the pool: answer one request."""
        try:
            return super().handle(conn)
        finally:
            after_answer()

    def murder_pending(self) -> None:
        """Called in every round of the main loop, also while stopping: disconnect clients that are too slow."""
        super().murder_pending()
        now = time.monotonic()
        for conn, (received, deadline) in list(self._gathering.items()):
            if not self.alive and not received and deadline > now + LINGER_SECONDS:
                self._gathering[conn] = (received, now + LINGER_SECONDS)
            elif deadline <= now:
                self._end(conn)
                conn.close()
                self.nr_conns -= 1

    def _gather(self, conn: TConn) -> None:
        """Read what has arrived; give the connection a thread once it is enough."""
        received, _deadline = self._gathering[conn]
        if self._take(conn, received):
            self._end(conn)
            self._hand_over(conn, received)

    def _take(self, conn: TConn, received: bytearray) -> bool:
        """
        Append what has arrived to *received*; returns whether it is enough. Data of clients that have left is dropped.
        """
        try:
            data = conn.sock.recv(MAX_BUFFERED)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
            received.clear()
        received += data
        return not data or is_complete_request(received)

    def _hand_over(self, conn: TConn, received: bytearray) -> None:
        if not received:  # the client has disconnected
            conn.close()
            self.nr_conns -= 1
            return
        conn.data_ready = True
        conn.init()
        if not isinstance(conn.parser.unreader.sock, PacedSocket):
            conn.parser.unreader.sock = PacedSocket(conn.sock)
        conn.parser.unreader.sock.begin()
        conn.parser.unreader.unread(bytes(received))
        super().enqueue_req(conn)

    def _end(self, conn: TConn) -> None:
        del self._gathering[conn]
        self.poller.unregister(conn.sock)
