"""Sessions for commands."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session, sessionmaker

from models.platform.database import connect, sessions
from models.platform.settings import Settings


def session_factory(settings: Settings) -> sessionmaker[Session]:
    """Sessions on the system's database. No statement timeout: what a person has asked for may take long."""
    return sessions(
        connect(settings.database_url, pool_size=2, statement_timeout_ms=0, application="leadmatch command")
    )


@contextmanager
def transaction() -> Iterator[Session]:
    """A session on the running system's database; committed at the end, undone by an error."""
    with session_factory(Settings.from_env())() as session:
        yield session
        session.commit()
