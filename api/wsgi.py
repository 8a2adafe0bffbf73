"""What gunicorn serves: `api.wsgi:app`."""

import sys

from api.app import create_app
from models.errors import SettingsError
from models.settings import Settings

try:
    app = create_app(Settings.from_env())
except SettingsError as error:
    sys.exit(f"leadmatch: {error}")
