"""
The files in which web processes count. They are mapped into memory, so that each process can add up the counts of all.

prometheus_client creates them as sparse files, whose blocks are allocated as counts are added. If the disk is full at
that moment, no error is raised: the process is killed by SIGBUS, and so is the next one. Here the space is reserved
before a file is mapped. Without space, the process counts in its own memory, and `/metrics` shows the others' counts.
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
#: The memory of a process that finds no space on the disk: more than all routes and statuses together need.
MEMORY_BYTES = 1 << 23
#: The bytes of an entry in addition to its key: its length, padding, value and time.
ENTRY_BYTES = 32


class ReservedDict(MmapedDict):
    """The library's dictionary of counts, in a file whose space is reserved, or in memory if the disk is full."""

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
        """Like the library's close; counts in memory are lost with the process."""
        if self._f is not None:
            super().close()

    def _in_memory(self, content: bytes) -> None:
        self._m = mmap.mmap(-1, MEMORY_BYTES)  # uses memory only as it is written
        self._m[: len(content)] = content
        self._capacity = MEMORY_BYTES
        self._used = len(content) or 8
        if not content:
            self._m[:4] = struct.pack("i", self._used)


def use_reserved_files() -> None:
    """Keep all counts of this process in such files. Call it before the first metric is created."""
    setattr(values, "MmapedDict", ReservedDict)  # noqa: B010 - a class to mypy, which may not be assigned to


def _reserve(filename: str, size: int) -> bool:
    """Reserve *size* bytes for the file; returns whether there was enough space."""
    try:
        with open(filename, "ab") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:  # macOS: writing reserves the space
                file.write(bytes(max(0, size - os.fstat(file.fileno()).st_size)))
    except OSError as error:
        log.warning("counts_in_memory", extra={"reason": error.strerror})
        with suppress(OSError):
            if os.path.getsize(filename) < INITIAL_BYTES:
                os.unlink(filename)  # otherwise the process that adds up all files would fail on it
        return False
    return True
