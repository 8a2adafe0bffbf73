"""Sessions for commands."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

import models.all_tables  # noqa: F401 - sessions need every table
from models.platform.database import connect, sessions
from models.platform.settings import Settings


def session_factory(settings: Settings) -> sessionmaker[Session]:
    """Return sessions on the system's database, without a statement timeout, because commands may take long."""
    return sessions(
        connect(settings.database_url, pool_size=2, statement_timeout_ms=0, application="leadmatch command")
    )


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session on the running system's database; committed at the end, rolled back by an error."""
    with session_factory(Settings.for_command())() as session:
        yield session
        session.commit()
