"""Limits of SMS codes: per phone, per network, for the whole system."""

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from models.accounts.phone_codes import PhoneCode, is_sent
from models.core.errors import TooManyError

#: Sends to one phone: (how many, in which time).
PHONE_LIMITS = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
#: Sends asked for from one address; a household or an office shares one.
ADDRESS_LIMITS = ((20, timedelta(minutes=10)), (100, timedelta(days=1)))
#: Of the whole system's sends, numbers of one country other than our own (+7) may take this share: SMS
#: pumping goes to dear numbers abroad, and must leave our own users' codes alone.
HOME_COUNTRY = "7"
FOREIGN_SHARE = 0.1


def check_limits(
    session: Session, phone: str, country: str, address: str | None, sends_per_hour: int | None, now: datetime
) -> None:
    """
    Raise TooManyError if the requesting network, or the whole system, has used up its codes; *sends_per_hour* None: no
    limit.
    """
    from_here = PhoneCode.address == address if address is not None else PhoneCode.address.is_(None)
    for most, window in PHONE_LIMITS:
        _check(session, and_(PhoneCode.phone == phone, from_here), most, window, now)
    if address is not None:
        for most, window in ADDRESS_LIMITS:
            _check(session, from_here, most, window, now)
    if sends_per_hour is None:
        return
    # Only codes that cost money count here: decoys must not use up the others' limit.
    costs = and_(is_sent(), ~PhoneCode.is_known)
    hour = timedelta(hours=1)
    _check(session, costs, sends_per_hour, hour, now)
    if country != HOME_COUNTRY:
        abroad = max(1, int(sends_per_hour * FOREIGN_SHARE))
        _check(session, and_(costs, PhoneCode.country == country), abroad, hour, now)


def are_sends_spent(session: Session, phone: str, is_known: bool, now: datetime) -> bool:
    """Whether the phone's codes requested from known places, or from all other places, are used up."""
    sends = and_(PhoneCode.phone == phone, is_sent(), PhoneCode.is_known.is_(is_known))
    # Both are queried whatever the first returns, so that timing does not reveal what was sent.
    moments = [_free_from(session, sends, most, window, now) for most, window in PHONE_LIMITS]
    return any(moment is not None for moment in moments)


def _check(session: Session, which: ColumnElement[bool], most: int, window: timedelta, now: datetime) -> None:
    """Raise TooManyError if *most* sends of the kind *which* happened within *window*."""
    moment = _free_from(session, which, most, window, now)
    if moment is not None:
        wait = math.ceil((moment - now).total_seconds())
        raise TooManyError("code.too_many", max(1, wait))


def _free_from(
    session: Session, which: ColumnElement[bool], most: int, window: timedelta, now: datetime
) -> datetime | None:
    """When the next send of the kind *which* is allowed; None: now."""
    query = select(PhoneCode.made_at).where(which, PhoneCode.made_at > now - window)
    # The most-th last send: when it leaves the window, there is room again.
    moment = session.scalar(query.order_by(PhoneCode.made_at.desc()).offset(most - 1).limit(1))
    return None if moment is None else moment + window
