"""The domain: tables, and the operations on them as functions that take a Session."""

from models import (
    ads,
    api_keys,
    attention,
    audit,
    campaigns,
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
    messages,
    niches,
    notifications,
    partials,
    properties,
    prospects,
    quality,
    rates,
    recommendations,
    runs,
    tokens,
    unscorable,
    uploads,
    users,
    weights,
)
from models.accounts import identity
from models.base import Base

__all__ = ["Base"]
