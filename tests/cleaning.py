"""Emptying a database between tests, and storing the same rows again in an empty one."""

import io
import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg2
from psycopg2 import sql

#: A table whose file is larger than this is truncated, which frees the file. For smaller ones, deleting is far cheaper:
#: truncating creates a new file for every index of the table and of all tables that refer to it.
LARGE = 1 << 20  # bytes

#: Rows by table, in the format of COPY.
Rows = dict[str, bytes]
Result = TypeVar("Result")

_known: dict[str, "_Cleaner"] = {}
_lock = threading.Lock()


def empty_tables(url: str) -> None:
    """Wait until nobody writes to the database at *url* and empty every table; sequences are not reset."""
    _with_cleaner(url, _Cleaner.clean)


def read_rows(url: str) -> Rows:
    """The committed rows of every table of the database at *url* that has any."""
    return _with_cleaner(url, _Cleaner.read)


def store_rows(url: str, rows: Rows) -> None:
    """Store rows that `read_rows` returned, with their ids, times and transactions; no trigger runs."""
    _with_cleaner(url, lambda cleaner: cleaner.store(rows))


def _with_cleaner(url: str, do: Callable[["_Cleaner"], Result]) -> Result:
    with _lock:
        cleaner = _known.pop(url, None)
        try:
            if cleaner is None:
                cleaner = _Cleaner(url)
            result = do(cleaner)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if cleaner is None or isinstance(error, psycopg2.errors.LockNotAvailable):
                raise
            cleaner = _Cleaner(url)  # The server was restarted since the last time.
            result = do(cleaner)
        _known[url] = cleaner
        return result


class _Cleaner:
    """A connection that stays open, with a prepared query for the tables that have rows."""

    def __init__(self, url: str) -> None:
        # In the role of a replica it checks no foreign keys, which is safe because all tables are emptied.
        options = "-c lock_timeout=60000 -c session_replication_role=replica"
        self._connection = psycopg2.connect(url.replace("+psycopg2", ""), options=options, application_name="cleaning")
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename != 'alembic_version'"
            )
            tables = [sql.Identifier(name) for (name,) in cursor.fetchall()]
            self._lock = sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.SQL(", ").join(tables))
            part = "(SELECT {name}, pg_relation_size({name}::regclass) > {large} FROM {table} LIMIT 1)"
            parts = [
                sql.SQL(part).format(name=sql.Literal(table.string), large=sql.Literal(LARGE), table=table)
                for table in tables
            ]
            cursor.execute(sql.SQL("PREPARE filled AS {}").format(sql.SQL(" UNION ALL ").join(parts)))

    def clean(self) -> None:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(self._lock)  # Waits for transactions that still write.
            cursor.execute("EXECUTE filled")
            filled = cursor.fetchall()
            large = [sql.Identifier(name) for name, is_large in filled if is_large]
            if large:
                cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(large)))
            small = [sql.Identifier(name) for name, is_large in filled if not is_large]
            if small:
                cursor.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in small))

    def read(self) -> Rows:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("EXECUTE filled")
            return {name: self._copied(cursor, name) for name, _ in cursor.fetchall()}

    @staticmethod
    def _copied(cursor: psycopg2.extensions.cursor, table: str) -> bytes:
        rows = io.BytesIO()
        cursor.copy_expert(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table)), rows)
        return rows.getvalue()

    def store(self, rows: Rows) -> None:
        with self._connection, self._connection.cursor() as cursor:
            for table, content in rows.items():
                cursor.copy_expert(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table)), io.BytesIO(content))
