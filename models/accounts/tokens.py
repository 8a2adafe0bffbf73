"""Access tokens: issue, check, revoke."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    String,
    and_,
    bindparam,
    delete,
    exists,
    extract,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from models.accounts.users import User
from models.core.base import LARGEST_ID, Base, database_now, rows_changed, utc_now
from models.core.errors import NotSignedInError
from models.platform.prepared_statements import PREPARED

#: The only algorithm; a token that names another is refused regardless of its signature (RFC 8725, 3.1).
ALGORITHM = "HS256"
#: The clock of a command that creates a token without a database may be ahead of the database's by this many seconds.
IAT_SKEW = 60
REFUSED = "token.refused"


class RevokedToken(Base):
    """A token revoked before its expiry by signing out."""

    __tablename__ = "revoked_tokens"

    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class Claims:
    """The claims of a token with a valid signature: its user, and the parameters of :func:`token_is_valid`."""

    user_id: int
    version: int
    jti: str
    issued: float
    expires: float


def token_is_valid(user: type[User]) -> ColumnElement[bool]:
    """A condition: *user* is the active user of the token described by the parameters (the fields of :class:`Claims`).

    Times are compared with the database's clock: a machine whose clock jumps a day ahead would otherwise sign everybody
    out.
    """
    now = extract("epoch", func.now())
    return and_(
        user.id == bindparam("user_id", type_=BigInteger),
        user.is_active,
        user.token_version == bindparam("version", type_=Integer),
        ~exists().where(RevokedToken.jti == bindparam("jti", type_=String)),
        bindparam("issued", type_=Float) <= now + IAT_SKEW,
        now < bindparam("expires", type_=Float),
    )


#: Nearly every request of a signed-in user begins with this query, so it is built once, planned once, and takes one
#: round trip.
_USER_OF_TOKEN = select(User).where(token_is_valid(User))


def make_token(user: User, secret: str, hours: int) -> str:
    """A signed token of *user*, valid for *hours* or until :attr:`User.token_version` rises.

    Its times come from the database's clock if *user* belongs to a session: see :func:`user_of_token`.
    """
    import jwt  # late, as below

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


def claims_of(token: str, secret: str) -> Claims:
    """A token's claims, after checking its signature; :func:`token_is_valid` checks its times.

    Raises:
        NotSignedInError: It is not one of ours.
    """
    claims = _decoded(token, secret)
    return Claims(int(claims["sub"]), claims["ver"], claims["jti"], claims["iat"], claims["exp"])


# Cached: a valid signature stays valid, and clients send the same token repeatedly. Expiry and revocation are checked
# every time.
@lru_cache(4096)
def _decoded(token: str, secret: str) -> Mapping[str, Any]:
    import jwt  # late: with its cryptography it takes a command a tenth of a second, and few commands need it

    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            # This machine's clock is not used: if it jumped a day ahead, everybody would be signed out.
            options={
                "require": ["sub", "ver", "typ", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError:
        raise NotSignedInError(REFUSED) from None
    if claims["typ"] != "access" or not str(claims["sub"]).isdecimal() or int(claims["sub"]) > LARGEST_ID:
        raise NotSignedInError(REFUSED)
    if not all(isinstance(claims[name], int) for name in ("iat", "exp")):
        raise NotSignedInError(REFUSED)
    return MappingProxyType(claims)


def user_of_claims(session: Session, claims: Claims) -> User:
    """
    The active user whose token this is.

    Raises:
        NotSignedInError: The token is void, or its user deactivated or deleted.
    """
    user = session.scalar(_USER_OF_TOKEN, vars(claims), execution_options=PREPARED)
    if user is None:
        raise NotSignedInError(REFUSED)
    return user


def user_of_token(session: Session, token: str, secret: str) -> User:
    """The active user whose token this is; raises NotSignedInError if there is none."""
    return user_of_claims(session, claims_of(token, secret))


def revoke(session: Session, token: str, secret: str) -> None:
    """Revoke one token; revoking it again changes nothing."""
    end(session, claims_of(token, secret))


def end(session: Session, claims: Claims) -> None:
    """Revoke a token, or a Mini App's proof, with a checked signature; revoking it again changes nothing."""
    row = {"jti": claims.jti, "expires_at": datetime.fromtimestamp(claims.expires, UTC)}
    session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing())


def delete_expired_revocations(session: Session) -> int:
    """Delete revocations of tokens that have expired; returns their number."""
    return rows_changed(session.execute(delete(RevokedToken).where(RevokedToken.expires_at < func.now())))
