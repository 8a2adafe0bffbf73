"""The database as commands use it: one transaction, committed when the command's work went well."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from models.database import connect, sessions
from models.errors import SettingsError
from models.settings import database_url


@contextmanager
def transaction() -> Iterator[Session]:
    """A session on the running system's database; committed at the end, undone by an error."""
    # Not all of Settings: a command given on another machine knows the database and need not know the secrets.
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise SettingsError("DATABASE_URL is not set; `leadmatch run` sets it, elsewhere give it in the environment")
    engine = connect(database_url(url), pool_size=1, max_overflow=0, application="leadmatch command")
    try:
        with sessions(engine)() as session:
            yield session
            session.commit()
    finally:
        engine.dispose()
