"""Files in which web processes count, mapped into memory so that each process can add up the counts of all.

prometheus_client creates them with holes, which are filled as counts are added. If the disk has no room to fill one, no
error is raised: the process is killed by SIGBUS, and so is the next one. Here the room is reserved before a file is
mapped; without room, the process counts in its own memory, and `/metrics` shows the others' counts.
"""

import logging
import mmap
import os
import struct
from contextlib import suppress

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

log = logging.getLogger(__name__)

INITIAL_BYTES = 1 << 16
#: What a process that finds no room keeps in memory: more than all routes and statuses together take.
MEMORY_BYTES = 1 << 23
#: Of an entry beside its key: its length, padding, value and time.
ENTRY_BYTES = 32


class ReservedDict(MmapedDict):
    """The library's dictionary of counts, in a file without holes, or in memory where the disk has no room."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode and not _reserve(filename, INITIAL_BYTES):
            filename = os.devnull
        if filename == os.devnull:
            self._f, self._fname, self._positions = None, filename, {}
            self._in_memory(b"")
        else:
            super().__init__(filename, read_mode)

    def _init_value(self, key: str) -> None:
        needed = self._used + len(key.encode()) + ENTRY_BYTES
        if needed > self._capacity and not _reserve(self._fname, 2 * self._capacity):
            self._in_memory(self._m[: self._used])
        super()._init_value(key)

    def close(self) -> None:
        """As the library's close; counts in memory are lost with the process."""
        if self._f is not None:
            super().close()

    def _in_memory(self, content: bytes) -> None:
        self._m = mmap.mmap(-1, MEMORY_BYTES)  # takes memory as it is written
        self._m[: len(content)] = content
        self._capacity = MEMORY_BYTES
        self._used = len(content) or 8
        if not content:
            self._m[:4] = struct.pack("i", self._used)


def use_reserved_files() -> None:
    """Keep all counts of this process in such files; call it before the first count is created."""
    setattr(values, "MmapedDict", ReservedDict)  # noqa: B010 - a class to mypy, which may not be assigned to


def _reserve(filename: str, size: int) -> bool:
    """Reserve *size* bytes for the file; returns whether there was room."""
    try:
        with open(filename, "ab") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:  # macOS: writing reserves the room
                file.write(bytes(max(0, size - os.fstat(file.fileno()).st_size)))
    except OSError as error:
        log.warning("counts_in_memory", extra={"reason": error.strerror})
        with suppress(OSError):
            if os.path.getsize(filename) < INITIAL_BYTES:
                os.unlink(filename)  # the process that adds up all files would fail on it
        return False
    return True
