"""Connections to PostgreSQL."""

import json
import select
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from models.platform import prepared_statements, tracing

#: A statement that runs longer is cancelled, since its client has given up. Rescoring runs lift the limit.
STATEMENT_TIMEOUT_MS = 30_000
#: A longer wait for a lock means that something is stuck; the failure lets the request be retried.
LOCK_TIMEOUT_MS = 10_000
#: How long a new connection, or a place in the pool, is waited for.
CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 10
#: A connection that was idle for longer is tested before the pool hands it out.
IDLE_SECONDS = 10

#: A peer that has not answered for 20 s counts as gone (10 + 2 * 5 while idle; milliseconds for data in flight). This
#: is as long as a shard's lease: a disconnected machine must not hold a market's lock longer than its shard.
KEEPALIVE_OPTIONS = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}

_DRIVER = "postgresql+leadmatch"


class QuickAutocommit(PGDialect_psycopg2):
    """
    psycopg2's dialect, but entering and leaving autocommit sends no statement, and some are executed by name
    (:mod:`models.platform.prepared_statements`).

    SQLAlchemy's events are not used for this, because without any, an engine creates and calls none for a connection.

    SQLAlchemy sets the isolation level each time. psycopg2 then sends one statement when a connection enters autocommit
    and another when it leaves it, which took two fifths of the time of a short reading session.
    """

    supports_statement_cache = True

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        if level == "AUTOCOMMIT":
            dbapi_connection.autocommit = True
        else:
            usual = level == self.default_isolation_level
            dbapi_connection.set_session(isolation_level="DEFAULT" if usual else level, autocommit=False)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: ExecutionContext | None = None) -> None:
        if context is not None and context.execution_options.get("prepared"):
            prepared_statements.execute(cursor, statement, parameters, context.root_connection.info)
        else:
            super().do_execute(cursor, statement, parameters, context)


registry.register(_DRIVER.replace("+", "."), __name__, QuickAutocommit.__name__)


def connect(
    url: str,
    *,
    pool_size: int = 5,
    max_overflow: int = 5,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    application: str = "leadmatch",
    one_plan_each: bool = False,
) -> Engine:
    """
    Return an engine with timeouts and the time zone UTC that tests doubtful connections before use.

    Args:
        url: As :attr:`models.platform.settings.Settings.database_url`.
        pool_size: Connections kept open; *max_overflow* more are opened under load and closed after it.
        statement_timeout_ms: 0 for none.
        application: Shown in pg_stat_activity.
        one_plan_each: Prepared statements are planned once. By default PostgreSQL plans each five times, and continues
            to plan those that seem cheaper with known parameters, although planning takes longer than executing.
    """
    options = (
        f"-c timezone=UTC -c statement_timeout={statement_timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=300000"
        # Data is in memory or on an SSD. PostgreSQL's default, for rotating disks, scans small tables instead of using
        # their indexes.
        " -c random_page_cost=1.1"
        # The server drops a disconnected client and its locks instead of waiting two hours (Linux's default).
        f" -c tcp_keepalives_idle={KEEPALIVE_OPTIONS['keepalives_idle']}"
        f" -c tcp_keepalives_interval={KEEPALIVE_OPTIONS['keepalives_interval']}"
        f" -c tcp_keepalives_count={KEEPALIVE_OPTIONS['keepalives_count']}"
        f" -c tcp_user_timeout={KEEPALIVE_OPTIONS['tcp_user_timeout']}"
        " -c client_connection_check_interval=10000"
    )
    if one_plan_each:
        options += " -c plan_cache_mode=force_generic_plan"
    engine = create_engine(
        make_url(url).set(drivername=_DRIVER),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_use_lifo=True,  # the most recently used server process has its plans and pages cached
        pool_timeout=POOL_TIMEOUT_SECONDS,
        json_deserializer=read_json,
        hide_parameters=True,  # an error's text may reach a log, and parameters are personal data
        connect_args={
            "options": options,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "application_name": application,
            **KEEPALIVE_OPTIONS,
        },
    )
    _refuse_dead_connections(engine)
    tracing.watch_statements(engine)
    return engine


def read_json(text: str) -> Any:
    """
    As json.loads, which takes twice as long for short values, because it looks for blanks around them. PostgreSQL puts
    none around jsonb; a page of a hundred cards has seven hundred such values.
    """
    try:
        return _JSON.raw_decode(text)[0]
    except json.JSONDecodeError:  # it begins with a blank
        return json.loads(text)


_JSON = json.JSONDecoder()


class _Session(Session):
    """
    A session that treats a transaction with a lost connection as rolled back, because the server does roll back the
    uncommitted writes of a lost client. Otherwise a finished answer, for example a 404, would become a 500 at the end
    of its request.
    """

    def rollback(self) -> None:
        try:
            super().rollback()
        except DBAPIError as error:
            self._discard_lost_connection(error)

    def close(self) -> None:
        try:
            super().close()
        except DBAPIError as error:
            self._discard_lost_connection(error)

    def _discard_lost_connection(self, error: DBAPIError) -> None:
        if not error.connection_invalidated:
            raise error
        self.invalidate()


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Return a factory of sessions whose objects stay readable after commit, since answers are rendered from them."""
    return sessionmaker(engine, class_=_Session, expire_on_commit=False)


def reading_sessions(engine: Engine) -> sessionmaker[Session]:
    """Return a factory of sessions for reading: each statement is its own transaction, and a flush raises an error."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    factory: sessionmaker[Session] = sessionmaker(autocommit, class_=_Session, expire_on_commit=False)

    def refuse(_session: Session, _context: Any, _instances: Any) -> None:
        raise RuntimeError("this session only reads, but objects were changed in it")

    event.listen(factory, "before_flush", refuse)
    return factory


def _refuse_dead_connections(engine: Engine) -> None:
    """
    Make the pool replace connections that the server has closed.

    SQLAlchemy's pool_pre_ping sends a statement every time, which under load is a fifth of the cost of a short request.
    A server that stops closes its connections: their sockets become readable without a request, and polling a socket
    costs next to nothing. A statement is sent only then, and after :data:`IDLE_SECONDS`, since firewalls drop idle
    connections silently.
    """

    def returned(_connection: Any, record: Any) -> None:
        record.info["returned_at"] = time.monotonic()

    def checked_out(connection: Any, record: Any, _proxy: Any) -> None:
        idle = time.monotonic() - record.info.get("returned_at", 0)
        if "returned_at" not in record.info or (idle < IDLE_SECONDS and not _is_readable(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("The server has closed this connection.") from error

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", checked_out)


def _is_readable(connection: Any) -> bool:
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
