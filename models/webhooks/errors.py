"""What forbids a request about a webhook."""

from dataclasses import dataclass

from models.core.errors import ConflictError


@dataclass(eq=False)
class TooManyEndpointsError(ConflictError):
    """The user has as many endpoints as one may have."""

    code = "webhook.too_many"
    max: int
