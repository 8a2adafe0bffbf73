"""Where the bytes of uploads are kept: a local folder, or an object store, by one URL (`MEDIA_URL`).

Anything fsspec speaks will do: ``file:///var/lib/leadmatch/media``, ``s3://bucket/prefix`` (with the package
s3fs), ``memory://media`` for tests.
"""

import re
from datetime import UTC, datetime
from typing import BinaryIO

import fsspec

#: What our own names look like. Nothing else is ever joined to the storage's folder.
NAME = re.compile(r"[A-Za-z0-9_-]{20,50}\.[a-z]{3,4}")


class Storage:
    """Files by name in the folder at *url*. Methods raise OSError where the storage does not answer."""

    def __init__(self, url: str) -> None:
        self._files, self._folder = fsspec.core.url_to_fs(url)

    def put(self, name: str, content: bytes) -> None:
        """Store a new file, whole or not at all (a local file appears under its name once it is complete)."""
        path = self._path(name)
        self._files.makedirs(self._folder, exist_ok=True)
        if "file" in self._files.protocol:
            with self._files.transaction, self._files.open(path, "wb") as file:
                file.write(content)
        else:
            self._files.pipe_file(path, content)

    def open(self, name: str) -> BinaryIO:
        """The file's content; raises FileNotFoundError."""
        return self._files.open(self._path(name), "rb")

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone already is fine."""
        try:
            self._files.rm_file(self._path(name))
        except FileNotFoundError:
            pass

    def names(self) -> list[tuple[str, datetime]]:
        """(name, time of its storing) of every file that is ours."""
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


def _time_of(entry: dict) -> datetime:
    """When a file was stored, from what each file system calls it."""
    moment = entry.get("LastModified") or entry.get("created") or entry.get("mtime") or 0
    if isinstance(moment, int | float):
        return datetime.fromtimestamp(moment, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
