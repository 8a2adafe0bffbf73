"""The Idempotency-Key header: a write repeated with the same key gets the first answer again."""

import hashlib
from io import BytesIO
from typing import cast

from flask import Response, request

from api.http import access
from api.http.db import session
from api.http.operations import View, facts_of_request, with_facts
from api.http.request_state import current
from models.core.errors import InvalidValueError
from models.platform import idempotency

HEADER = "Idempotency-Key"
LONGEST_KEY = 200


def ignores_idempotency_key(view: View) -> View:
    """Let the operation ignore Idempotency-Key, because its request or answer holds a secret.

    A stored answer would contain a token, and the fingerprint of the body would be a fast hash of a password; anybody
    who could read the table would have them.
    """
    return with_facts(view, ignores_idempotency_key=True)


def stored_response() -> Response | None:
    """Return the first answer to this caller's key; if there is none, claim the key for this request.

    Raises:
        InvalidValueError: The key is not 1 to 200 printable ASCII characters.
        ConflictError: The key was used for another request.
    """
    key = request.headers.get(HEADER)
    caller = access.caller()
    if key is None or caller is None or request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return None
    if facts_of_request().ignores_idempotency_key:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidValueError(HEADER, "idempotency.key_form", location="headers", max=LONGEST_KEY)
    earlier = idempotency.claim(session(), caller, key, _fingerprint())
    if earlier is None or earlier.status is None:
        current().idempotency = (caller, key)
        return None
    answer = Response(earlier.body or b"", earlier.status, mimetype="application/json")
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def store_response(response: Response) -> None:
    """Store a successful answer under the claimed key, in the transaction of the write itself."""
    claimed = current().idempotency
    if claimed is not None and response.is_json and not response.is_streamed:
        current().idempotency = None
        caller, key = claimed
        idempotency.keep(session(), caller, key, response.status_code, response.get_data())


def _fingerprint() -> bytes:
    """SHA-256 of the request. A form's parts are hashed one by one, because its boundary differs with every attempt."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data(cache=True))
        return digest.digest()
    for name, value in sorted(request.form.items(multi=True)):
        digest.update(f"{len(name)}:{name}={len(value)}:{value}\n".encode())
    for name, upload in sorted(request.files.items(multi=True), key=lambda item: (item[0], item[1].filename or "")):
        digest.update(f"{len(name)}:{name}@{upload.filename}\n".encode())
        stream = cast(BytesIO, upload.stream)  # or a temporary file: both have the methods that file_digest needs
        digest.update(hashlib.file_digest(stream, "sha256").digest())
        upload.stream.seek(0)
    return digest.digest()
