"""The initData that Telegram signs for a Mini App, as the proof of each of its requests.

Like a token, it is checked for its age, by the database's clock, and for having been signed out.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Float, String, bindparam, exists, extract, func, select
from sqlalchemy.orm import Session

from models.accounts.telegram import CLOCK_SKEW, LIFETIME, REFUSED, TelegramUser, check_age, signed
from models.accounts.tokens import Claims, RevokedToken
from models.accounts.users import User
from models.core.base import database_now
from models.core.errors import InvalidValueError, NotSignedInError
from models.platform.prepared_statements import PREPARED

#: Telegram's initData is always shorter; a request's headers are limited to 8 KiB anyway.
MAX_LENGTH = 8192


@dataclass(frozen=True)
class InitData:
    """The Telegram user in a signed initData."""

    who: TelegramUser
    at: int  #: When Telegram signed it, in seconds of the epoch.
    jti: str  #: Its id among revoked tokens (:class:`RevokedToken`).

    def check(self, session: Session) -> None:
        """Raise NotSignedInError if it is too old or has been signed out."""
        check_age(str(self.at), database_now(session))
        if session.scalar(select(exists().where(RevokedToken.jti == self.jti))):
            raise NotSignedInError(REFUSED)

    def claims_of(self, user: User) -> Claims:
        """The claims of a token of *user* that expires with this proof."""
        return Claims(user.id, user.token_version, self.jti, self.at, self.at + LIFETIME.total_seconds())


# Cached, as with tokens: a valid signature stays valid, and a Mini App sends the same one all day.
@lru_cache(4096)
def read_init_data(init_data: str, bot_token: str) -> InitData:
    """The Telegram user whom *init_data* proves; the database checks its age later.

    Raises:
        NotSignedInError: Telegram did not sign it, or not for a Mini App.
    """
    try:
        if len(init_data) > MAX_LENGTH:
            raise NotSignedInError(REFUSED)
        telegram_user, auth_date = signed(init_data, bot_token)
    except InvalidValueError:
        raise NotSignedInError(REFUSED) from None
    if not (auth_date.isascii() and auth_date.isdecimal() and len(auth_date) <= 12):
        raise NotSignedInError(REFUSED)
    return InitData(telegram_user, int(auth_date), f"tma:{hashlib.sha256(init_data.encode()).hexdigest()[:40]}")


_NOW = extract("epoch", func.now())
_USER = select(User).where(
    User.telegram_id == bindparam("telegram_id", type_=String),
    User.telegram_proven_at.is_not(None),
    User.is_active,
    ~exists().where(RevokedToken.jti == bindparam("jti", type_=String)),
    bindparam("at", type_=Float) <= _NOW + CLOCK_SKEW.total_seconds(),
    _NOW <= bindparam("at", type_=Float) + LIFETIME.total_seconds(),
)


def user_of_init_data(session: Session, proof: InitData) -> User | None:
    """The active user who has proven this Telegram account; None if there is none, or the proof is too old or ended."""
    return session.scalar(
        _USER, {"telegram_id": proof.who.id, "jti": proof.jti, "at": proof.at}, execution_options=PREPARED
    )
