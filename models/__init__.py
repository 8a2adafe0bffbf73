"""The domain: tables, and the operations on them as functions that take a Session."""

from models import (
    api_keys,
    audit,
    codes,
    erasure,
    idempotency,
    leads,
    matches,
    membership,
    notifications,
    properties,
    rates,
    recommendations,
    runs,
    tokens,
    unscorable,
    uploads,
    users,
)
from models.base import Base

__all__ = ["Base"]
