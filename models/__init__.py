"""The domain: tables, and the operations on them as functions that take a Session."""

from models import (
    audit,
    chats,
    favorites,
    feed,
    idempotency,
    inquiries,
    leads,
    matches,
    membership,
    notifications,
    properties,
    rates,
    recommendations,
    runs,
    tokens,
    users,
)
from models.base import Base

__all__ = ["Base"]
