"""What gunicorn serves: `api.wsgi:app`."""

import sys

from api.app import create_app
from models import logs
from models.errors import SettingsError
from models.settings import Settings

try:
    settings = Settings.from_env()
    logs.configure(settings.environment, settings.log_level, unhurried=True)
    app = create_app(settings)
except SettingsError as error:
    sys.exit(f"leadmatch: {error}")
