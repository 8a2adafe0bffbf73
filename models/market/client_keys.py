"""
Which leads belong to one client: recognised by the first phone, or else e-mail address or Telegram name, in their
contacts.

Two leads of one client may belong to two realtors, and neither learns of the other: only the lead's own realtor sees
anything of this.
"""

import hashlib
import re

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


def client_key(contacts: str | None) -> int | None:
    """A signed 64-bit digest of the client's first contact.

    >>> client_key("+7 (701) 000-00-00, Пётр") == client_key("8 701 0000000") != client_key("+77010000001")
    True
    >>> client_key("Anna@mail.kz") == client_key("пишите anna@mail.kz"), client_key("звонить вечером")
    (True, None)
    """
    text = contacts or ""
    if match := _PHONE.search(text):
        digits = re.sub(r"\D", "", match[0])
        told = "7" + digits[1:] if len(digits) == 11 and digits[0] == "8" else digits
    elif match := _EMAIL.search(text):
        told = match[0].casefold()
    elif match := _TELEGRAM.search(text):
        told = "@" + (match[1] or match[2]).casefold()
    else:
        return None
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest(), "big", signed=True)


def note_client(session: Session, lead_id: int, contacts: str | None) -> None:
    """Store the client of a lead, from its new contacts."""
    key = client_key(contacts)
    if key is None:
        session.execute(delete(ClientKey).where(ClientKey.lead_id == lead_id))
        return
    stored = insert(ClientKey).values(lead_id=lead_id, key=key)
    session.execute(stored.on_conflict_do_update(index_elements=[ClientKey.lead_id], set_={"key": key}))
