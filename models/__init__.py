"""The domain: tables, and the operations on them as functions that take a Session."""

from models import (
    audit,
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
    users,
)
from models.base import Base

__all__ = ["Base"]
