"""The access check of programs: an API key in `X-API-Key`. In `local` it may be left out: a first try needs none."""

from flask import request

from api.http.access import proved_by
from api.http.db import session
from api.http.request_state import current
from api.http.services import services
from models.accounts.api_keys import REFUSED, use_api_key
from models.core.errors import NotSignedInError

HEADER = "X-API-Key"


def api_key_or_local() -> None:
    """
    Let in who sends a valid key, and in `local` who sends none; the caller becomes "key:<id>" or "local".

    Raises:
        NotSignedInError: The key is wrong or revoked, or missing where it is required.
    """
    key = request.headers.get(HEADER)
    if key is None:
        if services().settings.is_local:
            current().caller = "local"
            return
        raise NotSignedInError(REFUSED)
    current().caller = f"key:{use_api_key(session(), key).id}"
    # The use is noted at once: held until the request ends, the row's lock would queue up all who share the key.
    session().commit()


#: Marks an operation as one for programs.
with_api_key = proved_by(api_key_or_local, name="api key", scheme="api_key")
