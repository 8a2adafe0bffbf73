"""What is near what in a market, as it was learnt: the models by which the places of a lead are graded."""

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.core.base import Base, CreatedAt, Id, words
from models.core.enums import DealType


class ClosenessRow(Base):
    """
    One learnt closeness of a market's places, in :mod:`matching.facts.closeness`'s own format.

    A market is scored with the one that its generation names, whatever has been learnt since.
    """

    __tablename__ = "closeness_models"
    __table_args__ = (Index("ix_closeness_models_market", "city_key", "deal_type", "id"),)

    id: Mapped[Id]
    city_key: Mapped[str] = mapped_column(String(110))
    deal_type: Mapped[DealType] = mapped_column(words(DealType, "deal_type_is_known"))
    model: Mapped[bytes] = mapped_column(LargeBinary)
    #: How many properties with a place it was learnt from.
    properties: Mapped[int]
    created_at: Mapped[CreatedAt]
