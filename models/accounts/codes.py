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
import math
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import phonenumbers
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.identity import Claim, prove, set_proven
from models.accounts.sessions import known_place
from models.accounts.users import User, create_user
from models.core.base import Base, Id, rows_changed, words
from models.core.enums import Role
from models.core.errors import NotAllowedError, TooManyError

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
#: Rows are needed for counting sends, the longest for a day.
KEPT = timedelta(days=1)

#: Sends to one phone: (how many, in which time).
PHONE_LIMITS = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
#: Sends asked for from one address; a household or an office shares one.
ADDRESS_LIMITS = ((20, timedelta(minutes=10)), (100, timedelta(days=1)))
#: Of the whole system's sends, numbers of one country other than our own (+7) may take this share: SMS
#: pumping goes to dear numbers abroad, and must leave our own users' codes alone.
HOME_COUNTRY = "7"
FOREIGN_SHARE = 0.1


class Delivery(StrEnum):
    """How far the SMS has got."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class PhoneCode(Base):
    """One code asked for. With neither user nor registration it is a decoy."""

    __tablename__ = "phone_codes"
    __table_args__ = (
        Index("ix_phone_codes_phone", "phone", "id"),
        Index("ix_phone_codes_address", "address", "made_at"),
        Index("ix_phone_codes_country", "country", "made_at"),
        Index("ix_phone_codes_made_at", "made_at"),
    )

    id: Mapped[Id]
    phone: Mapped[str] = mapped_column(String(16))
    country: Mapped[str] = mapped_column(String(4))  #: Calling code.
    address: Mapped[str | None] = mapped_column(INET)  #: Who asked; of IPv6 the /64.
    #: Whom the code lets in,
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: or what becomes a user once the code proves the phone: first_name, last_name, role.
    registration: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    seed: Mapped[bytes] = mapped_column(LargeBinary(16))
    #: Wrong tries, from the network that asked for the code and from all others.
    tries: Mapped[int] = mapped_column(Integer, default=0)
    other_tries: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    #: Whether the phone's user had signed in before from the place that asked.
    is_known: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    made_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]  #: When it got its token.
    delivery: Mapped[Delivery] = mapped_column(words(Delivery, "delivery_is_known"), default=Delivery.QUEUED)

    @property
    def is_decoy(self) -> bool:
        return self.user_id is None and self.registration is None


def request_code(
    session: Session,
    phone: str,
    *,
    registration: dict[str, Any] | None = None,
    address: str | None,
    device: str | None = None,
    sends_per_hour: int,
    now: datetime,
) -> PhoneCode:
    """
    Ask for a code to be sent to *phone*; the code before it is void from now on.

    Args:
        phone: E.164.
        registration: first_name, last_name and role of somebody new. Without it the code is for the phone's user, or
            for the registration that still waits for its code.
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
    _check_limits(session, phone, country, address, None if is_known else sends_per_hour, now)
    is_spent = _are_sends_spent(session, phone, is_known, now)
    pending = _latest(session, phone)
    row = PhoneCode(phone=phone, country=country, address=address, seed=secrets.token_bytes(16), made_at=now, tries=0)
    row.other_tries, row.is_known = 0, is_known
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
        raise NotAllowedError("Activate the account first.")
    user = _proved(session, row, own)
    if user is None:
        return None
    row.user_id, row.spent_at = user.id, now
    session.flush()
    return user


def claim_delivery(session: Session, code_id: int, now: datetime) -> PhoneCode | None:
    """
    Take a queued code for sending; None if it is a decoy, too old, taken or sent.

    Once this is committed nobody sends the code again, whatever happens to the one who took it: an SMS that
    may have gone out is not repeated, for its user can ask for a new code, and each costs money.
    """
    return session.scalar(
        update(PhoneCode)
        .where(
            PhoneCode.id == code_id,
            PhoneCode.delivery == Delivery.QUEUED,
            PhoneCode.made_at > now - LIFETIME,
            _is_sent(),
        )
        .values(delivery=Delivery.SENDING)
        .returning(PhoneCode)
    )


def waiting_codes(session: Session, now: datetime, *, for_at_least: timedelta) -> list[int]:
    """Ids of codes that nobody has taken for sending: the broker lost them, or no worker runs."""
    query = select(PhoneCode.id).where(
        PhoneCode.delivery == Delivery.QUEUED,
        PhoneCode.made_at.between(now - LIFETIME, now - for_at_least),
        _is_sent(),
    )
    return list(session.scalars(query.order_by(PhoneCode.id)))


def forget_old_codes(session: Session, now: datetime) -> int:
    """Delete the codes that no limit counts any more; how many."""
    return rows_changed(session.execute(delete(PhoneCode).where(PhoneCode.made_at < now - KEPT)))


def _latest(session: Session, phone: str, *, lock: bool = False) -> PhoneCode | None:
    """The last code asked for; a decoy only where there is nothing else, for it must not disturb the phone's user."""
    is_decoy = and_(PhoneCode.user_id.is_(None), PhoneCode.registration.is_(None))
    query = select(PhoneCode).where(PhoneCode.phone == phone).order_by(is_decoy, PhoneCode.id.desc()).limit(1)
    return session.scalar(query.with_for_update() if lock else query)


def _fitting(
    session: Session, phone: str, code: str, secret: str, now: datetime, address: str | None
) -> PhoneCode | None:
    """The phone's live code if *code* is it; a wrong try is counted, on decoys too, so that both take the same time."""
    row = _latest(session, phone, lock=True)  # locked: tries at the same moment are counted one by one
    compared = row or PhoneCode(seed=bytes(16))
    fits = hmac.compare_digest(digits_of(compared, secret).encode(), code.encode())
    if row is None or now - row.made_at >= LIFETIME:
        return None
    counter = "tries" if row.address == address else "other_tries"
    tries = getattr(row, counter)
    if tries >= MOST_TRIES:
        return None
    if fits and not row.is_decoy:
        return row
    setattr(row, counter, tries + 1)
    session.flush()
    return None


def _proved(session: Session, row: PhoneCode, own: User | None) -> User | None:
    """The active account of who has the phone of a fitting code; None if it is switched off, or already registered."""
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
    """Of who registers themselves, their own words count, and not those of whoever claimed their phone before."""
    first, last = registration["first_name"], registration["last_name"]
    user.role = Role(registration["role"])
    user.name = f"{first} {last}"
    user.profile = user.profile | {"first_name": first, "last_name": last}


def _check_limits(
    session: Session, phone: str, country: str, address: str | None, sends_per_hour: int | None, now: datetime
) -> None:
    """Raise TooManyError where who asks, or the whole system, has had its sends; *sends_per_hour* None: no bound."""
    from_here = PhoneCode.address == address if address is not None else PhoneCode.address.is_(None)
    for most, window in PHONE_LIMITS:
        _check(session, and_(PhoneCode.phone == phone, from_here), most, window, now)
    if address is not None:
        for most, window in ADDRESS_LIMITS:
            _check(session, from_here, most, window, now)
    if sends_per_hour is None:
        return
    # Only what costs money counts here: decoys must not use up what is there for others.
    costs = and_(_is_sent(), ~PhoneCode.is_known)
    hour = timedelta(hours=1)
    _check(session, costs, sends_per_hour, hour, now)
    if country != HOME_COUNTRY:
        abroad = max(1, int(sends_per_hour * FOREIGN_SHARE))
        _check(session, and_(costs, PhoneCode.country == country), abroad, hour, now)


def _are_sends_spent(session: Session, phone: str, is_known: bool, now: datetime) -> bool:
    """Whether the phone has had what may be sent to it from known places, or from all others."""
    sends = and_(PhoneCode.phone == phone, _is_sent(), PhoneCode.is_known.is_(is_known))
    # Both are asked whatever the first says: how long it takes must not tell what was sent to whom.
    moments = [_free_from(session, sends, most, window, now) for most, window in PHONE_LIMITS]
    return any(moment is not None for moment in moments)


def _is_sent() -> ColumnElement[bool]:
    return or_(PhoneCode.user_id.is_not(None), PhoneCode.registration.is_not(None))


def _check(session: Session, which: ColumnElement[bool], most: int, window: timedelta, now: datetime) -> None:
    """Raise TooManyError if *most* sends of the kind *which* fell within *window*."""
    moment = _free_from(session, which, most, window, now)
    if moment is not None:
        wait = math.ceil((moment - now).total_seconds())
        raise TooManyError("Too many codes were asked for; use the last one, or wait.", max(1, wait))


def _free_from(
    session: Session, which: ColumnElement[bool], most: int, window: timedelta, now: datetime
) -> datetime | None:
    """When there is room again for a send of the kind *which*; None: there is."""
    query = select(PhoneCode.made_at).where(which, PhoneCode.made_at > now - window)
    # The most-th last send: when it leaves the window, there is room again.
    moment = session.scalar(query.order_by(PhoneCode.made_at.desc()).offset(most - 1).limit(1))
    return None if moment is None else moment + window
