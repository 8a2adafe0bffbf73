"""Campaigns: advertising of one niche on one platform. Their ads are in :mod:`models.leadgen.ads`.

The figures of a campaign are always counted from the rows of ads and prospects: stored counters would drift.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Select, String, UniqueConstraint, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, Money, UpdatedAt, enum_column
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.core.state_moves import check_move
from models.core.uuid7 import new_id
from models.leadgen.niches import Niche, within


class Platform(StrEnum):
    """The platforms on which ads are shown and prospects write."""

    OLX = "olx"
    KASPI = "kaspi"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    # Beyond the contract.
    AVITO = "avito"
    CIAN = "cian"
    VK = "vk"
    YANDEX = "yandex"


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"


_DRAFT, _ACTIVE, _PAUSED, _COMPLETED, _FAILED = CampaignStatus

#: A started campaign never becomes a draft again; an ended one may be resumed, and may turn out to have failed.
MOVES = {
    _DRAFT: frozenset({_ACTIVE, _PAUSED, _COMPLETED, _FAILED}),
    _ACTIVE: frozenset({_PAUSED, _COMPLETED, _FAILED}),
    _PAUSED: frozenset({_ACTIVE, _COMPLETED, _FAILED}),
    _COMPLETED: frozenset({_ACTIVE, _FAILED}),
    _FAILED: frozenset({_ACTIVE}),
}


class Campaign(Base):
    """One campaign."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("budget >= 0", name="budget_is_not_negative"),
        CheckConstraint("start_date <= end_date", name="dates_are_a_range"),
        # Prospects refer to both columns, so that a prospect's niche is always its campaign's.
        UniqueConstraint("id", "niche_id", name="uq_campaigns_id_niche"),
        Index("ix_campaigns_newest", "created_at", "id"),
        Index("ix_campaigns_niche", "niche_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    niche_id: Mapped[UUID] = mapped_column(ForeignKey("niches.id"))
    name: Mapped[str] = mapped_column(String(200))
    platform: Mapped[Platform] = mapped_column(enum_column(Platform, "platform_is_known"))
    status: Mapped[CampaignStatus] = mapped_column(enum_column(CampaignStatus, "status_is_known"), default=_DRAFT)
    budget: Mapped[Money]
    start_date: Mapped[date | None] = mapped_column(Date)
    end_date: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def create_campaign(session: Session, fields: Mapping[str, Any], *, scope: UUID | None = None) -> Campaign:
    """
    Add a campaign to a niche; it begins as a draft.

    Raises:
        InvalidValueError: There is no such niche in the *scope*, or the end is before the start.
    """
    _check_dates(fields.get("start_date"), fields.get("end_date"))
    present = select(Niche.id).where(
        Niche.id == fields["niche_id"], Niche.archived_at.is_(None), within(Niche.id, scope)
    )
    if session.scalar(present.with_for_update(read=True)) is None:  # locked against deletion
        raise InvalidValueError("niche_id", "niche.not_found")
    campaign = Campaign(**fields)
    session.add(campaign)
    session.flush()
    return campaign


def campaigns(scope: UUID | None = None) -> Select[Campaign]:
    """Select campaigns of niches that are not archived and are within the *scope*, newest first."""
    return (
        select(Campaign)
        .join(Niche, Niche.id == Campaign.niche_id)
        .where(Niche.archived_at.is_(None), within(Niche.id, scope))
        .order_by(Campaign.created_at.desc(), Campaign.id.desc())
    )


def count_campaigns(session: Session, niche_id: UUID) -> int:
    """Return how many campaigns a niche has."""
    return session.scalars(select(func.count()).where(Campaign.niche_id == niche_id)).one()


def get_campaign(session: Session, campaign_id: UUID, *, lock: bool = False, scope: UUID | None = None) -> Campaign:
    """
    Return a campaign, locked until the transaction ends if *lock*.

    Raises:
        NotFoundError: The campaign or its niche is absent, archived or outside the *scope*.
    """
    query = campaigns(scope).where(Campaign.id == campaign_id)
    campaign = session.scalar(query.with_for_update(of=Campaign) if lock else query)
    if campaign is None:
        raise NotFoundError("campaign")
    return campaign


def change_campaign(session: Session, campaign: Campaign, fields: Mapping[str, Any]) -> None:
    """
    Set the given columns of a locked campaign; its niche and platform cannot change, because prospects refer to them.

    Raises:
        ConflictError: The status cannot follow the present one.
        InvalidValueError: The end is before the start.
    """
    _check_dates(*(fields.get(name, getattr(campaign, name)) for name in ("start_date", "end_date")))
    if "status" in fields:
        check_move("campaign", campaign.status, fields["status"], MOVES)
    for name, value in fields.items():
        setattr(campaign, name, value)
    session.flush()


def change_status(session: Session, campaign: Campaign, status: CampaignStatus) -> bool:
    """
    Move the campaign to *status* and return whether it changed.

    Raises ConflictError for a move that is not allowed.
    """
    check_move("campaign", campaign.status, status, MOVES)
    changed = campaign.status is not status
    campaign.status = status
    session.flush()
    return changed


def delete_niche(session: Session, niche: Niche, *, force: bool = False) -> None:
    """
    Delete a locked niche that never had a campaign; with *force*, archive one that had.

    Raises:
        ConflictError: It has campaigns and *force* is not set.
    """
    if not session.scalar(select(exists().where(Campaign.niche_id == niche.id))):
        session.delete(niche)
    elif force:
        niche.archived_at = func.now()
    else:
        raise ConflictError("niche.has_campaigns")
    session.flush()


def _check_dates(start: date | None, end: date | None) -> None:
    if start and end and start > end:
        raise InvalidValueError("end_date", "period.ends_before_start")
