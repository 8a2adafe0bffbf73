"""Errors of requests about webhooks."""

from dataclasses import dataclass

from models.core.errors import ConflictError


@dataclass(eq=False)
class TooManyEndpointsError(ConflictError):
    """The user has the maximum number of endpoints."""

    code = "webhook.too_many"
    max: int
