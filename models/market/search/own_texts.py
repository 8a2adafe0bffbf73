"""
The texts in which users search their own leads and properties. Each is stored as one text in lower case, because
putting ten columns of ten thousand rows together took most of a search's time.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ForeignKey, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base
from models.core.enums import Side


class LeadText(Base):
    """What its owner can remember of one lead, its id included. Derived: triggers (migration 0236) keep it."""

    __tablename__ = "lead_texts"
    __table_args__ = (Index("ix_lead_texts_owner", "owner_id"), {"info": {"derived": True}})

    lead_id: Mapped[int] = mapped_column(
        ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    owner_id: Mapped[int]
    text: Mapped[str] = mapped_column(Text)  #: In lower case, with е for ё.
    contacts: Mapped[str] = mapped_column(Text)  #: The client's contacts without the separators of a phone's digits.


class PropertyText(Base):
    """The same of one property, without its description, whose words are indexed (:mod:`.text_search`)."""

    __tablename__ = "property_texts"
    __table_args__ = (Index("ix_property_texts_owner", "owner_id"), {"info": {"derived": True}})

    property_id: Mapped[int] = mapped_column(
        ForeignKey("properties.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    owner_id: Mapped[int]
    text: Mapped[str] = mapped_column(Text)


#: Side -> the table of its texts, and that table's column with the row's id.
OWN_TEXTS: dict[Side, tuple[Any, Any]] = {
    Side.LEAD: (LeadText, LeadText.lead_id),
    Side.PROPERTY: (PropertyText, PropertyText.property_id),
}


def has_word(text: Any, word: str | BindParameter[str]) -> ColumnElement[bool]:
    """A condition: a stored *text* contains the word, in any case, with е or ё."""
    # Searching for a part takes a third of the time of LIKE, and a quarter of that of a regular expression.
    return func.strpos(text, func.replace(func.lower(word), "ё", "е")) > 0
