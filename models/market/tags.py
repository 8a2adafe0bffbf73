"""Tags: a realtor's private labels of leads and properties."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    any_,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.users import User
from models.core.base import Base
from models.core.enums import Side
from models.core.errors import ConflictError, InvalidValueError
from models.market.leads import Lead
from models.market.properties import Property
from models.platform.prepared_statements import COMPILED_ONCE, PREPARED

MAX_LENGTH = 40  # characters
MAX_TAGS = 20  # of one row


class LeadTag(Base):
    """One tag of one lead."""

    __tablename__ = "lead_tags"
    __table_args__ = (CheckConstraint("tag <> ''", name="tag_says_something"), Index("ix_lead_tags_tag", "tag"))

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    tag: Mapped[str] = mapped_column(String(MAX_LENGTH), primary_key=True)


class PropertyTag(Base):
    """One tag of one property."""

    __tablename__ = "property_tags"
    __table_args__ = (CheckConstraint("tag <> ''", name="tag_says_something"), Index("ix_property_tags_tag", "tag"))

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    tag: Mapped[str] = mapped_column(String(MAX_LENGTH), primary_key=True)


#: Side -> the table of rows, the table of their tags, and its column with the row's id.
TAGGED: dict[Side, tuple[Any, Any, Any]] = {
    Side.LEAD: (Lead, LeadTag, LeadTag.lead_id),
    Side.PROPERTY: (Property, PropertyTag, PropertyTag.property_id),
}


def read_tag(text: str) -> str:
    """Convert a tag to its stored form: trimmed, with single blanks inside.

    Raises:
        InvalidValueError: It is empty, longer than MAX_LENGTH characters, or contains unprintable characters.

    >>> read_tag("  горячий   клиент ")
    'горячий клиент'
    """
    tag = " ".join(text.split())
    if not tag or not tag.isprintable():
        raise InvalidValueError("tag", "tag.empty")
    if len(tag) > MAX_LENGTH:
        raise InvalidValueError("tag", "tag.too_long", max=MAX_LENGTH)
    return tag


def tags_of(session: Session, side: Side, row_ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags of rows by row id, in alphabetical order; rows without tags are left out."""
    tags = defaultdict(list)
    for row_id, tag in session.execute(_TAGS[side], {"row_ids": list(row_ids)}, execution_options=PREPARED):
        tags[row_id].append(tag)
    return dict(tags)


def used_tags(session: Session, owner: User, side: Side) -> list[str]:
    """All tags on the owner's leads, or properties, in alphabetical order."""
    # Not prepared: which plan is best depends on the number of the owner's rows.
    return list(session.scalars(_USED_TAGS[side], {"owner_id": owner.id}, execution_options=COMPILED_ONCE))


def add_tag(session: Session, owner: User, side: Side, row_ids: Sequence[int], text: str) -> tuple[str, list[int]]:
    """
    Add a tag to those of the rows that belong to the owner.

    A tag that the owner has already used keeps its spelling, so «VIP» and «vip» are the same tag.

    Returns:
        The stored tag, and the ids of the rows that did not have it before.
    Raises:
        InvalidValueError: See :func:`read_tag`.
        ConflictError: A row has MAX_TAGS tags already.
    """
    rows, table, key = TAGGED[side]
    tag = read_tag(text)
    tag = next((used for used in used_tags(session, owner, side) if used.casefold() == tag.casefold()), tag)
    # The owner's rows are locked, so that no two requests fill one row beyond its limit.
    own_rows = select(rows.id).where(rows.id.in_(row_ids), rows.owner_id == owner.id).order_by(rows.id)
    ids = list(session.scalars(own_rows.with_for_update(key_share=True)))
    if not ids:
        return tag, []
    full = select(key).where(key.in_(ids), table.tag != tag).group_by(key).having(func.count() >= MAX_TAGS)
    if session.scalar(full.limit(1)) is not None:
        raise ConflictError("tag.too_many")
    stored = insert(table).values([{key.key: row_id, "tag": tag} for row_id in ids])
    return tag, sorted(session.scalars(stored.on_conflict_do_nothing().returning(key)))


def remove_tag(session: Session, owner: User, side: Side, row_ids: Sequence[int], tag: str) -> list[int]:
    """Remove a tag from those of the rows that belong to the owner; returns the ids of rows that had it."""
    rows, table, key = TAGGED[side]
    own_rows = select(rows.id).where(rows.id.in_(row_ids), rows.owner_id == owner.id)
    statement = delete(table).where(key.in_(own_rows), table.tag == " ".join(tag.split())).returning(key)
    return sorted(session.scalars(statement.execution_options(synchronize_session=False)))


def set_tags(session: Session, owner: User, side: Side, row_id: int, texts: Sequence[str]) -> None:
    """Set the tags of one of the owner's rows; empty texts are ignored.

    Raises:
        InvalidValueError, ConflictError: See :func:`add_tag`.
    """
    requested = {read_tag(text).casefold(): text for text in texts if text.strip()}
    for tag in tags_of(session, side, [row_id]).get(row_id, []):
        if requested.pop(tag.casefold(), None) is None:
            remove_tag(session, owner, side, [row_id], tag)
    for text in requested.values():
        add_tag(session, owner, side, [row_id], text)


def erase_tags(session: Session, user: User) -> None:
    """Delete all of a user's tags."""
    for rows, table, key in TAGGED.values():
        session.execute(delete(table).where(key.in_(select(rows.id).where(rows.owner_id == user.id))))


# Built once.
_TAGS = {
    side: select(key, table.tag).where(key == any_(bindparam("row_ids", type_=ARRAY(BigInteger)))).order_by(table.tag)
    for side, (_, table, key) in TAGGED.items()
}
_USED_TAGS = {
    side: select(table.tag)
    .join(rows, rows.id == key)
    .where(rows.owner_id == bindparam("owner_id"))
    .distinct()
    .order_by(table.tag)
    for side, (rows, table, key) in TAGGED.items()
}
