"""Activation codes: six digits by SMS that prove who holds a phone (NIST SP 800-63B, 5.1.3.2).

A code lives ten minutes, dies with the next one sent to its phone and after five wrong tries, and serves at most once to
activate and once to get a token. What a stranger who guesses can reach: three sends in ten minutes and ten a day, five
tries each, so at most 15 guesses in ten minutes and 50 a day against one phone, whatever the number of addresses they come
from: 50 / 10**6 = 0.005% a day.

A code is not stored. A row holds 128 random bits, and the code is an HMAC of them under a key that the database does not
know, so that a stolen database lets nobody in, and yet the worker that sends the SMS needs nothing but the row's id.

Whether a phone is registered must not show. So every request for a code writes a row, sends a task and counts against the
limits; one that nobody may use (the phone is taken, or unknown) is a decoy: nothing is sent for it and nothing fits it.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import phonenumbers
from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, words
from models.errors import TooManyError
from models.users import User

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
#: Rows are needed for counting sends, the longest for a day.
KEPT = timedelta(days=1)

#: Sends to one phone: (how many, in which time).
PHONE_LIMITS = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
#: Sends asked for from one address; a household or an office shares one.
ADDRESS_LIMITS = ((10, timedelta(minutes=10)), (30, timedelta(days=1)))
#: Of the whole system's sends, numbers of one country other than our own (+7) may take this share: SMS pumping goes to
#: dear numbers abroad, and must leave our own users' codes alone.
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
    address: Mapped[str | None] = mapped_column(INET)  #: Who asked.
    #: Whom the code lets in,
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: or what becomes a user once the code proves the phone: first_name, last_name, role.
    registration: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    seed: Mapped[bytes] = mapped_column(LargeBinary(16))
    tries: Mapped[int] = mapped_column(Integer, default=0)  #: Wrong ones.
    made_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]  #: When it got its token.
    delivery: Mapped[Delivery] = mapped_column(words(Delivery, "delivery_is_known"), default=Delivery.QUEUED)

    @property
    def is_decoy(self) -> bool:
        return self.user_id is None and self.registration is None
