"""
The access check of programs: an API key in `X-API-Key`. In `local` the key may be left out, to make first steps easy.
"""

from uuid import UUID

from flask import request

from api.http.access import proved_by
from api.http.db import session
from api.http.request_state import current
from api.http.services import services
from models.accounts.api_keys import REFUSED, use_api_key
from models.core.errors import NotSignedInError

HEADER = "X-API-Key"


def api_key_or_local() -> None:
    """Allow callers with a valid key, and in `local` callers without one; the caller becomes "key:<id>" or "local".

    Raises:
        NotSignedInError: The key is wrong or revoked, or missing where it is required.
    """
    key = request.headers.get(HEADER)
    if key is None:
        if services().settings.is_local:
            current().caller = "local"
            return
        raise NotSignedInError(REFUSED)
    row = use_api_key(session(), key)
    current().caller, current().niche_id = f"key:{row.id}", row.niche_id
    # The use is noted at once: held until the request ends, the row's lock would queue up all who share the key.
    session().commit()


def niche_scope() -> UUID | None:
    """The only niche that the caller's key may use; None for a key without this restriction."""
    return current().niche_id


#: Marks an operation as one for programs.
with_api_key = proved_by(api_key_or_local, name="api key", scheme="api_key")
