"""Tables: agencies, their members, invitations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base, CreatedAt, Id

MAX_NAME = 120  # characters


class Agency(Base):
    """Realtors who work under a head. The head is a member; a user heads at most one agency."""

    __tablename__ = "agencies"
    __table_args__ = (CheckConstraint("name <> ''", name="name_says_something"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    head_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    created_at: Mapped[CreatedAt]


class AgencyMember(Base):
    """A realtor's membership; a user has at most one."""

    __tablename__ = "agency_members"
    __table_args__ = (Index("ix_agency_members_agency", "agency_id", "joined_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id", ondelete="CASCADE"))
    joined_at: Mapped[CreatedAt]


class AgencyInvitation(Base):
    """A link by which one realtor joins an agency.

    Only a digest of its token is stored. The row is deleted when it is accepted or revoked. It is also deleted when the
    headship changes, because the invited person has seen the former head's name.
    """

    __tablename__ = "agency_invitations"
    __table_args__ = (Index("ix_agency_invitations_agency", "agency_id", "id"),)

    id: Mapped[Id]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    #: The head's own note about the invited person.
    label: Mapped[str | None] = mapped_column(String(MAX_NAME))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
