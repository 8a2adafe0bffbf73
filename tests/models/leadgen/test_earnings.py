"""Figures of campaigns and niches equal those of a slow computation over all rows."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from models.core.errors import InvalidValueError
from models.leadgen.ad_days import AdDay, ad_days, total_of_days
from models.leadgen.ads import Ad, AdSpend, change_ad, create_ad, spent_by
from models.leadgen.campaigns import Campaign, Platform, create_campaign
from models.leadgen.earnings import (
    campaign_with_figures,
    campaigns_with_figures,
    earnings_by_day_and_campaign,
    niche_earnings,
)
from models.leadgen.niches import Niche, create_niche
from models.leadgen.prospects import Prospect, ProspectStatus
from tests.length import examples

FIRST_DAY = date(2025, 1, 1)
DAYS = 6
CAMPAIGNS = 3

days = st.integers(0, DAYS - 1).map(lambda number: FIRST_DAY + timedelta(days=number))
amounts = st.integers(0, 100_000).map(lambda cents: Decimal(cents) / 100)
#: (campaign, moment, status, revenue)
leads = st.tuples(
    st.integers(0, CAMPAIGNS - 1),
    st.builds(
        lambda day, second: datetime.combine(day, time.min, UTC) + timedelta(seconds=second),
        days,
        st.integers(0, 86_399),
    ),
    st.sampled_from(ProspectStatus),
    amounts,
)
#: (campaign, day) -> amount; corrections may be below zero
spends = st.dictionaries(st.tuples(st.integers(0, CAMPAIGNS - 1), days), amounts.map(lambda a: a - 200), max_size=12)
periods = st.tuples(st.none() | days, st.none() | days).map(
    lambda ends: tuple(sorted(ends)) if None not in ends else ends
)


def a_niche(session) -> tuple[Niche, list[Ad]]:
    niche = create_niche(session, {"name": "Ремонт", "category": "repair"})
    ads = []
    for number in range(CAMPAIGNS):
        fields = {
            "niche_id": niche.id,
            "name": f"Кампания {number}",
            "platform": list(Platform)[number % 2],
            "budget": 1,
        }
        ads.append(create_ad(session, create_campaign(session, fields), {"title": "Объявление"}))
    return niche, ads


def add_history(session, niche, ads, history, spent):
    for number, moment, status, revenue in history:
        ad = ads[number]
        known = {"ad_id": ad.id, "campaign_id": ad.campaign_id, "niche_id": niche.id}
        won = revenue if status is ProspectStatus.WON else None
        session.add(Prospect(name="x", source=Platform.OLX, status=status, revenue=won, created_at=moment, **known))
    session.add_all(AdSpend(ad_id=ads[number].id, day=day, amount=amount) for (number, day), amount in spent.items())
    session.flush()


def slow_figures(session, niche, first, last, key):
    """Row by row, in Python: {key: [leads, qualified, won, revenue, spend]}."""
    inside = lambda day: (first is None or day >= first) and (last is None or day <= last)
    sums = defaultdict(lambda: [0, 0, 0, Decimal(0), Decimal(0)])
    for campaign in session.scalars(select(Campaign).where(Campaign.niche_id == niche.id)):
        for one in session.scalars(select(Prospect).where(Prospect.campaign_id == campaign.id)):
            day = one.created_at.astimezone(UTC).date()
            if inside(day):
                row = sums[key(day, campaign)]
                row[0] += 1
                row[1] += one.status in ("qualified", "hot", "won")
                row[2] += one.status == "won"
                row[3] += one.revenue if one.status == "won" else 0
        for ad in session.scalars(select(Ad).where(Ad.campaign_id == campaign.id)):
            for spend in session.scalars(select(AdSpend).where(AdSpend.ad_id == ad.id)):
                if inside(spend.day):
                    sums[key(spend.day, campaign)][4] += spend.amount
    return dict(sums)


def listed(figures):
    return [figures.leads, figures.qualified, figures.won, figures.revenue, figures.spend]


@settings(
    max_examples=examples(10, 200),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(leads, max_size=15), spent=spends, period=periods)
def test_figures_equal_those_of_a_slow_walk(session, history, spent, period):
    with session.begin_nested() as savepoint:
        niche, ads = a_niche(session)
        _, others = a_niche(session)
        add_history(session, niche, ads, history, spent)
        session.add(AdSpend(ad_id=others[0].id, day=FIRST_DAY, amount=999))  # another niche's money
        session.flush()

        earned = niche_earnings(session, niche, *period)

        slow = lambda key: slow_figures(session, niche, *period, key)
        assert listed(earned.total) == slow(lambda day, campaign: 0).get(0, [0, 0, 0, 0, 0])
        assert {part.day: listed(part.figures) for part in earned.by_day} == slow(lambda day, campaign: day)
        assert {part.platform: listed(part.figures) for part in earned.by_platform} == slow(
            lambda day, campaign: campaign.platform
        )
        assert {part.campaign_id: listed(part.figures) for part in earned.by_campaign} == slow(
            lambda day, campaign: campaign.id
        )
        finest = session.execute(earnings_by_day_and_campaign(niche.id, *period)).all()
        assert {(row[0], row[2]): list(row[4:]) for row in finest} == slow(lambda day, campaign: (day, campaign.id))
        whole = slow_figures(session, niche, None, None, lambda day, campaign: campaign.id)
        for found in campaigns_with_figures(session, niche_id=niche.id, platform=None, limit=10, offset=0):
            expected = whole.get(found.campaign.id, [0, 0, 0, 0, 0])
            assert [found.total.leads, found.total.spend, found.ads_count] == [expected[0], expected[4], 1]
            assert campaign_with_figures(session, found.campaign.id).total.qualified == expected[1]
        savepoint.rollback()


def test_without_leads_and_spend_rates_are_null(session):
    niche, _ = a_niche(session)

    total = niche_earnings(session, niche).total

    assert (total.cpl, total.conversion_rate, total.roi) == (None, None, None)


def test_the_costs_of_an_ad_are_booked_on_their_day(session):
    _, [ad, *_] = a_niche(session)
    for spent, day in ((100, 1), (150, 2), (130, 3)):
        change_ad(session, ad, {}, Decimal(spent), date(2025, 1, day))

    booked = session.execute(select(AdSpend.day, AdSpend.amount).order_by(AdSpend.day)).all()

    assert [amount for _, amount in booked] == [100, 50, -20]  # the third is a correction
    assert spent_by(session, ad.id) == 130
    session.execute(delete(AdSpend))


def test_figures_of_an_ad_are_booked_on_their_day_and_days_add_up(session):
    _, [ad, *_] = a_niche(session)
    session.execute(delete(AdSpend))
    for day, stated, spent in (
        (1, {"impressions": 100, "clicks": 3}, 40),
        (2, {"impressions": 250}, None),  # clicks are not stated
        (4, {"impressions": 240, "clicks": 5}, 90),  # ten impressions less: a correction
        (4, {}, 90),  # repeated: nothing new
    ):
        change_ad(session, ad, stated, None if spent is None else Decimal(spent), date(2025, 1, day))

    days = ad_days(session, ad.campaign_id, date(2025, 1, 1), date(2025, 1, 4))

    assert [(day.day, each.impressions, each.clicks, each.spend) for day, each in days.items()] == [
        (1, 100, 3, 40),
        (2, 150, 0, 0),
        (3, 0, 0, 0),
        (4, -10, 2, 50),
    ]
    total = total_of_days(list(days.values()))
    assert (total.impressions, total.clicks, total.spend) == (ad.impressions, ad.clicks, 90)
    assert list(ad_days(session, ad.campaign_id, date(2025, 1, 2), date(2025, 1, 2)).values()) == [AdDay(150)]


def test_more_than_a_column_holds_is_not_booked_on_one_day(session):
    _, [ad, *_] = a_niche(session)
    maximum = Decimal("999999999999999")
    change_ad(session, ad, {}, maximum, FIRST_DAY)
    change_ad(session, ad, {}, Decimal(0), FIRST_DAY + timedelta(days=1))

    with pytest.raises(InvalidValueError, match="spent: "):
        change_ad(session, ad, {}, maximum, FIRST_DAY)


def test_a_period_that_ends_before_it_begins_is_refused(session):
    niche, _ = a_niche(session)

    with pytest.raises(InvalidValueError, match="to: "):
        niche_earnings(session, niche, date(2025, 1, 2), date(2025, 1, 1))
