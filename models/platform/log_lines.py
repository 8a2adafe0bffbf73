"""
Buffered log lines, which are formatted and written together: writing each line separately would cost a request more
than its authentication.
"""

import atexit
import contextvars
import logging
import os
import threading
import time
from collections import deque

#: Maximum time that a line is buffered; warnings and errors are written at once.
MAX_WAIT_SECONDS = 0.1
#: Size of an atomic write to a pipe on Linux (POSIX guarantees 512): several processes write into one pipe, and lines
#: must not be interleaved.
PIECE = 4096  # bytes


class BufferedHandler(logging.Handler):
    """
    A handler that writes several lines at a time to standard error.

    A process that is killed loses the lines of its last tenth of a second; one that exits writes them.
    """

    def __init__(self) -> None:
        super().__init__()
        #: Each record with its context, which holds the bound facts.
        self._waiting: deque[tuple[contextvars.Context, logging.LogRecord]] = deque()
        #: Separate from logging's own lock, so that requests do not wait for formatting.
        self._writing = threading.RLock()
        self._process = 0  # the process of the writing thread, because threads and their buffers do not survive a fork
        atexit.register(self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        if self._process != os.getpid():
            self._process, self._waiting, self._writing = os.getpid(), deque(), threading.RLock()
            threading.Thread(target=self._write_periodically, name="log", daemon=True).start()
        self._waiting.append((contextvars.copy_context(), record))
        if record.levelno >= logging.WARNING:
            self.flush()

    def flush(self) -> None:
        if self._process != os.getpid():  # a copy of lines that the parent writes
            return
        with self._writing:
            piece = b""
            # Records are removed one at a time, because other threads append meanwhile.
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

    def _write_periodically(self) -> None:
        while True:
            time.sleep(MAX_WAIT_SECONDS)
            if self._waiting:
                self.flush()


def _write(content: bytes) -> None:
    try:
        while content:
            content = content[os.write(2, content) :]
    except OSError:  # the reader has closed the pipe
        return
