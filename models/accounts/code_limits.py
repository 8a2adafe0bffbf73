"""Limits of SMS codes: per phone, per network, for the whole system."""

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from models.accounts.phone_codes import PhoneCode, is_sent
from models.core.errors import TooManyError
from models.core.locks import lock_until_commit

#: Messages to one phone: (maximum number, period).
PHONE_LIMITS = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
#: Messages requested from one address, which a household or an office may share.
ADDRESS_LIMITS = ((20, timedelta(minutes=10)), (100, timedelta(days=1)))
#: The share of the whole system's messages that numbers of one foreign country (other than +7) may use: SMS pumping
#: targets expensive numbers abroad and must not use up our own users' codes.
HOME_COUNTRY = "7"
FOREIGN_SHARE = 0.1


def check_limits(
    session: Session, phone: str, country: str, address: str | None, sends_per_hour: int | None, now: datetime
) -> None:
    """
    Raise TooManyError if the requesting network, or the whole system, has used up its codes. *sends_per_hour* None
    means no limit.

    Requests that count against the same limit are serialised until their transactions end, so that all of them count.
    The caller has already serialised those for one phone; the locks are always taken in the same order.
    """
    from_here = PhoneCode.address == address if address is not None else PhoneCode.address.is_(None)
    for maximum, window in PHONE_LIMITS:
        _check(session, and_(PhoneCode.phone == phone, from_here), maximum, window, now)
    if address is not None:
        lock_until_commit(session, f"codes-of-address:{address}")
        for maximum, window in ADDRESS_LIMITS:
            _check(session, from_here, maximum, window, now)
    if sends_per_hour is None:
        return
    # Only codes that are sent, and so cost money, count here: decoys must not use up the limit of real codes.
    lock_until_commit(session, "codes-of-all")
    costs = and_(is_sent(), ~PhoneCode.is_known)
    hour = timedelta(hours=1)
    _check(session, costs, sends_per_hour, hour, now)
    if country != HOME_COUNTRY:
        abroad = max(1, int(sends_per_hour * FOREIGN_SHARE))
        _check(session, and_(costs, PhoneCode.country == country), abroad, hour, now)


def are_sends_used_up(session: Session, phone: str, is_known: bool, now: datetime) -> bool:
    """Whether the phone's codes requested from known places, or from all other places, are used up."""
    sends = and_(PhoneCode.phone == phone, is_sent(), PhoneCode.is_known.is_(is_known))
    # Both are always queried, so that timing does not reveal what was sent.
    moments = [_free_from(session, sends, maximum, window, now) for maximum, window in PHONE_LIMITS]
    return any(moment is not None for moment in moments)


def _check(session: Session, condition: ColumnElement[bool], maximum: int, window: timedelta, now: datetime) -> None:
    """Raise TooManyError if *maximum* sends that meet *condition* happened within *window*."""
    moment = _free_from(session, condition, maximum, window, now)
    if moment is not None:
        wait = math.ceil((moment - now).total_seconds())
        raise TooManyError("code.too_many", max(1, wait))


def _free_from(
    session: Session, condition: ColumnElement[bool], maximum: int, window: timedelta, now: datetime
) -> datetime | None:
    """When the next send that meets *condition* is allowed; None: now."""
    query = select(PhoneCode.made_at).where(condition, PhoneCode.made_at > now - window)
    # The send at position *maximum* from the end: when it leaves the window, another is allowed.
    moment = session.scalar(query.order_by(PhoneCode.made_at.desc()).offset(maximum - 1).limit(1))
    return None if moment is None else moment + window
