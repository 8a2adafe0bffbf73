"""
Recognises which leads belong to the same client: by the first phone in their contacts, otherwise by the first e-mail
address or Telegram name.

Two leads of one client may belong to two realtors. Neither learns of the other, because only the lead's own realtor
sees any result of the comparison.
"""

import hashlib
import re
from collections.abc import Iterator

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base

_PHONE = re.compile(r"\+?\d(?:[\s()\-.]{0,3}\d){9,14}")
_EMAIL = re.compile(r"[^\s,;<>@]{1,64}@[^\s,;<>@]{1,255}\.\w+")
_TELEGRAM = re.compile(r"(?<![\w.])@(\w{4,32})|t\.me/(\w{4,32})", re.IGNORECASE)


class ClientKey(Base):
    """The client of a lead, as a digest of a contact. A lead without contacts has no row."""

    __tablename__ = "client_keys"

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[int] = mapped_column(index=True)


class ClientContactKey(Base):
    """A digest of each of the lead's contacts. Agencies use these to find clients with several leads."""

    __tablename__ = "client_contact_keys"

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)


def client_key(contacts: str | None) -> int | None:
    """A signed 64-bit digest of the client's first contact: of a phone, else an e-mail address, else a Telegram name.

    >>> client_key("+7 (701) 000-00-00, Пётр") == client_key("8 701 0000000") != client_key("+77010000001")
    True
    >>> client_key("Anna@mail.kz") == client_key("пишите anna@mail.kz"), client_key("звонить вечером")
    (True, None)
    """
    text = contacts or ""
    if match := _PHONE.search(text):
        return _digest(_normal_phone(re.sub(r"\D", "", match[0])))
    others = [*_emails(text), *_telegram_names(text)]
    return _digest(others[0]) if others else None


def contact_keys(contacts: str | None) -> list[int]:
    """The digests of all contacts of a client, ascending; that of :func:`client_key` is nearly always among them.

    >>> first, both = contact_keys("+7 701 000-00-00"), contact_keys("anna@mail.kz 87010000000 87020000000 @anna_k")
    >>> set(first) < set(both), len(both), contact_keys("звонить вечером")
    (True, 4, [])
    """
    text = contacts or ""
    return sorted({_digest(contact) for contact in (*_phones(text), *_emails(text), *_telegram_names(text))})


def _phones(text: str) -> Iterator[str]:
    start = 0
    while match := _PHONE.search(text, start):
        digits, start = re.sub(r"\D", "", match[0]), match.end()
        if len(digits) > 11 and digits[0] in "78":  # two numbers separated by a blank
            places = [place for place in range(match.start(), match.end()) if text[place].isdigit()]
            digits, start = digits[:11], places[10] + 1
        yield _normal_phone(digits)


def _normal_phone(digits: str) -> str:
    return "7" + digits[1:] if len(digits) == 11 and digits[0] == "8" else digits


def _emails(text: str) -> list[str]:
    return [match.casefold() for match in _EMAIL.findall(text)]


def _telegram_names(text: str) -> list[str]:
    return ["@" + (at or link).casefold() for at, link in _TELEGRAM.findall(text)]


def _digest(contact: str) -> int:
    return int.from_bytes(hashlib.blake2b(contact.encode(), digest_size=8).digest(), "big", signed=True)


#: One statement for both tables, both for a new lead and for replaced contacts. All parts of a WITH statement see the
#: earlier rows, so the deleted and the inserted rows must not overlap.
_NOTE_CLIENT = text(
    """
    WITH contacts_gone AS (
        DELETE FROM client_contact_keys WHERE lead_id = :lead_id AND key <> ALL (CAST(:keys AS bigint[]))
    ), contacts AS (
        INSERT INTO client_contact_keys (lead_id, key)
        SELECT CAST(:lead_id AS bigint), unnest(CAST(:keys AS bigint[])) ON CONFLICT DO NOTHING
    ), client_gone AS (
        DELETE FROM client_keys WHERE lead_id = :lead_id AND CAST(:key AS bigint) IS NULL
    )
    INSERT INTO client_keys (lead_id, key)
    SELECT CAST(:lead_id AS bigint), CAST(:key AS bigint) WHERE CAST(:key AS bigint) IS NOT NULL
    ON CONFLICT (lead_id) DO UPDATE SET key = excluded.key
    """
).execution_options(prepared=True)


def note_client(session: Session, lead_id: int, contacts: str | None) -> None:
    """Store the client keys of a lead from its new contacts."""
    parameters = {"lead_id": lead_id, "keys": contact_keys(contacts), "key": client_key(contacts)}
    session.execute(_NOTE_CLIENT, parameters)
