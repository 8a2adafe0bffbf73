"""Check Telegram's proofs of identity: the Login Widget's fields and a Mini App's initData.

Both are HMAC-SHA256 over the received fields except `hash`, as sorted lines `key=value`; they differ in the key:

    Login Widget   SHA256(bot token)                        core.telegram.org/widgets/login-legacy
    Mini App       HMAC_SHA256("WebAppData", bot token)     core.telegram.org/bots/webapps

Anybody who sees such a proof can use it, so it is valid for only a day.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.identity import Claim, EndAccess, prove, set_proven
from models.accounts.users import User, create_user
from models.core.enums import PRIVILEGED_ROLES, Role
from models.core.errors import ConflictError, InvalidValueError, NotAllowedError, NotSignedInError
from models.core.languages import LANGUAGES

#: Older proofs are refused.
LIFETIME = timedelta(hours=24)
#: The largest allowed difference between Telegram's clock and ours.
CLOCK_SKEW = timedelta(minutes=5)
MAX_FIELDS = 40
#: Characters that JSON can contain but PostgreSQL cannot store.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
#: The form of Telegram's ids of people. Groups have negative ids, channels @names.
PERSON = re.compile("[1-9][0-9]{0,18}")

FIELD = "telegram_auth_data"
REFUSED = "telegram.refused"


@dataclass(frozen=True)
class TelegramUser:
    """The identity that Telegram vouches for."""

    id: str
    name: str | None
    username: str | None
    language: str | None = None  #: The language of the user's app, a code of ISO 639-1; only Mini Apps send it.


def verified(data: Any, bot_token: str, now: datetime) -> TelegramUser:
    """
    The user whom *data* proves.

    Args:
        data: The widget's fields as an object; or a Mini App's initData, either as text, as text under `init_data` or
            `initData` in an object, or parsed into an object of texts.
    Raises:
        InvalidValueError: It is neither.
        NotSignedInError: The hash is wrong, or the proof too old.
    """
    telegram_user, auth_date = signed(data, bot_token)
    check_age(auth_date, now)
    return telegram_user


def signed(data: Any, bot_token: str) -> tuple[TelegramUser, str]:
    """
    Like :func:`verified`: the user whom *data* proves; also returns the time of the proof, whose age the caller has to
    check.
    """
    if isinstance(data, Mapping):
        data = data.get("init_data", data.get("initData", data))
    fields = _parsed(data) if isinstance(data, str) else _texts(data)
    is_mini_app = "user" in fields
    claimed = fields.pop("hash", "")
    key = (
        hmac.digest(b"WebAppData", bot_token.encode(), hashlib.sha256)
        if is_mini_app
        else hashlib.sha256(bot_token.encode()).digest()
    )
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    expected = hmac.digest(key, lines.encode(), hashlib.sha256).hex()
    if not hmac.compare_digest(expected.encode(), claimed.encode()):
        raise NotSignedInError(REFUSED)
    telegram_user = _user_of(_mini_app_user(fields["user"]) if is_mini_app else fields)
    return telegram_user, fields.get("auth_date", "")


def user_of_telegram(
    session: Session, telegram_user: TelegramUser, *, end_access: EndAccess, own: User | None = None
) -> User:
    """
    The user with this Telegram account, created the first time; see models.accounts.identity for an account that is
    only claimed.

    Args:
        end_access: See :func:`models.accounts.identity.prove`.
        own: The user whose token came with the proof.
    Raises:
        NotAllowedError: The user is deactivated.
    """
    user = _proved(
        session, {Claim.TELEGRAM: telegram_user.id}, end_access, own, role=Role.REALTOR, name=telegram_user.name
    )
    user.telegram_username = telegram_user.username
    if user.language is None and telegram_user.language in LANGUAGES:
        user.language = telegram_user.language
    session.flush()
    return user


def user_of_bot(
    session: Session, *, telegram_id: str, phone: str, name: str, role: Role, end_access: EndAccess
) -> User:
    """
    The user whom our bot vouches for: found by Telegram account, otherwise by phone (the Telegram account is then
    linked), otherwise created.

    The bot proves both identifiers. A phone that another account has proven remains with that account.

    Raises:
        NotAllowedError: The user is deactivated, or the phone is an administrator's.
        ConflictError: The phone's user has proven another Telegram account.
    """
    both = {Claim.TELEGRAM: telegram_id, Claim.PHONE: phone}
    if _by_telegram(session, telegram_id) is None:
        try:
            with session.begin_nested():
                bound = _bound_by_phone(session, telegram_id, phone, end_access)
        except ConflictError:
            bound = None
            if _by_telegram(session, telegram_id) is None:  # a second tap finds the account created by the first
                raise
        if bound is not None:
            return bound
    user = _proved(session, both, end_access, None, role=role, name=name)
    if user.phone is None and _by_phone(session, phone) is None:
        set_proven(session, user, Claim.PHONE, phone)
    return user


def _proved(
    session: Session,
    proven: dict[Claim, str],
    end_access: EndAccess,
    own: User | None,
    *,
    role: Role,
    name: str | None,
) -> User:
    """The active account of a proven Telegram account, created if necessary."""
    user = prove(session, proven, end_access=end_access, own=own)
    if user is None:
        telegram_id = proven[Claim.TELEGRAM]
        try:
            user = create_user(session, role=role, telegram_id=telegram_id, name=name)
        except ConflictError:  # created by the same person in another window
            user = prove(session, proven, end_access=end_access)
            if user is None:
                raise
        set_proven(session, user, Claim.TELEGRAM)
    _check_active(user)
    return user


def _bound_by_phone(session: Session, telegram_id: str, phone: str, end_access: EndAccess) -> User | None:
    """
    Link this Telegram account to the user with this phone, and return the user; None if nobody has the phone or it is
    only claimed.
    """
    user = _by_phone(session, phone)
    if user is None:
        return None
    if user.role in PRIVILEGED_ROLES:
        raise NotAllowedError("telegram.not_by_phone")
    user = prove(session, {Claim.PHONE: phone}, end_access=end_access)
    if user is None:
        return None
    _check_active(user)
    if user.telegram_proven_at is not None and user.telegram_id != telegram_id:
        raise ConflictError("telegram.other_account")
    set_proven(session, user, Claim.TELEGRAM, telegram_id)
    return user


def _by_telegram(session: Session, telegram_id: str) -> User | None:
    return session.scalar(select(User).where(User.telegram_id == telegram_id))


def _by_phone(session: Session, phone: str) -> User | None:
    return session.scalar(select(User).where(User.phone == phone))


def _check_active(user: User | None) -> None:
    if user is None or not user.is_active:
        raise NotAllowedError("account.switched_off")


def _parsed(init_data: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(init_data, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidValueError(FIELD, "telegram.not_init_data") from None
    if len(dict(pairs)) < len(pairs):
        raise InvalidValueError(FIELD, "telegram.field_twice")
    return _texts(dict(pairs))


def _texts(data: Any) -> dict[str, str]:
    """
    The fields as texts. Refuses any text that could make two different sets of fields equal after joining by line
    breaks.
    """
    if not isinstance(data, Mapping) or not 0 < len(data) <= MAX_FIELDS:
        raise InvalidValueError(FIELD, "telegram.no_fields")
    texts = {}
    for name, value in data.items():
        if not re.fullmatch(r"[a-z_]{1,40}", name):
            raise InvalidValueError(FIELD, "telegram.unknown_field")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidValueError(f"{FIELD}.{name}", "telegram.wrong_kind")
        text = str(value)
        if len(text) > 4096 or any(sign < " " or "\ud800" <= sign <= "\udfff" for sign in text):
            raise InvalidValueError(f"{FIELD}.{name}", "telegram.not_text")
        texts[name] = text
    return texts


def check_age(auth_date: str, now: datetime) -> None:
    """Raise NotSignedInError unless *auth_date* (seconds of the epoch) is within LIFETIME before *now*."""
    if not re.fullmatch(r"[0-9]{1,12}", auth_date):
        raise NotSignedInError(REFUSED)
    age = now.timestamp() - int(auth_date)
    if not -CLOCK_SKEW.total_seconds() <= age <= LIFETIME.total_seconds():
        raise NotSignedInError(REFUSED)


def _mini_app_user(text: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, Mapping):
        raise InvalidValueError(f"{FIELD}.user", "telegram.not_json_object")
    return fields


def _user_of(fields: Mapping[str, Any]) -> TelegramUser:
    if not PERSON.fullmatch(str(fields.get("id", ""))):
        raise NotSignedInError(REFUSED)
    first, last, username = (
        _NO_TEXT.sub("", str(fields.get(part) or "")) for part in ("first_name", "last_name", "username")
    )
    name = " ".join(filter(None, (first, last))).strip()[:200]
    language = re.match("[a-z]{2}(?![a-z])", str(fields.get("language_code", "")).lower())
    return TelegramUser(str(fields["id"]), name or None, username[:64] or None, language and language[0])
