"""`Authorization: tma <initData>`: a Telegram Mini App proves its user with each request and needs no token.

The checks are those of `POST /auth/telegram`, and an account is created for a new user in the same way. A request of a
known user costs one query, as with a token. A new user counts as an attempt to sign up from the address.
https://docs.telegram-mini-apps.com/platform/authorizing-user
"""

from api.http.db import session
from api.http.limits import address, count_auth_attempt
from api.http.services import services
from models.accounts.audit import record
from models.accounts.mini_apps import InitData, read_init_data, user_of_init_data
from models.accounts.telegram import user_of_telegram
from models.accounts.tokens import Claims
from models.accounts.users import User
from models.core.errors import NotAllowedError, NotSignedInError
from models.upkeep.end_access import end_standing_access


def claims_of_mini_app(init_data: str) -> tuple[User, Claims]:
    """
    The active user whom *init_data* proves, and the claims that a token of theirs would have.

    Raises:
        NotSignedInError: Telegram did not sign it, or too long ago; it has been signed out; or its user is inactive.
        TooManyError: Too many new users came from the address.
    """
    bot_token = services().settings.telegram_bot_token
    if not bot_token:
        raise NotSignedInError("telegram.not_set_up")
    proof = read_init_data(init_data, bot_token)
    user = user_of_init_data(session(), proof)
    if user is None:
        count_auth_attempt()
        _make_user(proof)
        user = user_of_init_data(session(), proof)
    if user is None:
        raise NotSignedInError("telegram.switched_off_or_signed_out")
    return user, proof.claims_of(user)


def _make_user(proof: InitData) -> None:
    """
    Create an account for a new user, in a transaction of its own, because the request's session may be for reading
    only.
    """
    with services().sessions() as own:
        proof.check(own)
        try:
            user = user_of_telegram(own, proof.who, end_access=end_standing_access)
        except NotAllowedError as error:
            raise NotSignedInError(error.code) from None
        record(own, "signed_in", actor_id=user.id, table_name="users", row_id=user.id, address=address(), by="mini_app")
        own.commit()
