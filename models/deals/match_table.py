"""The table of matches."""

import builtins
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.core.base import Base, CreatedAt, Id, UpdatedAt, enum_column
from models.core.enums import MatchStatus, NegotiationStatus
from models.market.leads import Lead
from models.market.properties import Property

#: How long the other owner may object to a completion.
OBJECTION_TIME = timedelta(days=7)


class Match(Base):
    """Interest in a pair: by one side (PENDING), by both (ACCEPTED), withdrawn (REJECTED) or completed (COMPLETED)."""

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("lead_id", "property_id"),
        CheckConstraint("contact_shared_at IS NULL OR negotiation_status <> 'PENDING'", name="contacts_need_agreement"),
        CheckConstraint("(status = 'COMPLETED') = (completed_at IS NOT NULL)", name="completed_has_its_time"),
        Index("ix_matches_property", "property_id", "id"),
        Index("ix_matches_closed_by", "closed_by_match_id", postgresql_where=text("closed_by_match_id IS NOT NULL")),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    property_id: Mapped[int] = mapped_column(ForeignKey("properties.id"))
    status: Mapped[MatchStatus] = mapped_column(
        enum_column(MatchStatus, "status_is_known"), default=MatchStatus.PENDING
    )
    negotiation_status: Mapped[NegotiationStatus] = mapped_column(
        enum_column(NegotiationStatus, "negotiation_status_is_known"), default=NegotiationStatus.PENDING
    )
    proposed_by_lead: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    proposed_by_property: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    contact_shared_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    #: The user who completed it last; null: none, or an earlier release.
    completed_by_id: Mapped[int | None]
    #: The number of times it was completed.
    completions: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    undone_at: Mapped[datetime | None]  #: When the last completion was undone; null: never, or completed since.
    #: The completed match that closed this one by taking one of its rows off the market.
    closed_by_match_id: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    lead: Mapped[Lead] = relationship(lazy="raise_on_sql")
    property: Mapped[Property] = relationship(lazy="raise_on_sql")

    @builtins.property
    def objection_until(self) -> datetime | None:
        """The end of the other owner's right to object to the completion; None if the match is not completed."""
        return None if self.completed_at is None else self.completed_at + OBJECTION_TIME
