"""Access tokens: made, checked, ended."""

import secrets
from datetime import datetime, timedelta

import jwt
from sqlalchemy import Float, String, bindparam, delete, exists, extract, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from models.base import LARGEST_ID, Base, database_now, utc_now
from models.errors import NotSignedInError
from models.users import User

#: The one algorithm; a token that names another is refused whatever its signature says (RFC 8725, 3.1).
ALGORITHM = "HS256"
#: A command that makes a token without a database may be ahead of it by so many seconds.
IAT_SKEW = 60
REFUSED = "The access token is missing, wrong or no longer valid; sign in again."


class RevokedToken(Base):
    """A token ended before its time by signing out."""

    __tablename__ = "revoked_tokens"

    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


#: Every request of somebody who is signed in begins with it: made once, planned once, one trip to the database.
_USER_OF_TOKEN = (
    select(User)
    .where(
        User.id == bindparam("user_id"),
        User.is_active,
        User.token_version == bindparam("version"),
        ~exists().where(RevokedToken.jti == bindparam("jti")),
        bindparam("issued", type_=Float) <= extract("epoch", func.now()) + IAT_SKEW,
        extract("epoch", func.now()) < bindparam("expires", type_=Float),
    )
    .execution_options(prepared=True)
)


def make_token(user: User, secret: str, hours: int) -> str:
    """
    A signed token of *user*, good for *hours* or until :attr:`User.token_version` rises.

    Its times are by the database's clock, as far as *user* is in a session: see :func:`user_of_token`.
    """
    session = object_session(user)
    now = utc_now() if session is None else database_now(session)
    claims = {
        "sub": str(user.id),
        "ver": user.token_version,
        "typ": "access",
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + timedelta(hours=hours),
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def claims_of(token: str, secret: str) -> dict[str, object]:
    """
    A token's claims, its signature checked; whether it is past its time is for :func:`user_of_token`.

    Raises:
        NotSignedInError: It is not one of ours.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            # Not by this machine's clock: one that jumps a day ahead would put everybody out.
            options={
                "require": ["sub", "ver", "typ", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError:
        raise NotSignedInError(REFUSED) from None
    if claims["typ"] != "access" or not str(claims["sub"]).isdecimal() or not _are_moments(claims):
        raise NotSignedInError(REFUSED)
    return claims


def user_of_token(session: Session, token: str, secret: str) -> User:
    """
    The active user whose token this is.

    Raises:
        NotSignedInError: The token is void, or its user deactivated or deleted.
    """
    claims = claims_of(token, secret)
    named = {"user_id": int(claims["sub"]), "version": claims["ver"], "jti": claims["jti"]}
    named |= {"issued": claims["iat"], "expires": claims["exp"]}
    user = session.scalar(_USER_OF_TOKEN, named) if named["user_id"] <= LARGEST_ID else None
    if user is None:
        raise NotSignedInError(REFUSED)
    return user


def _are_moments(claims: dict[str, object]) -> bool:
    return all(isinstance(claims[name], int) for name in ("iat", "exp"))


def revoke(session: Session, token: str, secret: str) -> None:
    """End one token; ending it again changes nothing."""
    claims = claims_of(token, secret)
    row = {
        "jti": claims["jti"],
        "expires_at": datetime.fromtimestamp(int(claims["exp"]), tz=utc_now().tzinfo),
    }
    session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing())


def forget_expired(session: Session) -> int:
    """Delete revocations of tokens that have expired by themselves; how many."""
    return session.execute(delete(RevokedToken).where(RevokedToken.expires_at < func.now())).rowcount
