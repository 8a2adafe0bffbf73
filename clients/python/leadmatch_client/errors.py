"""The API's error answers as exceptions.

ApiError
├── InvalidError        400, 413, 415, 422: the request is invalid; `errors` says where
├── NotSignedInError    401
├── NotAllowedError     403
├── NotFoundError       404
├── ConflictError       409, 412: a duplicate, a wrong state, another version
├── TooManyError        429, after the retries
└── UnavailableError    500 and above, after the retries
"""

from typing import Any

import httpx


class ApiError(Exception):
    """
    The API answered with an error.

    Attributes:
        status: The HTTP status.
        code: The kind of error, for programs: ``lead.not_found``. Empty if a proxy answered instead of the API.
        facts: The values that the error concerns, by name.
        errors: The errors of single fields, by place (json, query, ...) and path.
        request_id: The id of the request in the server's log.
    """

    def __init__(self, response: httpx.Response) -> None:
        body: Any = None
        if response.headers.get("Content-Type", "").startswith("application/json"):
            try:
                body = response.json()
            except ValueError:
                pass
        found: dict[str, Any] = body if isinstance(body, dict) else {}
        self.status = response.status_code
        self.code = str(found.get("error_code") or "")
        self.facts: dict[str, Any] = found.get("facts") or {}
        self.errors: dict[str, Any] = found.get("errors") or {}
        self.request_id = response.headers.get("X-Request-ID")
        super().__init__(f"{self.status} {found.get('message') or response.reason_phrase}")


class InvalidError(ApiError):
    pass


class NotSignedInError(ApiError):
    pass


class NotAllowedError(ApiError):
    pass


class NotFoundError(ApiError):
    pass


class ConflictError(ApiError):
    pass


class TooManyError(ApiError):
    pass


class UnavailableError(ApiError):
    pass


KINDS: dict[int, type[ApiError]] = {
    400: InvalidError,
    401: NotSignedInError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    413: InvalidError,
    415: InvalidError,
    422: InvalidError,
    429: TooManyError,
}


def raise_for(response: httpx.Response) -> None:
    """Raise an :class:`ApiError` if the answer is an error. For httpx's event hooks."""
    if response.status_code < 400:
        return
    response.read()
    kind = KINDS.get(response.status_code, UnavailableError if response.status_code >= 500 else ApiError)
    raise kind(response)
