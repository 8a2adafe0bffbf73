"""A realtor's time zone for tasks and reminders, and the secret address of their calendar."""

import secrets
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base
from models.core.errors import InvalidValueError, NotFoundError
from models.core.link_tokens import is_token

TOKEN_BYTES = 24  # 192 random bits: the address cannot be guessed
#: Default time zones by the beginning of a phone; the first that matches counts.
ZONES_OF_PHONES = (("+77", "Asia/Almaty"), ("+76", "Asia/Almaty"), ("", "Europe/Moscow"))


class AgendaSettings(Base):
    """One user's settings; without a row the defaults apply."""

    __tablename__ = "agenda_settings"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    time_zone: Mapped[str | None] = mapped_column(String(64))  #: A name of the IANA database.
    calendar_token: Mapped[str | None] = mapped_column(String(43), unique=True)
    #: When the last digest was due, also if there was no news for it.
    digest_at: Mapped[datetime | None]


def zone_of(session: Session, user: User) -> ZoneInfo:
    """
    The user's time zone: the one chosen for tasks, otherwise that of their profile, otherwise the most likely one.
    """
    settings = session.get(AgendaSettings, user.id)
    return ZoneInfo((settings and settings.time_zone) or user.time_zone or likely_zone(user.phone))


def likely_zone(phone: str | None) -> str:
    """The most likely time zone of a user with this phone (E.164).

    >>> likely_zone("+77011234567"), likely_zone("+79161234567"), likely_zone(None)
    ('Asia/Almaty', 'Europe/Moscow', 'Europe/Moscow')
    """
    return next(zone for prefix, zone in ZONES_OF_PHONES if (phone or "").startswith(prefix))


def set_zone(session: Session, user: User, name: str) -> None:
    """Set the user's time zone.

    Raises:
        InvalidValueError: It is not in the IANA database.
    """
    if name not in available_timezones():
        raise InvalidValueError("time_zone", "time_zone.unknown")
    row = insert(AgendaSettings).values(user_id=user.id, time_zone=name)
    session.execute(row.on_conflict_do_update(index_elements=[AgendaSettings.user_id], set_={"time_zone": name}))
    _reread(session, user)


def calendar_token(session: Session, user: User) -> str | None:
    """The secret part of the address of the user's calendar; None without one."""
    settings = session.get(AgendaSettings, user.id)
    return settings.calendar_token if settings else None


def renew_calendar(session: Session, user: User) -> str:
    """Give the user's calendar a new address and return its token; the former address stops working."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = insert(AgendaSettings).values(user_id=user.id, calendar_token=token)
    session.execute(row.on_conflict_do_update(index_elements=[AgendaSettings.user_id], set_={"calendar_token": token}))
    _reread(session, user)
    return token


def close_calendar(session: Session, user: User) -> None:
    """Revoke the address of the user's calendar; a repeated call changes nothing."""
    settings = session.get(AgendaSettings, user.id)
    if settings is not None:
        settings.calendar_token = None
        session.flush()


def owner_of_calendar(session: Session, token: str) -> User:
    """The owner of a calendar; raises NotFoundError if the address is unknown, or its owner is inactive."""
    owner = None
    if is_token(token):
        query = select(User).join(AgendaSettings, AgendaSettings.user_id == User.id)
        owner = session.scalar(query.where(AgendaSettings.calendar_token == token, User.is_active))
    if owner is None:
        raise NotFoundError("calendar")
    return owner


def erase_settings(session: Session, user: User) -> None:
    """Delete the user's time zone and the address of the calendar."""
    session.execute(delete(AgendaSettings).where(AgendaSettings.user_id == user.id))


def _reread(session: Session, user: User) -> None:
    """Read the user's row again if the session holds it, because a statement has written it."""
    settings = session.get(AgendaSettings, user.id)
    if settings is not None:
        session.refresh(settings)
