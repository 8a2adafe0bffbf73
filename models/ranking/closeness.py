"""Learnt closeness of the places of a market, by which a lead's places are scored."""

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base, CreatedAt, Id, enum_column
from models.core.enums import DealType


class ClosenessRow(Base):
    """
    One learnt closeness of a market's places, in the format of :mod:`matching.facts.closeness`.

    A market is scored with the model that its generation names, even if newer ones exist.
    """

    __tablename__ = "closeness_models"
    __table_args__ = (Index("ix_closeness_models_market", "city_key", "deal_type", "id"),)

    id: Mapped[Id]
    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"))
    model: Mapped[bytes] = mapped_column(LargeBinary)
    #: Number of properties with a place that it was learnt from.
    properties: Mapped[int]
    created_at: Mapped[CreatedAt]
