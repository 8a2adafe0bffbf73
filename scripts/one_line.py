"""Printing errors that the user can fix in one line without a traceback, for every program that people call."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from models.core.errors import DomainError
from models.platform.checkout import default_home
from models.translations.catalogue import describe_error

#: Errors of files that a user has named.
NAMED = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EEXIST)

#: SQLSTATE of a missing table.
NO_TABLE = "42P01"


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """For an error that the user can fix, print a line and exit with code 1; raise any other error again."""
    try:
        yield
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        print(f"leadmatch: {line}", file=sys.stderr)
        sys.exit(1)


def one_line(error: Exception) -> str | None:
    """Return a line about *error*, or None if it is a bug, which needs a traceback."""
    if isinstance(error, DomainError):
        return describe_error("en", error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return f"{error.filename or 'a file'} cannot be written: {error.strerror}"
    if isinstance(error, OSError) and error.filename is not None and error.errno in NAMED:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    kind = type(error)
    package = kind.__module__.split(".")[0]
    # Compared by name, because importing the drivers' errors would slow down every command.
    if kind.__name__ == "ProgrammingError" and getattr(getattr(error, "orig", error), "pgcode", None) == NO_TABLE:
        return "the database has no schema of this release yet: leadmatch db upgrade"
    if kind.__name__ in ("OperationalError", "InterfaceError") and package in ("sqlalchemy", "psycopg2"):
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        return f"the database does not answer ({reason}){_hint('DATABASE_URL')}"
    if package == "redis" and any(base.__name__ in ("ConnectionError", "TimeoutError") for base in kind.__mro__):
        return f"Redis does not answer ({error}){_hint('REDIS_URL')}"
    return None


def _hint(variable: str) -> str:
    return f": is `leadmatch run` up in {os.environ.get('LEADMATCH_HOME') or default_home()}, or {variable} right?"
