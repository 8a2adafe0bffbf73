"""Groups of adverts of one home: derived data, written by the worker (worker/market/grouping.py)."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, and_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base


class AdvertGroup(Base):
    """The group of one property. A property that is the only advert of its home has no row."""

    __tablename__ = "advert_groups"
    __table_args__ = ({"info": {"derived": True}},)

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: The smallest property id among its adverts.
    group_id: Mapped[int] = mapped_column(index=True)


class AdvertKeys(Base):
    """The keys by which a property was last compared with other adverts, and the version of the property."""

    __tablename__ = "advert_keys"
    __table_args__ = (
        Index("ix_advert_keys_keys", "keys", postgresql_using="gin"),
        {"info": {"derived": True}},
    )

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


def are_siblings(group: Any, sibling: Any) -> ColumnElement[bool]:
    """A condition: *group* and *sibling*, aliases of :class:`AdvertGroup`, are two adverts of one home."""
    return and_(sibling.group_id == group.group_id, sibling.property_id != group.property_id)
