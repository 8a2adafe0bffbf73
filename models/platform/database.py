"""Connections to PostgreSQL."""

import select
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from models.platform import prepared_statements, tracing

#: A statement that runs longer than this is cancelled: nobody waits for it any more. Runs lift it for themselves.
STATEMENT_TIMEOUT_MS = 30_000
#: Waiting longer than this for a lock means something is stuck; failing lets the request be retried.
LOCK_TIMEOUT_MS = 10_000
#: A connection that nobody has used for longer is asked for a sign of life before it is given out.
IDLE_SECONDS = 10

#: A peer that has not answered for 20 s is gone (10 + 2 * 5 while nothing is sent; milliseconds for what was). As long
#: as a shard's lease: a machine that is cut off must not hold a market's lock longer than its shard.
DEAD = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}


def connect(
    url: str,
    *,
    pool_size: int = 5,
    max_overflow: int = 5,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    application: str = "leadmatch",
) -> Engine:
    """
    An engine with timeouts set, UTC, and dead connections found before use.

    Args:
        url: As :attr:`models.platform.settings.Settings.database_url`.
        pool_size: Connections kept open; *max_overflow* more are opened under load and closed after it.
        statement_timeout_ms: 0 for none.
        application: Shown in pg_stat_activity.
    """
    options = (
        f"-c timezone=UTC -c statement_timeout={statement_timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=300000"
        # What is asked for lies in memory or on an SSD: PostgreSQL's default, of turning disks, reads all of a small
        # table rather than look a row up.
        " -c random_page_cost=1.1"
        # The server lets go of a client that is cut off, and of its locks, rather than wait two hours (Linux's
        # default).
        f" -c tcp_keepalives_idle={DEAD['keepalives_idle']} -c tcp_keepalives_interval={DEAD['keepalives_interval']}"
        f" -c tcp_keepalives_count={DEAD['keepalives_count']} -c tcp_user_timeout={DEAD['tcp_user_timeout']}"
        " -c client_connection_check_interval=10000"
    )
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_use_lifo=True,  # the server process that was used last has its plans and pages at hand
        pool_timeout=10,
        hide_parameters=True,  # an error's text may reach a log, and parameters are people's data
        connect_args={"options": options, "connect_timeout": 5, "application_name": application, **DEAD},
    )
    _refuse_dead_connections(engine)
    prepared_statements.watch(engine)
    tracing.watch_statements(engine)
    return engine


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions on *engine*; objects stay readable after commit, since answers are rendered from them."""
    return sessionmaker(engine, expire_on_commit=False)


def reading_sessions(engine: Engine) -> sessionmaker[Session]:
    """
    Sessions whose statements stand alone, without a transaction; for what only reads. They refuse to write objects.
    """
    factory = sessionmaker(engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False)

    def refuse(_session: Session, _context: Any, _instances: Any) -> None:
        raise RuntimeError("this session only reads, but objects were changed in it")

    event.listen(factory, "before_flush", refuse)
    return factory


def _refuse_dead_connections(engine: Engine) -> None:
    """
    Have the pool open new connections where the server has closed the old ones.

    SQLAlchemy's pool_pre_ping asks the server every time, which under load is a fifth of what a short request costs.
    A server that stops closes its connections: their sockets have something to read although nothing was asked, and
    looking at a socket costs nothing. Only then, and after :data:`IDLE_SECONDS` (a firewall drops connections without
    a word), the server is asked.
    """

    def given_back(_connection: Any, record: Any) -> None:
        record.info["given_back_at"] = time.monotonic()

    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        idle = time.monotonic() - record.info.get("given_back_at", 0)
        if "given_back_at" not in record.info or (idle < IDLE_SECONDS and not _has_something_to_read(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("The server has closed this connection.") from error

    event.listen(engine, "checkin", given_back)
    event.listen(engine, "checkout", taken)


def _has_something_to_read(connection: Any) -> bool:
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
