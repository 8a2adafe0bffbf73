"""Costs and earnings of campaigns and niches, counted from the rows of prospects and ad spend.

    leads            prospects whose first contact was in the period (by UTC day), whatever their status
    qualified        those leads that now are qualified, hot or won
    won, revenue     those leads that now are won, and their revenue
    spend            cost of the ads on the days of the period
    cpl              spend / leads; null without leads
    conversion_rate  100 * qualified / leads, per cent to a tenth; null without leads
    roi              100 * (revenue - spend) / spend, per cent to a tenth; null without spend

The platform of a prospect is here that of its campaign, because the money was spent there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Date, Select, cast, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from models.core.errors import InvalidValueError, NotFoundError
from models.leadgen.ads import Ad, AdSpend
from models.leadgen.campaigns import Campaign, Platform, campaigns
from models.leadgen.niches import Niche
from models.leadgen.prospects import QUALIFIED, Prospect, ProspectStatus

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Figures:
    """Counts of prospects, with their revenue and the money spent."""

    leads: int = 0
    qualified: int = 0
    won: int = 0
    revenue: Decimal = _NOTHING
    spend: Decimal = _NOTHING

    @property
    def cpl(self) -> Decimal | None:
        """Cost of one lead, to the hundredth."""
        return _rounded(self.spend / self.leads, "0.01") if self.leads else None

    @property
    def conversion_rate(self) -> Decimal | None:
        """
        Share of leads that are qualified, per cent.

        >>> Figures(leads=12, qualified=4).conversion_rate
        Decimal('33.3')
        """
        return _rounded(Decimal(100) * self.qualified / self.leads, "0.1") if self.leads else None

    @property
    def roi(self) -> Decimal | None:
        """
        Return on the money spent, per cent.

        >>> Figures(spend=Decimal(1000), revenue=Decimal(4000)).roi
        Decimal('300.0')
        """
        return _rounded(100 * (self.revenue - self.spend) / self.spend, "0.1") if self.spend > 0 else None


@dataclass(frozen=True)
class CampaignFigures:
    """A campaign with its figures over all time."""

    campaign: Campaign
    ads_count: int
    total: Figures


@dataclass(frozen=True)
class Slice:
    """Figures of one day, one platform or one campaign; the other two fields are None."""

    figures: Figures
    day: date | None = None
    platform: Platform | None = None
    campaign_id: UUID | None = None
    campaign_name: str | None = None


@dataclass(frozen=True)
class NicheEarnings:
    """A niche's figures over a period: in total, by day, by platform and by campaign."""

    total: Figures
    by_day: list[Slice]
    by_platform: list[Slice]
    by_campaign: list[Slice]


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)


# -- Campaigns ---------------------------------------------------------------------------------------------------------


def _of_campaign(count: Select) -> Select:
    return count.where(Prospect.campaign_id == Campaign.id).correlate(Campaign)


_ADS = select(func.count()).select_from(Ad).where(Ad.campaign_id == Campaign.id).correlate(Campaign)
_SPENT = (
    select(func.coalesce(func.sum(AdSpend.amount), _NOTHING))
    .join(Ad, Ad.id == AdSpend.ad_id)
    .where(Ad.campaign_id == Campaign.id)
    .correlate(Campaign)
)
_LEADS = _of_campaign(select(func.count()).select_from(Prospect))
_QUALIFIED = _of_campaign(select(func.count()).select_from(Prospect).where(Prospect.status.in_(QUALIFIED)))
_WITH_FIGURES = [part.scalar_subquery() for part in (_ADS, _SPENT, _LEADS)]


def campaigns_with_figures(
    session: Session,
    *,
    niche_id: UUID | None,
    platform: Platform | None,
    limit: int,
    offset: int,
    scope: UUID | None = None,
) -> list[CampaignFigures]:
    """One window of campaigns, newest first, without the count of qualified leads."""
    query = campaigns(scope).add_columns(*_WITH_FIGURES)
    if niche_id is not None:
        query = query.where(Campaign.niche_id == niche_id)
    if platform is not None:
        query = query.where(Campaign.platform == platform)
    rows = session.execute(query.limit(limit).offset(offset))
    return [CampaignFigures(campaign, ads, Figures(leads=leads, spend=spent)) for campaign, ads, spent, leads in rows]


def campaign_with_figures(session: Session, campaign_id: UUID, *, scope: UUID | None = None) -> CampaignFigures:
    """One campaign; raises NotFoundError when it, or its niche, is absent, archived or outside the *scope*."""
    query = campaigns(scope).add_columns(*_WITH_FIGURES, _QUALIFIED.scalar_subquery()).where(Campaign.id == campaign_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("campaign")
    campaign, ads, spent, leads, qualified = row
    return CampaignFigures(campaign, ads, Figures(leads=leads, qualified=qualified, spend=spent))


# -- Niches ------------------------------------------------------------------------------------------------------------


def niche_earnings(
    session: Session, niche: Niche, first: date | None = None, last: date | None = None
) -> NicheEarnings:
    """A niche's figures from the day *first* to *last*, both included; None leaves an end open."""
    _check_period(first, last)
    daily = _daily(niche.id, first, last).cte("daily")
    figures = [func.sum(daily.c[figure.name]) for figure in fields(Figures)]
    grouping_bits = func.grouping(daily.c.day, Campaign.platform, daily.c.campaign_id)
    query = (
        select(grouping_bits, daily.c.day, Campaign.platform, daily.c.campaign_id, Campaign.name, *figures)
        .join(Campaign, Campaign.id == daily.c.campaign_id)
        .group_by(
            func.grouping_sets(
                tuple_(),
                tuple_(daily.c.day),
                tuple_(Campaign.platform),
                tuple_(daily.c.campaign_id, Campaign.name),
            )
        )
        .order_by(daily.c.day, Campaign.platform, Campaign.name, daily.c.campaign_id)
    )
    slices: dict[int, list[Slice]] = {}
    for grouping, day, platform, campaign_id, name, leads, qualified, won, revenue, spend in session.execute(query):
        sums = Figures(leads or 0, qualified or 0, won or 0, revenue or _NOTHING, spend or _NOTHING)
        slices.setdefault(grouping, []).append(Slice(sums, day, platform, campaign_id, name))
    # GROUPING sets a bit for every column that a row is not grouped by.
    whole = slices.get(0b111, [])
    total = whole[0].figures if whole else Figures()
    return NicheEarnings(total, slices.get(0b011, []), slices.get(0b101, []), slices.get(0b110, []))


def niche_totals(session: Session, niche_ids: Sequence[UUID]) -> dict[UUID, Figures]:
    """Return the figures of each niche over all time: the totals of :func:`niche_earnings`, in two queries for all."""
    is_won = Prospect.status == ProspectStatus.WON
    won = (
        select(
            Prospect.niche_id,
            func.count(),
            func.count().filter(Prospect.status.in_(QUALIFIED)),
            func.count().filter(is_won),
            func.coalesce(func.sum(Prospect.revenue).filter(is_won), _NOTHING),
        )
        .where(Prospect.niche_id.in_(niche_ids))
        .group_by(Prospect.niche_id)
    )
    paid = (
        select(Campaign.niche_id, func.sum(AdSpend.amount))
        .join(Ad, Ad.campaign_id == Campaign.id)
        .join(AdSpend, AdSpend.ad_id == Ad.id)
        .where(Campaign.niche_id.in_(niche_ids))
        .group_by(Campaign.niche_id)
    )
    spends = {niche_id: spend or _NOTHING for niche_id, spend in session.execute(paid)}
    without_spend: dict[UUID | None, Figures] = {
        niche_id: Figures(leads, qualified, won_leads, revenue or _NOTHING)
        for niche_id, leads, qualified, won_leads, revenue in session.execute(won)
    }
    return {
        niche_id: replace(without_spend.get(niche_id, Figures()), spend=spends.get(niche_id, _NOTHING))
        for niche_id in niche_ids
    }


def earnings_by_day_and_campaign(niche_id: UUID, first: date | None = None, last: date | None = None) -> Select:
    """
    Rows of a niche's finest slices, oldest first, for an export.

    Returns:
        A select of (day, platform, campaign_id, campaign name, leads, qualified, won, revenue, spend).
    """
    _check_period(first, last)
    daily = _daily(niche_id, first, last).cte("daily")
    figures = [func.sum(daily.c[figure.name]) for figure in fields(Figures)]
    return (
        select(daily.c.day, Campaign.platform, daily.c.campaign_id, Campaign.name, *figures)
        .join(Campaign, Campaign.id == daily.c.campaign_id)
        .group_by(daily.c.day, Campaign.platform, daily.c.campaign_id, Campaign.name)
        .order_by(daily.c.day, Campaign.platform, Campaign.name, daily.c.campaign_id)
    )


def _daily(niche_id: UUID, first: date | None, last: date | None) -> CompoundSelect[*tuple[Any, ...]]:
    """Leads and spend of each day and campaign, from their two tables; a day may come twice."""
    day = cast(func.timezone("UTC", Prospect.created_at), Date)
    count_if = lambda condition: func.count().filter(condition)
    is_won = Prospect.status == ProspectStatus.WON
    won = (
        select(
            day.label("day"),
            Prospect.campaign_id.label("campaign_id"),
            func.count().label("leads"),
            count_if(Prospect.status.in_(QUALIFIED)).label("qualified"),
            count_if(is_won).label("won"),
            func.coalesce(func.sum(Prospect.revenue).filter(is_won), _NOTHING).label("revenue"),
            literal(_NOTHING).label("spend"),
        )
        .where(Prospect.niche_id == niche_id)
        .group_by(day, Prospect.campaign_id)
    )
    paid = (
        select(
            AdSpend.day, Ad.campaign_id, literal(0), literal(0), literal(0), literal(_NOTHING), func.sum(AdSpend.amount)
        )
        .join(Ad, Ad.id == AdSpend.ad_id)
        .join(Campaign, Campaign.id == Ad.campaign_id)
        .where(Campaign.niche_id == niche_id)
        .group_by(AdSpend.day, Ad.campaign_id)
    )
    if first is not None:
        won = won.where(Prospect.created_at >= _midnight(first))
        paid = paid.where(AdSpend.day >= first)
    if last is not None:
        if last < date.max:
            won = won.where(Prospect.created_at < _midnight(last + timedelta(days=1)))
        paid = paid.where(AdSpend.day <= last)
    return union_all(won, paid)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _check_period(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and first > last:
        raise InvalidValueError("to", "period.ends_before_from")
