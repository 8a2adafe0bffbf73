"""Private notes and tags of former owners on rows that were reassigned."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.accounts.users import User
from models.core.base import Base, CreatedAt, Id


class FormerOwnerNotes(Base):
    """A former owner's private notes and tags on a lead or property that was reassigned.

    The new owner does not get them. If the row is reassigned to the former owner, they return to it.
    """

    __tablename__ = "put_aside_words"
    __table_args__ = (
        CheckConstraint("(lead_id IS NULL) <> (property_id IS NULL)", name="is_of_one_row"),
        UniqueConstraint("owner_id", "lead_id"),
        UniqueConstraint("owner_id", "property_id"),
        Index("ix_put_aside_words_lead", "lead_id"),
        Index("ix_put_aside_words_property", "property_id"),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"))
    property_id: Mapped[int | None] = mapped_column(ForeignKey("properties.id", ondelete="CASCADE"))
    private_notes: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]


def erase_former_owner_notes(session: Session, user: User) -> None:
    """Delete a user's private words on rows that now belong to others."""
    session.execute(delete(FormerOwnerNotes).where(FormerOwnerNotes.owner_id == user.id))


def merge_former_owner_notes(session: Session, removed: User, kept: User) -> None:
    """
    Move the private words of the merged account to the one that stays, unless that account has words of its own about
    the row.
    """
    own = aliased(FormerOwnerNotes)
    twice = select(own.id).where(
        own.owner_id == kept.id,
        or_(own.lead_id == FormerOwnerNotes.lead_id, own.property_id == FormerOwnerNotes.property_id),
    )
    of_removed = FormerOwnerNotes.owner_id == removed.id
    session.execute(
        delete(FormerOwnerNotes).where(of_removed, twice.exists()).execution_options(synchronize_session=False)
    )
    moved = update(FormerOwnerNotes).where(of_removed).values(owner_id=kept.id)
    session.execute(moved.execution_options(synchronize_session=False))
