"""API keys of programs: created by a command, shown once, stored as a hash."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Select, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, Id, utc_now
from models.core.errors import NotFoundError, NotSignedInError

#: The beginning of each key, by which people and secret scanners recognise it.
MARK = "lm_"
SHOWN = 11  # characters of a key that lists show: the prefix and eight more
REFUSED = "api_key.refused"
#: The last use is recorded at most this often, to save a write per request.
LAST_USE_INTERVAL = timedelta(minutes=1)


class ApiKey(Base):
    """One key. A key has 256 random bits, so a plain hash reveals nothing and needs no salt."""

    __tablename__ = "api_keys"
    __table_args__ = (
        Index("uq_api_keys_digest", "digest", unique=True),
        Index("ix_api_keys_niche", "niche_id", postgresql_where=text("niche_id IS NOT NULL")),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    start: Mapped[str] = mapped_column(String(20))  #: The key's first characters, to distinguish keys.
    #: The only niche that the key may use; null: all of lead generation.
    niche_id: Mapped[UUID | None] = mapped_column(ForeignKey("niches.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  #: SHA-256.
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def create_api_key(session: Session, name: str, niche_id: UUID | None = None) -> tuple[ApiKey, str]:
    """
    Create a key; returns its row and the key itself, which cannot be read again. With *niche_id* it works for that
    niche only.
    """
    key = MARK + secrets.token_urlsafe(32)
    row = ApiKey(name=name, niche_id=niche_id, start=key[:SHOWN], digest=_digest(key))
    session.add(row)
    session.flush()
    return row, key


def use_api_key(session: Session, key: str) -> ApiKey:
    """The row of a valid key; records its use. Raises NotSignedInError."""
    row = session.scalar(select(ApiKey).where(ApiKey.digest == _digest(key), ApiKey.revoked_at.is_(None)))
    if row is None:
        raise NotSignedInError(REFUSED)
    now = utc_now()
    if row.last_used_at is None or now - row.last_used_at > LAST_USE_INTERVAL:
        row.last_used_at = now
    return row


def is_valid(session: Session, key_id: int) -> bool:
    """Whether a key with this id is still valid."""
    return bool(session.scalar(select(ApiKey.revoked_at.is_(None)).where(ApiKey.id == key_id)))


def api_keys() -> Select[ApiKey]:
    """All keys, oldest first."""
    return select(ApiKey).order_by(ApiKey.id)


def revoke_api_key(session: Session, key_id: int) -> ApiKey:
    """Revoke a key at once; revoking it again changes nothing. Raises NotFoundError."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFoundError("API key")
    row.revoked_at = row.revoked_at or utc_now()
    return row


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
