"""Who may call lead generation: programs with an API key."""

from flask import current_app

from api.access import proved_by
from models.errors import NotSignedInError


def _key_or_local() -> None:
    if current_app.extensions["settings"].environment == "production":
        raise NotSignedInError("Send a valid API key as X-API-Key.")


with_api_key = proved_by(_key_or_local, name="api key", scheme="api_key")
