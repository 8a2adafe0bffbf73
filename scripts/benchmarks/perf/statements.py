"""The number of statements sent to PostgreSQL, by its module pg_stat_statements; load does not change this number."""

from pathlib import Path

import psycopg2
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from scripts.launcher.home import Home

MODULE = "pg_stat_statements"
#: Not counted: the measurement itself (scripts.benchmarks.bench.run.write, and this package), and commands like COMMIT.
NOT_COUNTED = (
    "^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|DISCARD)"
    "|pg_stat_statements|pg_current_wal_lsn"
    "|^SELECT (version >=|city_key IS NULL)"
    "|^UPDATE (leads|properties) SET (budget_max|price|status) .* RETURNING version$"
)


def ask_for_module(home: Path) -> None:
    """Configure the running PostgreSQL of *home* to count statements from its next start on."""
    url = Home(home).read_environment()["DATABASE_URL"].replace("+psycopg2", "")
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET shared_preload_libraries = '{MODULE}'")
    connection.close()


class Statements:
    """Counts the statements of a database for which the module was enabled."""

    def __init__(self, factory: sessionmaker[Session]) -> None:
        self._factory = factory
        with factory() as session:
            session.execute(text(f"CREATE EXTENSION IF NOT EXISTS {MODULE}"))
            session.commit()

    def count(self) -> int:
        """The number of statements so far, without those of the measurement."""
        with self._factory() as session:
            query = text(f"SELECT sum(calls) FROM {MODULE} WHERE query !~ :own")  # noqa: S608 - a constant
            return int(session.scalar(query, {"own": NOT_COUNTED}) or 0)
