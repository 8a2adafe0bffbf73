"""Where the bytes of uploads are kept: a local folder, or an object store, by one URL (`MEDIA_URL`).

Anything fsspec speaks will do: ``file:///var/lib/leadmatch/media``, ``s3://bucket/prefix`` (with the package
s3fs), ``memory://media`` for tests.
"""

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO

import fsspec

from models.core.errors import BusyError, SettingsError

log = logging.getLogger(__name__)

#: What our own names look like. Nothing else is ever joined to the storage's folder.
NAME = re.compile(r"[A-Za-z0-9_-]{20,50}\.[a-z]{3,4}")

RETRY_AFTER_SECONDS = 30
#: How each protocol is told to give up before a request's client does: nobody waits a minute for a picture.
OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 2, "read_timeout": 10, "retries": {"max_attempts": 1}}},
}


class Storage:
    """
    Files by name in the folder at *url*. Methods raise BusyError where the storage does not answer.

    Raises:
        SettingsError: Nothing here speaks such a URL.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, self._folder = fsspec.core.url_to_fs(url, **OPTIONS.get(url.partition("://")[0], {}))
        except (ValueError, ImportError) as error:
            # The URL itself may hold credentials; what fsspec says of it names the protocol or the package that is
            # missing.
            raise SettingsError(f"MEDIA_URL is not usable: {error}") from None
        self._is_local = "file" in self._files.protocol
        self._files.retries = 2  # s3fs would try five times, with growing pauses; others do not look

    def put(self, name: str, content: bytes) -> None:
        """Store a new file, whole or not at all (a local file appears under its name once it is complete)."""
        path = self._path(name)
        with self._answering():
            if not self._is_local:
                self._put_away(path, content)
                return
            self._files.makedirs(self._folder, exist_ok=True)
            self._put_whole(path, content)

    def _put_whole(self, path: str, content: bytes) -> None:
        # Not fsspec's transactions: all threads of a process share one, and the file of one upload goes with the end of
        # another. A killed process leaves a name that is nobody's, and is cleared away as such.
        part = f"{path.rpartition('.')[0]}.part"
        try:
            with self._files.open(part, "wb") as file:
                file.write(content)
            self._files.mv(part, path)
        except BaseException:
            with suppress(OSError):
                self._files.rm_file(part)
            raise

    def _put_away(self, path: str, content: bytes) -> None:
        try:
            self._files.pipe_file(path, content)
        except FileNotFoundError as error:  # of the bucket, so no file of ours is missing
            raise OSError(errno.ENXIO, "there is no such bucket") from error

    def open(self, name: str) -> BinaryIO:
        """The file's content; raises FileNotFoundError."""
        with self._answering():
            return self._files.open(self._path(name), "rb")

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone already is fine."""
        try:
            with self._answering():
                self._files.rm_file(self._path(name))
        except FileNotFoundError:
            pass

    def names(self) -> list[tuple[str, datetime]]:
        """(name, time of its storing) of every file that is ours."""
        with self._answering():
            self._files.invalidate_cache()
            if not self._files.exists(self._folder):
                return []
            entries = self._files.ls(self._folder, detail=True)
        found = [(entry["name"].rstrip("/").rsplit("/", 1)[-1], _time_of(entry)) for entry in entries]
        return [(name, moment) for name, moment in found if NAME.fullmatch(name)]

    def _path(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return f"{self._folder.rstrip('/')}/{name}"

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """
        Raise BusyError for whatever keeps a storage from serving; an absent file and a full disk are told as they are.

        Every object store's library has errors of its own, which we do not import: any of them means the same to us.
        """
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            if self._is_local and (not isinstance(error, OSError) or error.errno in (errno.ENOSPC, errno.EDQUOT)):
                raise
            log.error("storage_unavailable", extra={"kind": type(error).__name__})
            raise BusyError("Files cannot be kept or read just now; try again soon.", RETRY_AFTER_SECONDS) from error


def _time_of(entry: dict) -> datetime:
    """When a file was stored, from what each file system calls it."""
    moment = entry.get("LastModified") or entry.get("created") or entry.get("mtime") or 0
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
