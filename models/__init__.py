"""The domain: tables, and the operations on them as functions that take a Session."""

from models import (
    api_keys,
    audit,
    chats,
    codes,
    erasure,
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
    uploads,
    users,
)
from models.base import Base

__all__ = ["Base"]
