"""Sessions for commands."""

from sqlalchemy.orm import Session, sessionmaker

from models.database import connect, sessions
from models.settings import Settings


def session_factory(settings: Settings) -> sessionmaker[Session]:
    """Sessions on the system's database. No statement timeout: what a person has asked for may take long."""
    return sessions(connect(settings.database_url, pool_size=2, statement_timeout_ms=0, application="leadmatch command"))
