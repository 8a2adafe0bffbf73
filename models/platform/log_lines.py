"""
Log lines put into words and written together, a moment later: a line by itself costs a request more than its sign-in.
"""

import atexit
import contextvars
import logging
import os
import threading
import time
from collections import deque

#: So long a line may wait. Warnings and errors wait for nothing.
PATIENCE_SECONDS = 0.1
#: What a pipe takes in one piece (POSIX allows no less than 512, Linux takes 4096): several processes write into one,
#: and lines must not be torn.
PIECE = 4096  # bytes


class Unhurried(logging.Handler):
    """
    Writes to standard error, several lines at a time.

    A process that is killed loses the lines of its last tenth of a second; one that ends writes them.
    """

    def __init__(self) -> None:
        super().__init__()
        #: With what was bound to the context when they came.
        self._waiting: deque[tuple[contextvars.Context, logging.LogRecord]] = deque()
        #: Apart from logging's own lock, which requests take: they need not wait for lines to be put into words.
        self._writing = threading.RLock()
        self._process = 0  # whose thread writes: threads do not survive a fork, nor are the lines before it ours
        atexit.register(self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        if self._process != os.getpid():
            self._process, self._waiting, self._writing = os.getpid(), deque(), threading.RLock()
            threading.Thread(target=self._write_now_and_then, name="log", daemon=True).start()
        self._waiting.append((contextvars.copy_context(), record))
        if record.levelno >= logging.WARNING:
            self.flush()

    def flush(self) -> None:
        with self._writing:
            piece = b""
            # One by one: others add to it meanwhile, and to take the whole of it away could leave one behind.
            while self._waiting:
                context, record = self._waiting.popleft()
                line = context.run(self._line, record)
                if piece and len(piece) + len(line) > PIECE:
                    _write(piece)
                    piece = b""
                piece += line
            if piece:
                _write(piece)

    def _line(self, record: logging.LogRecord) -> bytes:
        try:
            return (self.format(record) + "\n").encode(errors="backslashreplace")
        except Exception:
            self.handleError(record)
            return b""

    def _write_now_and_then(self) -> None:
        while True:
            time.sleep(PATIENCE_SECONDS)
            if self._waiting:
                self.flush()


def _write(content: bytes) -> None:
    try:
        while content:
            content = content[os.write(2, content) :]
    except OSError:  # nobody listens any more
        return
