"""Sessions: one for each access token issued at a sign-in, with its place and expiry.

They serve two purposes. Users see their sessions and can end each of them. And a network or device from which a user
has signed in before is *known*: wrong guesses from elsewhere do not lock it out (api/http/limits.py).
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, Integer, Select, String, and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.bot_tables import BotCode
from models.accounts.tokens import Claims, RevokedToken
from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id, rows_changed
from models.core.errors import NotFoundError

#: A place is known for this long after a sign-in from it.
KNOWN_FOR = timedelta(days=90)


class AccountSession(Base):
    """One access token issued at a sign-in."""

    __tablename__ = "account_sessions"
    __table_args__ = (
        Index("ix_account_sessions_user", "user_id", "id"),
        Index("ix_account_sessions_created_at", "created_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    jti: Mapped[str] = mapped_column(String(64), unique=True)  #: The token's id.
    version: Mapped[int] = mapped_column(Integer)  #: The user's `token_version` that the token carries.
    way: Mapped[str] = mapped_column(String(20))  #: How they signed in: password, sms, telegram, ...
    #: The network: an IPv4 address, or the first 64 bits of an IPv6 address; null if unknown.
    network: Mapped[str | None] = mapped_column(String(50))
    agent: Mapped[str | None] = mapped_column(String(200))  #: The client's User-Agent.
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  #: Null: not ended by its user.


def record_session(session: Session, claims: Claims, *, method: str, network: str | None, agent: str | None) -> None:
    """Record a token that was just issued."""
    session.add(
        AccountSession(
            user_id=claims.user_id,
            jti=claims.jti,
            version=claims.version,
            way=method,
            network=network,
            agent=agent[:200] if agent else None,
            expires_at=func.to_timestamp(claims.expires),
        )
    )
    session.flush()


def sessions_of(user: User) -> Select[AccountSession]:
    """The user's valid sessions, the newest first."""
    return (
        select(AccountSession)
        .where(
            AccountSession.user_id == user.id,
            AccountSession.version == user.token_version,
            AccountSession.ended_at.is_(None),
            AccountSession.expires_at > func.now(),
        )
        .order_by(AccountSession.id.desc())
    )


def end_session_of(session: Session, user: User, session_id: int) -> AccountSession:
    """End one session of the user's: its token is void at once. Raises NotFoundError."""
    ended = session.scalar(sessions_of(user).where(AccountSession.id == session_id))
    if ended is None:
        raise NotFoundError("session")
    revoked = {"jti": ended.jti, "expires_at": ended.expires_at}
    session.execute(insert(RevokedToken).values(revoked).on_conflict_do_nothing())
    session.execute(delete(BotCode).where(BotCode.user_id == user.id))  # that session may have created it
    ended.ended_at = func.now()
    session.flush()
    return ended


def record_session_end(session: Session, jti: str) -> None:
    """Record that a token was ended by signing out."""
    session.execute(update(AccountSession).where(AccountSession.jti == jti).values(ended_at=func.now()))


def known_place(session: Session, user: User | None, network: str | None, device: str | None) -> str | None:
    """A key for the place of an attempt to sign in as *user*, if the user has signed in from there before.

    The device takes precedence over the network, which others may share. Without a user the same statement is run, so
    that its time does not reveal whether the user exists.

    Args:
        device: The `jti` of an earlier token of this client, proven by our signature; the token may have expired.
    """
    same_device = AccountSession.jti == device
    same_network = AccountSession.network == network
    query = (
        select(same_device)
        .where(
            AccountSession.user_id == (0 if user is None else user.id),
            AccountSession.created_at > func.now() - KNOWN_FOR,
            or_(and_(same_device, literal(device is not None)), and_(same_network, literal(network is not None))),
        )
        .order_by(same_device.desc().nulls_last())
        .limit(1)
    )
    is_device = session.execute(query).first()
    if is_device is None:
        return None
    return f"device:{device}" if is_device[0] else f"network:{network}"


def delete_sessions_of(session: Session, user: User) -> None:
    """Delete the records of the user's sign-ins, because the account has passed to another person or is erased."""
    session.execute(delete(AccountSession).where(AccountSession.user_id == user.id))


def delete_old_sessions(session: Session, now: datetime) -> int:
    """Delete the sessions that are no longer valid and no longer make a place known; returns their number."""
    old = (AccountSession.created_at < now - KNOWN_FOR) & (AccountSession.expires_at < now)
    return rows_changed(session.execute(delete(AccountSession).where(old)))
