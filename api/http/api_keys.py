"""
The access check for programs: an API key in `X-API-Key`. In the `local` environment the key is optional.
"""

from collections.abc import Callable
from uuid import UUID

from flask import request

from api.http.access import proved_by
from api.http.db import session
from api.http.request_state import current
from api.http.services import services
from models.accounts.api_keys import REFUSED, is_valid, use_api_key
from models.core.errors import NotSignedInError

HEADER = "X-API-Key"


def api_key_or_local() -> None:
    """Allow callers with a valid key, and in `local` callers without one; the caller becomes "key:<id>" or "local".

    Raises:
        NotSignedInError: The key is wrong or revoked, or it is required and missing.
    """
    key = request.headers.get(HEADER)
    if key is None:
        if services().settings.is_local:
            current().caller = "local"
            return
        raise NotSignedInError(REFUSED)
    row = use_api_key(session(), key)
    current().caller, current().key_id, current().niche_id = f"key:{row.id}", row.id, row.niche_id
    # The use is recorded and committed at once. A row lock held until the request ends would make all requests with the
    # same key wait for each other.
    session().commit()


def key_checker() -> Callable[[], bool]:
    """Return a function that checks whether the caller's key is still valid; it also works after the request."""
    key_id, sessions = current().key_id, services().reading_sessions

    def is_authorized() -> bool:
        if key_id is None:
            return True  # a caller without a key, in `local`
        with sessions() as session:
            return is_valid(session, key_id)

    return is_authorized


def stream_holder() -> str | None:
    """
    The name under which the event streams of the caller's key are counted (api/http/long_lived.py); None without a key.
    """
    return current().caller if current().key_id is not None else None


def niche_scope() -> UUID | None:
    """The only niche that the caller's key may use; None for a key without this restriction."""
    return current().niche_id


#: Marks an operation as one for programs.
with_api_key = proved_by(api_key_or_local, name="api key", scheme="api_key")
