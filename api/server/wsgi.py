"""The WSGI entry point of gunicorn: `api.server.wsgi:app`."""

import sys

from api.server.app import create_app
from models.core.errors import SettingsError
from models.platform import logs
from models.platform.settings import Settings

try:
    settings = Settings.from_env()
    logs.configure(settings.environment, settings.log_level, buffered=True)
    app = create_app(settings)
except SettingsError as error:
    sys.exit(f"leadmatch: {error}")
