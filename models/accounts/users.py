"""Users and their roles."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import CheckConstraint, Index, Integer, Select, String, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, validates

from models.accounts.bot_tables import BotCode
from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.core.locks import lock_until_commit

#: Roles of private persons: they have a home or look for one, but are not professionals.
PRIVATE_ROLES = frozenset({Role.TENANT, Role.LANDLORD})
#: Phones without a country code are read as numbers of this country (+7: Russia and Kazakhstan share it).
HOME_REGION = "RU"
E164 = r"\+[1-9][0-9]{6,14}"
#: Letters after the beginning of a number. `phonenumbers` reads them as the digits of a telephone keypad, or drops them
#: with an extension.
_LETTERS = re.compile(r"\d.*[^\W\d_]", re.DOTALL)

#: Identifiers -> the columns with the times of their proofs.
PROVEN_AT = {"phone": "phone_proven_at", "email": "email_proven_at", "telegram_id": "telegram_proven_at"}


class User(Base):
    """
    One person or firm. Their data may be erased, but the row is kept, so that others' matches and chats keep their
    references.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint(f"phone ~ '^{E164}$'", name="phone_is_e164"),
        CheckConstraint("deleted_at IS NULL OR NOT is_active", name="deleted_is_inactive"),
        Index("uq_users_email", "email", unique=True),
        Index("uq_users_phone", "phone", unique=True),
        Index("uq_users_telegram_id", "telegram_id", unique=True),
        Index("ix_users_active_admins", "id", postgresql_where=text("role = 'admin' AND is_active")),
        Index("ix_users_inactive", "id", postgresql_where=text("NOT is_active")),
    )

    id: Mapped[Id]
    role: Mapped[Role] = mapped_column(enum_column(Role, "role_is_known"))
    name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(16))
    telegram_id: Mapped[str | None] = mapped_column(String(64))
    telegram_username: Mapped[str | None] = mapped_column(String(64))
    #: When the user proved the identifier; null: it is a claim (models.accounts.identity).
    phone_proven_at: Mapped[datetime | None]
    email_proven_at: Mapped[datetime | None]
    telegram_proven_at: Mapped[datetime | None]
    agency_name: Mapped[str | None] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(256))
    #: The user's chosen or first language, a code of ISO 639-1, for messages. Null: unknown.
    language: Mapped[str | None] = mapped_column(String(2))
    #: The user's time zone, a name of the IANA database; null: the browser's.
    time_zone: Mapped[str | None] = mapped_column(String(64))
    #: The switches that the user has set, {topic: {channel: is on}} (models.accounts.notification_switches).
    notification_switches: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: The portal's further fields of a user, under the portal's own names.
    profile: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    #: Tokens contain this number; incrementing it invalidates all earlier tokens.
    token_version: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    created_at: Mapped[CreatedAt]
    deleted_at: Mapped[datetime | None]

    @validates(*PROVEN_AT)
    def _unprove(self, column: str, value: str | None) -> str | None:
        """Mark a changed identifier as claimed."""
        if value != getattr(self, column):
            setattr(self, PROVEN_AT[column], None)
        return value

    @property
    def telegram(self) -> str | None:
        """
        How others reach this user on Telegram: by the account's @name, otherwise by the name in their profile,
        otherwise by the account's number.

        >>> User(telegram_id="42", profile={"telegram": "@ivan"}).telegram
        '@ivan'
        """
        name = self.telegram_username and f"@{self.telegram_username}"
        return name or self.profile.get("telegram") or self.telegram_id

    @property
    def names(self) -> dict[str, str | None]:
        """First and last name; if a contract has the name as one text, its first word is the first name."""
        first, _, last = (self.name or "").partition(" ")
        return {
            "first_name": self.profile.get("first_name", first or None),
            "last_name": self.profile.get("last_name", last or None),
        }


def short_name(name: str | None) -> str | None:
    """A private person's name for users who are not in contact with them: the first name and an initial.

    >>> short_name("Анна Мария Петрова"), short_name("Анна"), short_name(None)
    ('Анна П.', 'Анна', None)
    """
    words_of_name = (name or "").split()
    if len(words_of_name) < 2:
        return name
    return f"{words_of_name[0]} {words_of_name[-1][0]}."


def shown_name(name: str | None, role: Role, *, in_contact: bool) -> str | None:
    """
    A user's name as others see it: the full name of professionals, a private person's short one until they are in
    contact.

    >>> names = ("Анна Петрова", Role.TENANT), ("Иван Ким", Role.REALTOR)
    >>> tuple(shown_name(name, role, in_contact=False) for name, role in names)
    ('Анна П.', 'Иван Ким')
    """
    return short_name(name) if role in PRIVATE_ROLES and not in_contact else name


def normal_phone(raw: str, field: str = "phone") -> str:
    """
    A phone in E.164.

    >>> normal_phone("8 (777) 123-45-67")
    '+77771234567'

    Raises:
        InvalidValueError: It is not a valid number.
    """
    try:
        if _LETTERS.search(raw):
            raise InvalidValueError(field, "phone.letters")
        number = phonenumbers.parse(raw, HOME_REGION)
    except phonenumbers.NumberParseException:
        raise InvalidValueError(field, "phone.not_a_number") from None
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # The number must be valid, not only possible: `1234567` is possible within a city, but a code cannot be sent there.
    if not phonenumbers.is_valid_number(number) or not re.fullmatch(E164, formatted) or len(raw) > 40:
        raise InvalidValueError(field, "phone.impossible")
    return formatted


def normal_email(raw: str, field: str = "email") -> str:
    """
    An e-mail address in lower case; its form is checked.

    Raises:
        InvalidValueError: It is not an address.
    """
    from email_validator import EmailNotValidError, validate_email  # late: most commands read no address

    try:
        address = validate_email(raw.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidValueError(field, "email.invalid", reason=str(error)) from None
    return address.normalized.lower()


def create_user(session: Session, **fields: object) -> User:
    """Create a user.

    Raises:
        ConflictError: Another user already has the e-mail address, phone or Telegram account.
    """
    user = User(**fields)
    with refuse_taken(session):
        session.add(user)
    return user


@contextmanager
def refuse_taken(session: Session) -> Iterator[None]:
    """
    Flush the writes made in this context; raises ConflictError with the identifier if another user already has it.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise ConflictError(_taken_identifier(error)) from None


def _taken_identifier(error: IntegrityError) -> str:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    code = {
        "uq_users_email": "user.email_taken",
        "uq_users_phone": "user.phone_taken",
        "uq_users_telegram_id": "user.telegram_taken",
    }.get(name)
    if code is None:
        raise error
    return code


def active_user(session: Session, user_id: int) -> User | None:
    """The user, unless absent, deactivated or deleted."""
    return session.scalar(select(User).where(User.id == user_id, User.is_active))


def user_by_login(session: Session, username: str) -> User | None:
    """The active user with the login *username*: an e-mail address or a phone, in any spelling."""
    try:
        where = User.email == normal_email(username) if "@" in username else User.phone == normal_phone(username)
    except InvalidValueError:
        return None
    return session.scalar(select(User).where(where, User.is_active))


def user_by_phone(session: Session, phone: str) -> User | None:
    """The user with this phone (E.164), active or not."""
    return session.scalar(select(User).where(User.phone == phone))


def all_users() -> Select[User]:
    """All users who are not deleted, oldest first, without the partners of sample data (models.upkeep.samples)."""
    is_somebody = text("NOT EXISTS (SELECT FROM sample_sets WHERE sample_sets.partner_id = users.id)")
    return select(User).where(User.deleted_at.is_(None), is_somebody).order_by(User.id)


def change_profile(session: Session, user: User, changes: Mapping[str, Any]) -> None:
    """
    Set the given fields of the portal's profile. `email` is a column of its own, and the name is derived from its
    parts.

    Raises:
        ConflictError: Another user has the e-mail address; or the current one is the user's only proven identifier. An
            account without any proven identifier would go to the owner of the new address, which may be mistyped.
    """
    session.refresh(user, with_for_update=True)  # two simultaneous changes must not lose fields
    others_proven = user.phone_proven_at or user.telegram_proven_at
    if "email" in changes and changes["email"] != user.email and user.email_proven_at and not others_proven:
        raise ConflictError("email.is_the_only_proof")
    changes = dict(changes)
    if {"first_name", "last_name"} & set(changes):
        changes = user.names | changes
    with refuse_taken(session):
        if "email" in changes:
            user.email = changes.pop("email")
        if "first_name" in changes:
            user.name = " ".join(filter(None, (changes["first_name"], changes["last_name"])))
        user.profile = user.profile | changes


def change_password(session: Session, user: User, password_hash: str) -> None:
    """Set another password; all earlier tokens become invalid."""
    session.refresh(user, with_for_update=True)
    user.password_hash = password_hash
    end_all_tokens(session, user)


def end_all_tokens(session: Session, user: User) -> None:
    """
    Make all of the user's tokens invalid, and with them the codes that would link the bot: the holder of a stolen token
    may have created one.
    """
    user.token_version += 1
    session.execute(delete(BotCode).where(BotCode.user_id == user.id))
    session.flush()


def get_user(session: Session, user_id: int) -> User:
    """The user; raises NotFoundError when absent or deleted."""
    user = session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        raise NotFoundError("user")
    return user


def names_of_users(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names by user id, for users who have one; deleted users have none."""
    if not ids:
        return {}
    named = select(User.id, User.name).where(User.id.in_(ids), User.name.is_not(None))
    return {user_id: name for user_id, name in session.execute(named) if name}


def lock_user(session: Session, user_id: int) -> User:
    """
    The user, read again and locked against changes until the transaction ends.

    Meanwhile, rows that refer to the user may be added. Otherwise two administrators who change each other would
    deadlock, because each change records its author.

    Raises:
        NotFoundError: The user is absent or deleted.
    """
    query = select(User).where(User.id == user_id, User.deleted_at.is_(None))
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    user = session.scalar(query)
    if user is None:
        raise NotFoundError("user")
    return user


def require_another_admin(session: Session, user: User) -> None:
    """
    Raise ConflictError if *user* is the only active administrator. Takes a lock, so that two administrators cannot be
    removed at once.
    """
    if user.role is not Role.ADMIN or not user.is_active:
        return
    lock_until_commit(session, "last-admin")
    others = session.scalar(
        select(func.count()).select_from(User).where(User.role == Role.ADMIN, User.is_active, User.id != user.id)
    )
    if not others:
        raise ConflictError("user.last_admin")
