"""The table of SMS codes; the operations are in `models.accounts.codes`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Integer, LargeBinary, String, or_, text
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base, Id, enum_column


class Delivery(StrEnum):
    """The state of an SMS."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class PhoneCode(Base):
    """One requested code. Without user and registration it is a decoy."""

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
    address: Mapped[str | None] = mapped_column(INET)  #: The requester's address; for IPv6 the /64.
    #: The user whom the code signs in,
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: or the data of a new user, created once the code proves the phone: first_name, last_name, role.
    registration: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: The requester's language, a code of ISO 639-1; null: unknown.
    language: Mapped[str | None] = mapped_column(String(2))
    seed: Mapped[bytes] = mapped_column(LargeBinary(16))
    #: Wrong tries from the network that requested the code, and from all others.
    tries: Mapped[int] = mapped_column(Integer, default=0)
    other_tries: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    #: Whether the phone's user had signed in before from the requesting place.
    is_known: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    made_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    spent_at: Mapped[datetime | None]  #: When it was used to get a token.
    delivery: Mapped[Delivery] = mapped_column(enum_column(Delivery, "delivery_is_known"), default=Delivery.QUEUED)

    @property
    def is_decoy(self) -> bool:
        return self.user_id is None and self.registration is None


def is_sent() -> ColumnElement[bool]:
    """A condition: the row is not a decoy, so its code is sent."""
    return or_(PhoneCode.user_id.is_not(None), PhoneCode.registration.is_not(None))
