"""The system of this home, for measurements that leave rows behind: only on this machine and never in production."""

import sys
from urllib.parse import urlsplit

from sqlalchemy.orm import Session, sessionmaker

from models.platform.database import connect, sessions
from models.platform.settings import Settings
from scripts.launcher.home import load_home_environment


def own_system(application: str) -> tuple[Settings, sessionmaker[Session]]:
    """
    Return the settings of this home's system, and sessions on its database as *application*.

    Exits if the database is on another machine or in production.
    """
    load_home_environment()
    settings = Settings.for_command("REDIS_URL", "SECRET_KEY")
    if urlsplit(settings.database_url).hostname != "127.0.0.1" or settings.is_production:
        sys.exit("leadmatch: load is made only on this machine's own system, never in production")
    return settings, sessions(connect(settings.database_url, statement_timeout_ms=0, application=application))
