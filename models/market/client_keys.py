"""
Which leads belong to one client: recognised by the first phone, or else e-mail address or Telegram name, in their
contacts.

Two leads of one client may belong to two realtors, and neither learns of the other: only the lead's own realtor sees
anything of this.
"""

import hashlib
import re
from collections.abc import Iterator

from sqlalchemy import ForeignKey, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base

_PHONE = re.compile(r"\+?\d(?:[\s()\-.]{0,3}\d){9,14}")
_EMAIL = re.compile(r"[^\s,;<>@]{1,64}@[^\s,;<>@]{1,255}\.\w+")
_TELEGRAM = re.compile(r"(?<![\w.])@(\w{4,32})|t\.me/(\w{4,32})", re.IGNORECASE)


class ClientKey(Base):
    """The client of a lead, as a digest of a contact; no row without contacts."""

    __tablename__ = "client_keys"

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[int] = mapped_column(index=True)


class ClientContactKey(Base):
    """A lead's client by any of the contacts: a digest of each. Agencies are shown who is there twice by these."""

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
        if len(digits) > 11 and digits[0] in "78":  # two numbers with a blank between them
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


def note_client(session: Session, lead_id: int, contacts: str | None) -> None:
    """Store the client of a lead, from its new contacts."""
    keys = contact_keys(contacts)
    session.execute(delete(ClientContactKey).where(ClientContactKey.lead_id == lead_id))
    if keys:
        rows = [{"lead_id": lead_id, "key": key} for key in keys]
        session.execute(insert(ClientContactKey).values(rows).on_conflict_do_nothing())
    key = client_key(contacts)
    if key is None:
        session.execute(delete(ClientKey).where(ClientKey.lead_id == lead_id))
        return
    stored = insert(ClientKey).values(lead_id=lead_id, key=key)
    session.execute(stored.on_conflict_do_update(index_elements=[ClientKey.lead_id], set_={"key": key}))
