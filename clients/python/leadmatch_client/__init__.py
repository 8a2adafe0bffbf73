"""
A typed client of Leadmatch's API.

`leadmatch_client.generated` has a function for every operation and a class for every schema, generated from the OpenAPI
document. This package adds sign-in, retries, errors as exceptions, lists page by page, events and webhooks.
"""

from leadmatch_client.errors import (
    ApiError,
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
    UnavailableError,
)
from leadmatch_client.events import Event
from leadmatch_client.leadmatch import Leadmatch
from leadmatch_client.retrying import Retrying
from leadmatch_client.webhooks import WebhookError, verified

__all__ = [
    "ApiError",
    "ConflictError",
    "Event",
    "InvalidError",
    "Leadmatch",
    "NotAllowedError",
    "NotFoundError",
    "NotSignedInError",
    "Retrying",
    "TooManyError",
    "UnavailableError",
    "WebhookError",
    "verified",
]
