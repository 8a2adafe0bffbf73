"""Activation codes: six digits by SMS that prove who holds a phone (NIST SP 800-63B, 5.1.3.2).

A code lives ten minutes, dies with the next one sent to its phone and after five wrong tries, and serves at
most once to activate and once to get a token.

Two things keep a stranger from shutting the phone's owner out. The network that asked for a code has five tries of its
own, and all others together have five. And a place from which the phone's user has signed in before (a *known* one,
models.accounts.sessions) has sends of its own. What a stranger who guesses can reach: three sends in ten minutes and
ten a day, five tries each from where they were asked for and five from elsewhere, so at most 30 guesses in ten minutes
and 100 a day against one phone, whatever the number of addresses they come from: 100 / 10**6 = 0.01% a day. Against
codes that a known place asks for, five tries each from elsewhere: 50 a day more.

A code is not stored. A row holds 128 random bits, and the code is an HMAC of them under a key that the
database does not know, so that a stolen database lets nobody in, and yet the worker that sends the SMS needs
nothing but the row's id.

Whether a phone is registered must not show. So every request for a code writes a row, sends a task and counts
against the limits of who asks; one that nobody may use (the phone is proven by a user, or unknown) is a decoy: nothing
is sent for it and nothing fits it. A phone that an account merely claims is free for a registration: the code goes to
whoever has the phone, and whose the account is then is decided by models.accounts.identity.

What sends nothing counts against who asks and nobody else. When the sends to a phone are spent, who asks is answered as
ever, a decoy is written and the code that was sent last stays good.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from sqlalchemy import (
    and_,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from models.accounts.code_limits import are_sends_spent, check_limits
from models.accounts.identity import Claim, prove, set_proven
from models.accounts.phone_codes import Delivery, PhoneCode, is_sent
from models.accounts.sessions import known_place
from models.accounts.users import User, create_user
from models.core.base import rows_changed
from models.core.enums import Role
from models.core.errors import NotAllowedError

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
#: Rows are needed for counting sends, the longest for a day.
KEPT = timedelta(days=1)


def request_code(
    session: Session,
    phone: str,
    *,
    registration: dict[str, Any] | None = None,
    address: str | None,
    device: str | None = None,
    language: str | None = None,
    sends_per_hour: int,
    now: datetime,
) -> PhoneCode:
    """Request a code for *phone*; earlier codes are void from now on.

    Args:
        phone: E.164.
        language: What who asks reads, for the message to somebody who never told.
        registration: first_name, last_name (or None) and role of somebody new. Without it the code is for the
            phone's user, or for the registration that still waits for its code.
        address: The network that asks; *device*: what it shows of a session it had
            (models.accounts.sessions.known_place).
        sends_per_hour: What the whole system may send to places that are not known.
    Returns:
        The row, a decoy where the phone is proven by a user (for a registration) or unknown (otherwise), or has had its
        sends.
    Raises:
        TooManyError: The asking network, or the whole system, has had its sends; decoys count against the former.
    """
    # Two requests for one phone run one after the other, so that both count.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"phone-code:{phone}", 0))))
    country = str(phonenumbers.parse(phone).country_code)
    user = session.scalar(select(User).where(User.phone == phone))
    is_known = known_place(session, user, address, device) is not None
    check_limits(session, phone, country, address, None if is_known else sends_per_hour, now)
    is_spent = are_sends_spent(session, phone, is_known, now)
    pending = _latest(session, phone)
    row = PhoneCode(phone=phone, country=country, address=address, seed=secrets.token_bytes(16), made_at=now, tries=0)
    row.other_tries, row.is_known, row.language = 0, is_known, language
    if is_spent:
        pass  # a decoy
    elif registration is not None:
        row.registration = registration if user is None or user.phone_proven_at is None else None
    elif user is not None:
        row.user_id = user.id if user.is_active or user.phone_proven_at is None else None
    elif pending is not None and now - pending.made_at < KEPT:
        row.registration = pending.registration
    session.add(row)
    session.flush()
    return row


def digits_of(row: PhoneCode, secret: str) -> str:
    """The code of a row: six digits; every one of the million is as likely as another, to one part in 10**71."""
    number = int.from_bytes(hmac.digest(secret.encode(), b"phone-code:" + row.seed, hashlib.sha256))
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def activate(
    session: Session,
    phone: str,
    code: str,
    secret: str,
    now: datetime,
    *,
    own: User | None = None,
    address: str | None = None,
) -> User | None:
    """
    Let in whoever has the phone, making a user of a registration. None if the code does not fit; the caller commits the
    try.

    Args:
        own: The user whose token came with the code; see models.accounts.identity.
        address: The network that tries.
    """
    row = _fitting(session, phone, code, secret, now, address)
    if row is None or row.activated_at is not None:
        return None
    user = _proved(session, row, own)
    if user is None:
        return None
    row.user_id, row.registration, row.activated_at = user.id, None, now
    session.flush()
    return user


def spend(
    session: Session,
    phone: str,
    code: str,
    secret: str,
    now: datetime,
    *,
    own: User | None = None,
    address: str | None = None,
) -> User | None:
    """
    The user whom the code lets in, once. None if it does not fit; the caller commits the try.

    Args:
        own: The user whose token came with the code; see models.accounts.identity.
        address: The network that tries.
    Raises:
        NotAllowedError: It fits, and its registration was not activated yet; the code stays good.
    """
    row = _fitting(session, phone, code, secret, now, address)
    if row is None or row.spent_at is not None:
        return None
    if row.user_id is None:
        raise NotAllowedError("account.not_activated")
    user = _proved(session, row, own)
    if user is None:
        return None
    row.user_id, row.spent_at = user.id, now
    session.flush()
    return user


def claim_delivery(session: Session, code_id: int, now: datetime) -> PhoneCode | None:
    """Claim a queued code for sending; None if it is a decoy, too old, claimed or sent.

    Once this is committed nobody sends the code again, whatever happens to the one who took it: an SMS that
    may have gone out is not repeated, for its user can ask for a new code, and each costs money.
    """
    return session.scalar(
        update(PhoneCode)
        .where(
            PhoneCode.id == code_id,
            PhoneCode.delivery == Delivery.QUEUED,
            PhoneCode.made_at > now - LIFETIME,
            is_sent(),
        )
        .values(delivery=Delivery.SENDING)
        .returning(PhoneCode)
    )


def waiting_codes(session: Session, now: datetime, *, for_at_least: timedelta) -> list[int]:
    """Ids of codes that nobody has claimed for sending: their messages were lost, or no worker runs."""
    query = select(PhoneCode.id).where(
        PhoneCode.delivery == Delivery.QUEUED,
        PhoneCode.made_at.between(now - LIFETIME, now - for_at_least),
        is_sent(),
    )
    return list(session.scalars(query.order_by(PhoneCode.id)))


def forget_old_codes(session: Session, now: datetime) -> int:
    """Delete the codes that no limit counts any more; returns their number."""
    return rows_changed(session.execute(delete(PhoneCode).where(PhoneCode.made_at < now - KEPT)))


def _latest(session: Session, phone: str, *, lock: bool = False) -> PhoneCode | None:
    """
    The last code requested; a decoy only if there is nothing else, because a decoy must not disturb the phone's user.
    """
    is_decoy = and_(PhoneCode.user_id.is_(None), PhoneCode.registration.is_(None))
    query = select(PhoneCode).where(PhoneCode.phone == phone).order_by(is_decoy, PhoneCode.id.desc()).limit(1)
    return session.scalar(query.with_for_update() if lock else query)


def _fitting(
    session: Session, phone: str, code: str, secret: str, now: datetime, address: str | None
) -> PhoneCode | None:
    """
    The phone's valid code if *code* matches it; a wrong attempt is counted, on decoys too, so that both take the same
    time.
    """
    row = _latest(session, phone, lock=True)  # locked: tries at the same moment are counted one by one
    compared = row or PhoneCode(seed=bytes(16))
    fits = hmac.compare_digest(digits_of(compared, secret).encode(), code.encode())
    if row is None or now - row.made_at >= LIFETIME:
        return None
    counter = "tries" if row.address == address else "other_tries"
    tries = getattr(row, counter)
    if tries >= MAX_TRIES:
        return None
    if fits and not row.is_decoy:
        return row
    setattr(row, counter, tries + 1)
    session.flush()
    return None


def _proved(session: Session, row: PhoneCode, own: User | None) -> User | None:
    """The active account of the phone proven by a matching code; None if it is deactivated, or already registered."""
    proven_before = session.scalar(select(User.id).where(User.phone == row.phone, User.phone_proven_at.is_not(None)))
    if row.registration is not None and proven_before is not None:
        return None  # somebody else proved this phone since
    user = prove(session, {Claim.PHONE: row.phone}, own=own)
    if user is None:
        # Without a registration an account that is not theirs stood in the way; a new one is a tenant's until they say
        # more.
        user = create_user(session, role=Role.TENANT, phone=row.phone)
        set_proven(session, user, Claim.PHONE)
    if not user.is_active:
        return None
    if row.registration is not None:
        _name(user, row.registration)
    return user


def _name(user: User, registration: dict[str, Any]) -> None:
    """
    The name to store at a registration: the registering person's own, not that of an earlier claim of their phone.
    """
    first, last = registration["first_name"], registration["last_name"]
    user.role = Role(registration["role"])
    user.name = " ".join(filter(None, (first, last)))
    user.profile = user.profile | {"first_name": first, "last_name": last}
