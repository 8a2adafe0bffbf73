"""Ads of campaigns, and their cost by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Select,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.core.base import Base, CreatedAt, Money, UpdatedAt, database_now, enum_column
from models.core.errors import InvalidValueError, NotFoundError
from models.core.state_moves import check_move
from models.core.uuid7 import new_id
from models.leadgen.campaigns import Campaign
from models.leadgen.niches import Niche, within


class AdStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    REJECTED = "rejected"


_DRAFT, _ACTIVE, _PAUSED, _COMPLETED, _REJECTED = AdStatus

#: A platform may reject an ad at any time; a rejected ad is revised.
MOVES = {
    _DRAFT: frozenset({_ACTIVE, _PAUSED, _COMPLETED, _REJECTED}),
    _ACTIVE: frozenset({_PAUSED, _COMPLETED, _REJECTED}),
    _PAUSED: frozenset({_ACTIVE, _COMPLETED, _REJECTED}),
    _COMPLETED: frozenset({_ACTIVE}),
    _REJECTED: frozenset({_DRAFT, _ACTIVE}),
}


class Ad(Base):
    """One ad. Its `spent` is the sum of its days in :class:`AdSpend`."""

    __tablename__ = "ads"
    __table_args__ = (
        CheckConstraint("impressions >= 0 AND clicks >= 0", name="counts_are_not_negative"),
        UniqueConstraint("id", "campaign_id", name="uq_ads_id_campaign"),
        Index("ix_ads_campaign", "campaign_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(String(2000))
    status: Mapped[AdStatus] = mapped_column(enum_column(AdStatus, "status_is_known"), default=_DRAFT)
    #: The numbers of impressions and clicks so far; null: no figure from the platform.
    impressions: Mapped[int | None]
    clicks: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    @property
    def ctr(self) -> Decimal | None:
        """
        Clicks of a hundred impressions, to the hundredth; None where either is not known or nothing was shown.

        >>> Ad(impressions=800, clicks=6).ctr, Ad(impressions=0, clicks=0).ctr
        (Decimal('0.75'), None)
        """
        if not self.impressions or self.clicks is None:
            return None
        return (Decimal(100) * self.clicks / self.impressions).quantize(Decimal("0.01"), ROUND_HALF_UP)


class AdSpend(Base):
    """An ad's cost and counts of one day (UTC). Negative where an earlier figure was corrected downwards.

    Counts from before daily records exist belong to no day.
    """

    __tablename__ = "ad_spend"
    # The key's index includes the amounts: an ad's days are scattered over the table, and sums need only the amounts.
    __table_args__ = (PrimaryKeyConstraint("ad_id", "day", postgresql_include=["amount"]),)

    ad_id: Mapped[UUID] = mapped_column(ForeignKey("ads.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    amount: Mapped[Money]
    impressions: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    clicks: Mapped[int] = mapped_column(default=0, server_default=text("0"))


#: The counts of a platform.
COUNTS = ("impressions", "clicks")

#: Subquery: the cost so far of the ad of the surrounding query.
SPENT = (
    select(func.coalesce(func.sum(AdSpend.amount), 0))
    .where(AdSpend.ad_id == Ad.id)
    .correlate(Ad)
    .scalar_subquery()
    .label("spent")
)


def create_ad(
    session: Session,
    campaign: Campaign,
    fields: Mapping[str, Any],
    spent: Decimal | None = None,
    day: date | None = None,
) -> Ad:
    """Add an ad to a campaign; its cost so far, *spent*, and its counts are booked on *day* (today)."""
    ad = Ad(campaign_id=campaign.id, **fields)
    session.add(ad)
    session.flush()
    _book(session, ad, spent or Decimal(0), _counts(ad), day)
    return ad


def ads_of(campaign_id: UUID) -> Select[Ad, Decimal]:
    """Select (ad, its cost so far) of a campaign, newest first."""
    return select(Ad, SPENT).where(Ad.campaign_id == campaign_id).order_by(Ad.created_at.desc(), Ad.id.desc())


def ads_of_niche(niche_id: UUID, limit: int) -> Select[Ad, str]:
    """Select (ad, its campaign's name) of a niche, newest first, at most *limit*."""
    query = select(Ad, Campaign.name).join(Campaign, Campaign.id == Ad.campaign_id)
    return query.where(Campaign.niche_id == niche_id).order_by(Ad.created_at.desc(), Ad.id.desc()).limit(limit)


@dataclass(frozen=True)
class AdFigures:
    """A platform's figures of an ad so far; None: no new figure."""

    ad_id: UUID
    impressions: int | None = None
    clicks: int | None = None
    spent: Decimal | None = None
    day: date | None = None


def set_figures(session: Session, rows: Sequence[AdFigures], *, scope: UUID | None = None) -> list[Ad]:
    """
    Store figures of several ads, all or none; the ads, in order.

    Raises:
        InvalidValueError: An ad is absent, or its niche archived or outside the *scope*; the path is its row's number.
    """
    # Locked in the order of their ids, so that simultaneous calls with the same ads wait for each other.
    session.execute(select(Ad.id).where(Ad.id.in_([row.ad_id for row in rows])).order_by(Ad.id).with_for_update())
    ads = []
    for number, row in enumerate(rows, start=1):
        try:
            ad = lock_ad(session, row.ad_id, scope=scope)
        except NotFoundError:
            raise InvalidValueError(f"rows.{number}.ad_id", "ad.not_found") from None
        figures = {"impressions": row.impressions, "clicks": row.clicks}
        changes = {name: value for name, value in figures.items() if value is not None}
        change_ad(session, ad, changes, row.spent, row.day)
        ads.append(ad)
    return ads


def lock_ad(session: Session, ad_id: UUID, *, scope: UUID | None = None) -> Ad:
    """
    Return an ad, locked until the transaction ends.

    Raises NotFoundError if it is absent, or its niche archived or outside the *scope*.
    """
    query = (
        select(Ad)
        .join(Campaign, Campaign.id == Ad.campaign_id)
        .join(Niche, Niche.id == Campaign.niche_id)
        .where(Ad.id == ad_id, Niche.archived_at.is_(None), within(Niche.id, scope))
    )
    ad = session.scalar(query.with_for_update(of=Ad))
    if ad is None:
        raise NotFoundError("ad")
    return ad


def change_ad(
    session: Session, ad: Ad, fields: Mapping[str, Any], spent: Decimal | None = None, day: date | None = None
) -> None:
    """
    Set the given columns of a locked ad, and its total cost, *spent*.

    The differences from the amounts and counts before go on *day* (today), so that the days add up to the totals.

    Raises:
        ConflictError: The status cannot follow the present one.
        InvalidValueError: The day's cost would exceed the column's range.
    """
    if "status" in fields:
        check_move("ad", ad.status, fields["status"], MOVES)
    before = _counts(ad)
    for name, value in fields.items():
        setattr(ad, name, value)
    session.flush()
    amount = Decimal(0) if spent is None else spent - spent_by(session, ad.id)
    _book(session, ad, amount, {name: count - before[name] for name, count in _counts(ad).items()}, day)


def spent_by(session: Session, ad_id: UUID) -> Decimal:
    """Return the cost of an ad so far."""
    total = func.coalesce(func.sum(AdSpend.amount), Decimal(0))
    return session.scalars(select(total).where(AdSpend.ad_id == ad_id)).one()


def _counts(ad: Ad) -> dict[str, int]:
    return {name: getattr(ad, name) or 0 for name in COUNTS}


def _book(session: Session, ad: Ad, amount: Decimal, counts: Mapping[str, int], day: date | None) -> None:
    """Add to the figures of a day; raises InvalidValueError if the sum of cost exceeds the column's range."""
    if not amount and not any(counts.values()):
        return
    row = insert(AdSpend).values(ad_id=ad.id, day=day or database_now(session).date(), amount=amount, **counts)
    added = {name: AdSpend.__table__.c[name] + row.excluded[name] for name in ("amount", *COUNTS)}
    try:
        session.execute(row.on_conflict_do_update(constraint="pk_ad_spend", set_=added))
    except DataError:
        raise InvalidValueError("spent", "ad.spend_too_large") from None
