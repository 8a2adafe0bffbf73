"""The most frequent query, read from the driver: SQLAlchemy's execution of it took as long as fetching its rows."""

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

import psycopg2
from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError

from models.platform import tracing
from models.platform.database import QuickAutocommit
from models.platform.prepared_statements import execute


class PreparedQuery:
    """
    A query that is built once, prepared once per connection, and whose rows are named tuples of psycopg2's values.

    SQLAlchemy's types do not convert these values: select columns whose values psycopg2 converts as wanted. Its events
    are not called either; errors and spans are the same as those of its own execution.
    """

    def __init__(self, query: Select[Any]) -> None:
        compiled = query.compile(dialect=QuickAutocommit())
        self.statement = str(compiled)
        self._constants = compiled.params
        self._row: Any = namedtuple("Row", query.selected_columns.keys())  # type: ignore[misc]  # no literal names

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """
        Return all rows.

        Args:
            connection: In autocommit, or in a transaction that SQLAlchemy has begun: this does not begin one.
        Raises:
            DBAPIError: As :meth:`sqlalchemy.Connection.execute` raises it.
        """
        driver: Any = connection.connection
        span = tracing.begin("SELECT", "CLIENT", **{"db.system": "postgresql"})
        try:
            with driver.cursor() as cursor:
                execute(cursor, self.statement, {**self._constants, **parameters}, connection.info)
                found = cursor.fetchall()
        except psycopg2.Error as error:
            tracing.end(span, failed=True)
            raise self._translated(error, connection) from error
        tracing.end(span)
        return list(map(self._row._make, found))

    def _translated(self, error: psycopg2.Error, connection: Connection) -> BaseException:
        """SQLAlchemy's error for *error*; a lost connection leaves the pool."""
        is_lost = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
        if is_lost:
            connection.invalidate(error)
        return DBAPIError.instance(
            self.statement, None, error, psycopg2.Error, hide_parameters=True, connection_invalidated=is_lost
        )
