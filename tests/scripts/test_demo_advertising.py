"""The demo's advertising data: each campaign has months of impressions, clicks and costs that add up."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from models.core.base import utc_now
from models.leadgen.ad_days import ad_days, total_of_days
from models.leadgen.ads import Ad, ads_of
from models.leadgen.campaigns import Campaign
from models.leadgen.earnings import niche_earnings
from models.leadgen.niches import Niche
from scripts.demo.advertising import HISTORY_DAYS, SCENARIOS, add_advertising
from tests.conftest import rolled_back


@pytest.fixture(scope="module")
def market(engine):
    """Both tests only read it."""
    with rolled_back(engine) as session:
        add_advertising(session, Random(1))
        yield session


def test_campaigns_have_a_history_that_adds_up_and_is_plausible(market):
    today = utc_now().date()
    for campaign in market.scalars(select(Campaign)).all():
        by_day = ad_days(market, campaign.id, today - timedelta(days=HISTORY_DAYS), today - timedelta(days=1))
        total = total_of_days(list(by_day.values()))
        ads: list[Ad] = list(market.scalars(ads_of(campaign.id)))

        assert len(by_day) == HISTORY_DAYS and all(
            day.impressions and day.clicks and day.spend for day in by_day.values()
        )
        assert sum(ad.impressions or 0 for ad in ads) == total.impressions
        assert sum(ad.clicks or 0 for ad in ads) == total.clicks
        assert total.ctr is not None and 0.5 < total.ctr < 3
        assert 0.4 < total.spend / campaign.budget < 1, campaign.name


def test_niches_count_in_the_money_of_their_town_and_earn_something(market):
    niches = {niche.name: niche for niche in market.scalars(select(Niche))}
    for scenario in SCENARIOS:
        niche = niches[scenario.name]
        total = niche_earnings(market, niche).total
        assert niche.currency == {"Москва": "RUB", "Алматы": "KZT"}[niche.name.rpartition(", ")[2]]
        assert total.leads == scenario.prospects and total.won and total.cpl
        assert 0.4 < total.cpl / scenario.cpl_target < 2
