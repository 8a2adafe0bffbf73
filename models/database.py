"""Connections to PostgreSQL."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

#: A statement that runs longer than this is cancelled: nobody waits for it any more. Runs lift it for themselves.
STATEMENT_TIMEOUT_MS = 30_000
#: Waiting longer than this for a lock means something is stuck; failing lets the request be retried.
LOCK_TIMEOUT_MS = 10_000

#: A peer that has not answered for 20 s is gone (10 + 2 * 5 while nothing is sent; milliseconds for what was). As long as
#: a shard's lease: a machine that is cut off must not hold a market's lock longer than its shard.
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
        url: As :attr:`models.settings.Settings.database_url`.
        pool_size: Connections kept open; *max_overflow* more are opened under load and closed after it.
        statement_timeout_ms: 0 for none.
        application: Shown in pg_stat_activity.
    """
    options = (
        f"-c timezone=UTC -c statement_timeout={statement_timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=300000"
        # The server lets go of a client that is cut off, and of its locks, rather than wait two hours (Linux's default).
        f" -c tcp_keepalives_idle={DEAD['keepalives_idle']} -c tcp_keepalives_interval={DEAD['keepalives_interval']}"
        f" -c tcp_keepalives_count={DEAD['keepalives_count']} -c tcp_user_timeout={DEAD['tcp_user_timeout']}"
        " -c client_connection_check_interval=10000"
    )
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_pre_ping=True,
        pool_timeout=10,
        hide_parameters=True,  # an error's text may reach a log, and parameters are people's data
        connect_args={"options": options, "connect_timeout": 5, "application_name": application, **DEAD},
    )


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions on *engine*; objects stay readable after commit, since answers are rendered from them."""
    return sessionmaker(engine, expire_on_commit=False)
