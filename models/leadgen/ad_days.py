"""Daily figures of a campaign's ads: impressions, clicks and cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.leadgen.ads import Ad, AdSpend


@dataclass(frozen=True)
class AdDay:
    """Figures of one day (UTC), or the sums of several. Negative where earlier ones were corrected downwards."""

    impressions: int = 0
    clicks: int = 0
    spend: Decimal = Decimal(0)

    @property
    def ctr(self) -> Decimal | None:
        """
        Clicks of a hundred impressions, to the hundredth; None if nothing was shown.

        >>> AdDay(impressions=800, clicks=6).ctr, AdDay().ctr
        (Decimal('0.75'), None)
        """
        if self.impressions <= 0:
            return None
        return (Decimal(100) * self.clicks / self.impressions).quantize(Decimal("0.01"), ROUND_HALF_UP)


def ad_days(session: Session, campaign_id: UUID, first: date, last: date) -> dict[date, AdDay]:
    """The days from *first* to *last*, both included and each there, the earliest first, with the sums of all ads."""
    query = (
        select(AdSpend.day, func.sum(AdSpend.impressions), func.sum(AdSpend.clicks), func.sum(AdSpend.amount))
        .join(Ad, Ad.id == AdSpend.ad_id)
        .where(Ad.campaign_id == campaign_id, AdSpend.day.between(first, last))
        .group_by(AdSpend.day)
    )
    by_day = {day: AdDay(int(shown), int(clicks), spend) for day, shown, clicks, spend in session.execute(query)}
    days = [first + timedelta(days=later) for later in range((last - first).days + 1)]
    return {day: by_day.get(day, AdDay()) for day in days}


def total_of_days(days: Sequence[AdDay]) -> AdDay:
    """
    The sums of some days.

    >>> total_of_days([AdDay(10, 1, Decimal(5)), AdDay(20, 2)])
    AdDay(impressions=30, clicks=3, spend=Decimal('5'))
    """
    return AdDay(
        sum(each.impressions for each in days),
        sum(each.clicks for each in days),
        sum((each.spend for each in days), Decimal(0)),
    )
