"""Storage of uploaded files: a local folder or an object store, named by one URL (`MEDIA_URL`).

Every protocol of fsspec works: ``file:///var/lib/leadmatch/media``, ``s3://bucket/prefix`` (with the package
s3fs), ``memory://media`` for tests.
"""

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO
from urllib.parse import unquote

from models.core.errors import BusyError, SettingsError

log = logging.getLogger(__name__)

#: The pattern of our own names. No other name is ever joined to the storage's folder.
NAME = re.compile(r"[A-Za-z0-9_-]{20,50}\.[a-z]{3,4}")

RETRY_AFTER_SECONDS = 30
#: Options by protocol that make the storage fail before a request's client times out.
OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 2, "read_timeout": 10, "retries": {"max_attempts": 1}}},
}


class Storage:
    """
    Files by name in the folder at *url*. Methods raise BusyError when the storage does not answer.

    Raises:
        SettingsError: No installed package supports the URL's protocol.
    """

    def __init__(self, url: str) -> None:
        import fsspec  # late: rows of uploads import this module, but most commands need no storage

        scheme, _, rest = url.partition("://")
        try:
            if scheme == "file":
                # fsspec is not used for this, because it treats the percent-encoded form of the path as its name.
                self._files, self._folder = fsspec.filesystem("file"), unquote(rest)
            else:
                self._files, self._folder = fsspec.core.url_to_fs(url, **OPTIONS.get(scheme, {}))
        except (ValueError, ImportError) as error:
            # The URL may hold credentials; fsspec's message names only the protocol or the missing package.
            raise SettingsError(f"MEDIA_URL is not usable: {error}") from None
        self._is_local = "file" in self._files.protocol
        self._files.retries = 2  # s3fs would try five times, with growing pauses; other file systems ignore this

    def put(self, name: str, content: bytes) -> None:
        """Store a new file completely or not at all (a local file appears under its name once it is complete)."""
        path = self._path(name)
        with self._answering():
            if not self._is_local:
                self._put_object(path, content)
                return
            self._files.makedirs(self._folder, exist_ok=True)
            self._put_whole(path, content)

    def _put_whole(self, path: str, content: bytes) -> None:
        # fsspec's transactions are not used: all threads of a process share one, so the end of one upload would move
        # the file of another. A killed process leaves a file without a row, which the cleaning task deletes.
        part = f"{path.rpartition('.')[0]}.part"
        try:
            with self._files.open(part, "wb") as file:
                file.write(content)
            self._files.mv(part, path)
        except BaseException:
            with suppress(OSError):
                self._files.rm_file(part)
            raise

    def _put_object(self, path: str, content: bytes) -> None:
        try:
            self._files.pipe_file(path, content)
        except FileNotFoundError as error:  # the bucket is missing, not a file of ours
            raise OSError(errno.ENXIO, "there is no such bucket") from error

    def open(self, name: str) -> BinaryIO:
        """Open the file for reading; raises FileNotFoundError."""
        with self._answering():
            return self._files.open(self._path(name), "rb")

    def remove(self, name: str) -> None:
        """Delete a file; an absent file is no error."""
        try:
            with self._answering():
                self._files.rm_file(self._path(name))
        except FileNotFoundError:
            pass

    def names(self) -> list[tuple[str, datetime]]:
        """Return (name, time of storing) of every file with a name of ours."""
        with self._answering():
            self._files.invalidate_cache()
            if not self._files.exists(self._folder):
                return []
            entries = self._files.ls(self._folder, detail=True)
        files = [(entry["name"].rstrip("/").rsplit("/", 1)[-1], _time_of(entry)) for entry in entries]
        return [(name, moment) for name, moment in files if NAME.fullmatch(name)]

    def _path(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return f"{self._folder.rstrip('/')}/{name}"

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """
        Raise BusyError for any error of the storage, except an absent file and a full disk, which pass unchanged.

        Each object store's library has its own errors, which are not imported here; all are treated alike.
        """
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            if self._is_local and (not isinstance(error, OSError) or error.errno in (errno.ENOSPC, errno.EDQUOT)):
                raise
            log.error("storage_unavailable", extra={"kind": type(error).__name__})
            raise BusyError("storage.away", RETRY_AFTER_SECONDS) from error


def _time_of(entry: dict) -> datetime:
    """Return when a file was stored, from the field of its file system."""
    moment = entry.get("LastModified") or entry.get("created") or entry.get("mtime") or 0
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
