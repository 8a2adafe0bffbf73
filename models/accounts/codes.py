"""Activation codes: six digits by SMS that prove the possession of a phone (NIST SP 800-63B, 5.1.3.2).

A code is valid for ten minutes, until the next one is sent to its phone or five wrong tries are made. It works at most
once to activate and once to get a token.

Two rules keep a stranger from locking out the phone's owner. The network that requested a code has five tries of its
own, and all others together have five. And requests from a place from which the phone's user has signed in before (a
*known* place, models.accounts.sessions) have a limit of their own. A stranger who guesses can cause three messages in
ten minutes and ten a day, each with five tries from the requesting network and five from elsewhere. So there are at
most 30 guesses in ten minutes and 100 a day against one phone, from any number of addresses: 100 / 10**6 = 0.01% a day.
Against codes that a known place requests, there are five tries each from elsewhere: 50 more a day.

A code is not stored. A row holds 128 random bits, and the code is an HMAC of them with a key that is not in the
database. So a stolen database gives no access, and the worker that sends the SMS needs only the row's id.

It must not be visible whether a phone is registered. So every request for a code writes a row, sends a task and counts
against the requester's limits. A request whose code nobody may use (the phone is proven by a user, or unknown) is a
decoy: nothing is sent for it, and no code matches it. A phone that an account only claims is free for a registration:
the code goes to the holder of the phone, and models.accounts.identity then decides which account is signed in.

A request that sends nothing counts only against the requester. If the messages to a phone are used up, the requester
gets the usual answer, a decoy is written, and the code that was sent last remains valid.
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
    select,
    update,
)
from sqlalchemy.orm import Session

from models.accounts.code_limits import are_sends_used_up, check_limits
from models.accounts.identity import Claim, EndAccess, prove, set_proven
from models.accounts.phone_codes import Delivery, PhoneCode, is_sent
from models.accounts.sessions import known_place
from models.accounts.users import User, create_user
from models.core.base import rows_changed
from models.core.enums import Role
from models.core.errors import NotAllowedError
from models.core.locks import lock_until_commit

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
#: Rows are needed to count messages, for at most a day.
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
    """Request a code for *phone*; earlier codes become invalid.

    Args:
        phone: E.164.
        language: The requester's language, for the message to a user who never chose one.
        registration: first_name, last_name (or None) and role of a new user. Without it the code is for the phone's
            user, or for a registration that is still waiting for its code.
        address: The requesting network; *device*: its proof of an earlier session
            (models.accounts.sessions.known_place).
        sends_per_hour: The limit of the whole system's messages for requests from places that are not known.
    Returns:
        The row. It is a decoy if the phone is proven by a user (for a registration) or unknown (otherwise), or if its
        messages are used up.
    Raises:
        TooManyError: The requesting network, or the whole system, has used up its messages; decoys count against the
            network.
    """
    # Two requests for one phone are serialised, so that both count; check_limits does it for wider limits.
    lock_until_commit(session, f"phone-code:{phone}")
    country = str(phonenumbers.parse(phone).country_code)
    user = session.scalar(select(User).where(User.phone == phone))
    is_known = known_place(session, user, address, device) is not None
    check_limits(session, phone, country, address, None if is_known else sends_per_hour, now)
    is_spent = are_sends_used_up(session, phone, is_known, now)
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
    """The code of a row: six digits. All of the million codes are equally likely, to one part in 10**71."""
    number = int.from_bytes(hmac.digest(secret.encode(), b"phone-code:" + row.seed, hashlib.sha256))
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def activate(
    session: Session,
    phone: str,
    code: str,
    secret: str,
    now: datetime,
    *,
    end_access: EndAccess,
    own: User | None = None,
    address: str | None = None,
) -> User | None:
    """
    Return the active user of the phone, created if the code belongs to a registration. None if the code does not match;
    the caller commits the attempt.

    Args:
        end_access: See :func:`models.accounts.identity.prove`.
        own: The user whose token came with the code; see models.accounts.identity.
        address: The network that tries.
    """
    row = _fitting(session, phone, code, secret, now, address)
    if row is None or row.activated_at is not None:
        return None
    user = _proved(session, row, end_access, own)
    if user is None:
        return None
    row.user_id, row.registration, row.activated_at = user.id, None, now
    session.flush()
    return user


def use_code(
    session: Session,
    phone: str,
    code: str,
    secret: str,
    now: datetime,
    *,
    end_access: EndAccess,
    own: User | None = None,
    address: str | None = None,
) -> User | None:
    """
    The user whom the code signs in, once. None if it does not match; the caller commits the attempt.

    Args:
        end_access: See :func:`models.accounts.identity.prove`.
        own: The user whose token came with the code; see models.accounts.identity.
        address: The network that tries.
    Raises:
        NotAllowedError: The code matches, but its registration has not been activated yet; the code remains valid.
    """
    row = _fitting(session, phone, code, secret, now, address)
    if row is None or row.spent_at is not None:
        return None
    if row.user_id is None:
        raise NotAllowedError("account.not_activated")
    user = _proved(session, row, end_access, own)
    if user is None:
        return None
    row.user_id, row.spent_at = user.id, now
    session.flush()
    return user


def claim_delivery(session: Session, code_id: int, now: datetime) -> PhoneCode | None:
    """Claim a queued code for sending; None if it is a decoy, too old, claimed or sent.

    After the commit, the code is never sent again, whatever happens to the worker that claimed it. An SMS that may have
    been sent is not repeated, because its user can request a new code and each SMS costs money.
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


def waiting_codes(session: Session, now: datetime, *, min_wait: timedelta) -> list[int]:
    """Ids of codes that nobody has claimed for sending: their messages were lost, or no worker runs."""
    query = select(PhoneCode.id).where(
        PhoneCode.delivery == Delivery.QUEUED,
        PhoneCode.made_at.between(now - LIFETIME, now - min_wait),
        is_sent(),
    )
    return list(session.scalars(query.order_by(PhoneCode.id)))


def delete_old_codes(session: Session, now: datetime) -> int:
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


def _proved(session: Session, row: PhoneCode, end_access: EndAccess, own: User | None) -> User | None:
    """The active account of the phone proven by a matching code; None if it is deactivated, or already registered."""
    proven_before = session.scalar(select(User.id).where(User.phone == row.phone, User.phone_proven_at.is_not(None)))
    if row.registration is not None and proven_before is not None:
        return None  # somebody else proved this phone since
    user = prove(session, {Claim.PHONE: row.phone}, end_access=end_access, own=own)
    if user is None:
        # Without a registration, the phone's account was not this person's; the new account is a tenant's until its
        # user changes it.
        user = create_user(session, role=Role.TENANT, phone=row.phone)
        set_proven(session, user, Claim.PHONE)
    if not user.is_active:
        return None
    if row.registration is not None:
        _name(user, row.registration)
    return user


def _name(user: User, registration: dict[str, Any]) -> None:
    """
    The name to store at a registration: that of the person who registers, not that of an earlier claim of the phone.
    """
    first, last = registration["first_name"], registration["last_name"]
    user.role = Role(registration["role"])
    user.name = " ".join(filter(None, (first, last)))
    user.profile = user.profile | {"first_name": first, "last_name": last}
