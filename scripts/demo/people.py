"""The demo's realtors, agencies and developers, and the users whose password is known."""

from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.accounts.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from models.accounts.passwords import hash_password
from models.accounts.users import User
from models.core.enums import Role
from scripts.demo.texts import AGENCIES, DEVELOPERS, person

#: The realtor signs in with e-mail and password, or by Telegram, and so can use every contract.
LOGIN_EMAIL = DEMO_LOGINS[0][0]
LOGIN_PASSWORD = DEMO_PASSWORD
LOGIN_TELEGRAM = "demo-realtor"

NAMES = {
    Role.TENANT: "Тимур Арендаторов",
    Role.ADMIN: "Алия Администраторова",
    Role.OPERATOR: "Олег Операторов",
    Role.MARKETER: "Мария Рекламова",
}

#: RFC 2606 reserves this domain for examples; mail to it is never delivered.
DOMAIN = "leadmatch.example"


def demo_users(session: Session, count: int, seed: int, *, with_login: bool) -> list[tuple[int, Role]]:
    """
    Add the demo's users, or find those of an earlier demo.

    Returns:
        (id, role) of each, by id; in a new database the realtor with a known login comes first.
    """
    rng = Random(f"people {seed}")
    rows = [_login(with_login), *(_user(rng, number) for number in range(1, max(count, 2)))]
    emails = [row["email"] for row in rows]
    if with_login:
        rows += [_other_login(*login, number) for number, login in enumerate(DEMO_LOGINS[1:], start=1)]
    # No conflict target: users whose e-mail, phone or Telegram account is already in use are skipped.
    session.execute(insert(User).on_conflict_do_nothing(), rows)
    query = select(User.id, User.role).where(User.email.in_(emails), User.is_active).order_by(User.id)
    return [(user_id, role) for user_id, role in session.execute(query)]


def _login(with_password: bool) -> dict[str, Any]:
    return {
        "role": Role.REALTOR,
        "name": "Анна Демидова",
        "email": LOGIN_EMAIL,
        "phone": _phone(0),
        "telegram_id": LOGIN_TELEGRAM,
        "agency_name": AGENCIES[0],
        "password_hash": hash_password(LOGIN_PASSWORD) if with_password else None,
    }


def _other_login(email: str, role: Role, number: int) -> dict[str, Any]:
    """Return a user of another role with a known password, who owns nothing in the market."""
    return {
        "role": role,
        "name": NAMES[role],
        "email": email,
        "phone": f"+7001{number:07}",
        "telegram_id": f"demo-{role}",
        "agency_name": None,
        "password_hash": hash_password(LOGIN_PASSWORD),
    }


def _user(rng: Random, number: int) -> dict[str, Any]:
    role = rng.choices((Role.REALTOR, Role.AGENCY, Role.DEVELOPER), (85, 10, 5))[0]
    firm = rng.choice(DEVELOPERS if role is Role.DEVELOPER else AGENCIES)
    return {
        "role": role,
        "name": person(rng),
        "email": f"demo{number:04}@{DOMAIN}",
        "phone": _phone(number),
        "telegram_id": f"demo-{number:04}",
        "agency_name": None if role is Role.REALTOR and rng.random() < 0.2 else firm,
        "password_hash": None,
    }


def _phone(number: int) -> str:
    """Return a phone number that is never assigned: in Russia 3, 4, 8 or 9 follows +7, in Kazakhstan 6 or 7."""
    return f"+7000{number:07}"
