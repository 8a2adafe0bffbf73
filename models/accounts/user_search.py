"""Search users, for operators: by name, firm, phone, e-mail, Telegram name or id."""

import re

from sqlalchemy import ColumnElement, Select, and_, false, func, or_

from models.accounts.users import User, all_users
from models.core.base import LARGEST_ID
from models.core.enums import Role

#: Phones are searched by at least this many digits; fewer occur in most phones.
MIN_DIGITS = 4


def find_users(words: str, role: Role | None = None, is_active: bool | None = None) -> Select[User]:
    """
    Select users who are not deleted, oldest first: each of the *words* must occur in the name, the firm, the e-mail or
    the Telegram name, or be the user's id, or all digits together must occur in the phone, with 8 for +7.
    """
    query = all_users()
    if role is not None:
        query = query.where(User.role == role)
    if is_active is not None:
        query = query.where(User.is_active.is_(is_active))
    if words.strip():
        query = query.where(or_(_in_texts(words), _in_phone(words), _is_number(words)))
    return query


def _in_texts(words: str) -> ColumnElement[bool]:
    columns = (User.name, User.agency_name, User.email, User.telegram_username)
    text = func.replace(func.lower(func.concat_ws(" ", *columns)), "ё", "е")
    return and_(*(text.contains(word, autoescape=True) for word in words.lower().replace("ё", "е").split()))


def _in_phone(words: str) -> ColumnElement[bool]:
    if re.search(r"[^\d\s()+.-]", words):
        return false()
    digits = re.sub(r"\D", "", words)
    if len(digits) == 11 and digits.startswith("8"):
        digits = "7" + digits[1:]
    return User.phone.contains(digits) if len(digits) >= MIN_DIGITS else false()


def _is_number(words: str) -> ColumnElement[bool]:
    text = words.strip()
    return User.id == int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID else false()
