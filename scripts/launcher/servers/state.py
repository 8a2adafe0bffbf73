"""State of a server that is kept between starts, and the ports that it may use."""

import json
import os
import random
import re
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.errors import LaunchError

#: Below the ports that systems use for outgoing connections (Linux from 32768, macOS from 49152), so that a stored port
#: is still free at the next start.
PORTS = range(20_000, 32_000)

#: Marks of errors in the logs of PostgreSQL and Valkey, and the system's messages about a full disk.
_CAUSE = re.compile(
    r"\b(FATAL|PANIC|ERROR|HINT|DETAIL|initdb: error):|FATAL CONFIG|Fatal error|Bad file format"
    r"|Error (opening|trying|reading)|Can't (open|chdir|handle)"
    r"|No space left|Cannot allocate|Permission denied|Read-only file system"
)
MAX_CAUSES = 4  # lines of a log in one message

#: A longer log is renamed at the next start, replacing the previously renamed one.
MAX_LOG_SIZE = 10_000_000  # bytes


@dataclass
class Connection:
    """Port and password of a server, stored in its folder, readable by the owner only."""

    port: int
    password: str

    @classmethod
    def recall(cls, path: Path) -> "Connection":
        """Return the connection stored at *path*, or one with a new password and a free port."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return cls(port=free_port(), password=secrets.token_urlsafe(24))
        except (ValueError, TypeError):
            raise LaunchError(
                f"{path} is damaged: put it back from a copy, or delete the folder to start over"
            ) from None

    def keep(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self)))


def write_private(path: Path, text: str) -> None:
    """Write *text* to *path* atomically, even in case of a power cut; readable by the owner only."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # Otherwise a power cut may keep the new name without the text.
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on *port* now; a port in TIME_WAIT is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a random free port of 127.0.0.1, so that two instances rarely choose the same."""
    candidates = random.sample(PORTS, 200)
    for port in candidates:
        if is_free(port):
            return port
    raise LaunchError(f"no free port found between {PORTS.start} and {PORTS.stop}")


def open_log(path: Path) -> int:
    """Open a descriptor that appends to the log at *path*; the caller closes it."""
    if path.exists() and path.stat().st_size > MAX_LOG_SIZE:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def log_since(path: Path, start: int) -> str:
    """Return the text of a log from byte *start* on; empty if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def cause_in(log: str, count: int = 3) -> str:
    """
    Return why a server did not start, in one line: the errors in its log, otherwise the log's last *count* lines.

    A server first logs the cause and then its cleaning up, so the last lines alone would only show the latter.

    >>> cause_in("FATAL:  could not write: No space left on device\\nchild process ended\\nremoving contents\\ndone")
    'FATAL:  could not write: No space left on device'
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    causes = [line for line in lines if _CAUSE.search(line)]
    return " | ".join(list(dict.fromkeys(causes))[:MAX_CAUSES] or lines[-count:]) or "its log is empty"
