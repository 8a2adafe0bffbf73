"""Emptying a database between tests."""

import threading

import psycopg2
from psycopg2 import sql

#: A table whose file is larger than this is truncated, which frees the file. For smaller ones, deleting is far cheaper:
#: truncating creates a new file for every index of the table and of all tables that refer to it.
LARGE = 1 << 20  # bytes

_known: dict[str, "_Cleaner"] = {}
_lock = threading.Lock()


def empty_tables(url: str) -> None:
    """Wait until nobody writes to the database at *url* and empty every table; sequences are not reset."""
    with _lock:
        cleaner = _known.pop(url, None)
        try:
            if cleaner is None:
                cleaner = _Cleaner(url)
            cleaner.clean()
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if cleaner is None or isinstance(error, psycopg2.errors.LockNotAvailable):
                raise
            cleaner = _Cleaner(url)  # The server was restarted since the last time.
            cleaner.clean()
        _known[url] = cleaner


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
