"""Figures of markets by day: what is counted, and that counting twice changes nothing."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select, update

from models.core.base import database_now
from models.core.enums import ActionKind, DealType, Side
from models.deals.actions import Action
from models.deals.matches import act
from models.ranking.recommendations import LeadRecommendations
from models.upkeep.market_days import MarketDay, count_markets, outcomes_by_market
from tests.factories import make_lead, make_property, make_user

MOSCOW = ("geo:524901", DealType.SALE)


@pytest.fixture
def market(session):
    """Two leads, one of them with ten offers, and three properties; both sides like the first pair."""
    buyer, seller = make_user(session), make_user(session)
    leads = [make_lead(session, buyer) for _ in range(2)]
    properties = [make_property(session, seller, house_number=str(number)) for number in range(3)]
    session.add(
        LeadRecommendations(
            lead_id=leads[0].id,
            property_ids=list(range(1, 11)),
            scores=[50.0] * 10,
            version=leads[0].version,
            city_key=MOSCOW[0],
            deal_type=MOSCOW[1],
        )
    )
    pair = {"lead_id": leads[0].id, "property_id": properties[0].id, "kind": ActionKind.LIKE}
    act(session, buyer, Side.LEAD, **pair)
    act(session, seller, Side.PROPERTY, **pair)
    act(session, buyer, Side.LEAD, **pair | {"property_id": properties[1].id, "kind": ActionKind.DISLIKE})
    return leads


def only_day(session) -> MarketDay:
    session.expire_all()
    return session.scalars(select(MarketDay)).one()


def test_a_day_has_the_state_of_a_market_and_its_activity(session, market):
    today = database_now(session).astimezone(UTC).date()
    shown = {today: {(Side.LEAD, market[0].id): (2, 40), (Side.LEAD, market[1].id): (1, 10), (Side.LEAD, 0): (9, 9)}}

    for _ in range(2):  # a message that is delivered twice
        count_markets(session, shown)

    day = only_day(session)
    assert (day.city_key, day.deal_type, day.day) == (*MOSCOW, today)
    assert (day.leads, day.properties, day.covered) == (2, 3, 1)
    assert (day.likes, day.dislikes, day.matches, day.deals) == (2, 1, 1, 0)
    assert (day.lists_shown, day.places_shown) == (3, 50)
    assert day.stale >= 4  # one lead and three properties have no list
    (outcome,) = outcomes_by_market(session, today)
    assert (outcome.per_hundred(outcome.likes), outcome.per_hundred(outcome.matches)) == (4.0, 2.0)


def test_counts_that_redis_forgot_stay(session, market):
    today = database_now(session).astimezone(UTC).date()
    count_markets(session, {today: {(Side.LEAD, market[0].id): (2, 40)}})

    count_markets(session, {today: {(Side.LEAD, market[0].id): (1, 5)}})

    assert only_day(session).places_shown == 40


def test_yesterday_keeps_how_it_stood_and_gets_what_happened(session, market):
    yesterday = database_now(session).astimezone(UTC).date() - timedelta(days=1)
    session.add(MarketDay(city_key=MOSCOW[0], deal_type=MOSCOW[1], day=yesterday, leads=7, properties=8, likes=1))
    session.flush()

    count_markets(session, {yesterday: {(Side.LEAD, market[0].id): (1, 20)}})

    row = session.get(MarketDay, (*MOSCOW, yesterday), populate_existing=True)
    assert (row.leads, row.properties, row.places_shown, row.likes) == (7, 8, 20, 0)


def test_undone_actions_are_removed_from_yesterday(session, market):
    today = database_now(session).astimezone(UTC).date()
    session.execute(update(Action).values(acted_at=Action.acted_at - timedelta(days=1)))
    count_markets(session, {})
    yesterday = select(MarketDay.likes).where(MarketDay.day == today - timedelta(days=1))
    assert session.scalar(yesterday) == 2

    session.execute(update(Action).values(acted_at=Action.acted_at + timedelta(days=1)))
    count_markets(session, {})

    assert session.scalar(yesterday) == 0
