"""Buyers are notified of new properties that suit their requests: once each, and of few."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from models.accounts.bot_tables import BotChat
from models.accounts.notifications import Notification, NotificationType
from models.agenda import offer_notifications
from models.agenda.following import Frequency, set_frequency
from models.agenda.offer_notifications import notify_of_new_offers
from models.core.base import utc_now
from models.core.enums import Origin, Role, Side, Status
from models.market.leads import create_lead
from models.ranking.display_order import ExploredOffer, ScoreShift
from models.ranking.recommendations import LeadRecommendations
from tests.factories import make_lead, make_property, make_user

NOW = utc_now()


@pytest.fixture
def buyer(session):
    return make_user(session, Role.TENANT)


@pytest.fixture
def seller(session):
    return make_user(session)


def a_request(session, buyer, **fields):
    made = create_lead(session, buyer, Origin.PORTAL, {"city": "Москва", "currency": "RUB"} | fields)
    made.created_at = NOW - timedelta(hours=5)
    session.flush()
    return made


def offered(session, lead, *properties, scores=None):
    """Store the lead's list."""
    ids = [found.id for found in properties]
    session.add(
        LeadRecommendations(
            lead_id=lead.id,
            property_ids=ids,
            scores=scores or [95.0] * len(ids),
            version=lead.version,
            city_key=lead.city_key,
            deal_type=lead.deal_type,
        )
    )
    session.flush()


def a_property(session, seller, hours=1, **fields):
    found = make_property(session, seller, **fields)
    found.created_at = NOW - timedelta(hours=hours)
    session.flush()
    return found


def offered_properties(session):
    return [row.data["property_id"] for row in session.scalars(select(Notification).order_by(Notification.id))]


def test_a_new_suitable_property_is_notified_once(session, buyer, seller):
    request, new = a_request(session, buyer), a_property(session, seller)
    offered(session, request, new)

    (notification_id,) = notify_of_new_offers(session)
    assert notify_of_new_offers(session) == []
    notification = session.get_one(Notification, notification_id)
    assert (notification.user_id, notification.type) == (buyer.id, NotificationType.NEW_OFFER)
    assert notification.data == {"request_id": request.id, "property_id": new.id}


@pytest.mark.parametrize(
    "reason",
    ["older than the request", "on the market for long", "archived", "seller gone", "scored low", "request closed"],
)
def test_offers_that_are_not_news_are_not_notified(session, buyer, seller, reason):
    request = a_request(session, buyer)
    if reason == "on the market for long":
        request.created_at = NOW - timedelta(days=9)
    hours = {"older than the request": 6, "on the market for long": 25}.get(reason, 1)
    new = a_property(session, seller, hours)
    offered(session, request, new, scores=[84.0 if reason == "scored low" else 95.0])
    if reason == "archived":
        new.status = Status.ARCHIVED
    if reason == "seller gone":
        seller.is_active = False
    if reason == "request closed":
        request.status = Status.ARCHIVED
    session.flush()

    assert notify_of_new_offers(session) == []


def test_where_the_order_is_balanced_the_first_places_are_those_that_are_read(session, buyer, seller, monkeypatch):
    monkeypatch.setattr(offer_notifications, "MAX_PLACE", 1)
    sought, quiet = a_property(session, seller), a_property(session, seller)
    request = a_request(session, buyer)
    offered(session, request, sought, quiet, scores=[97.0, 95.0])
    market = {"city_key": request.city_key, "deal_type": request.deal_type}
    for found, shift in ((sought, -4.0), (quiet, 0.0)):
        session.add(ScoreShift(side=Side.PROPERTY, entity_id=found.id, shift=shift, **market))
    session.flush()

    notify_of_new_offers(session)
    assert offered_properties(session) == [quiet.id]


def test_offers_beyond_the_end_of_a_list_are_not_notified(session, buyer, seller):
    request, new = a_request(session, buyer), a_property(session, seller)
    offered(session, request)
    market = {"city_key": request.city_key, "deal_type": request.deal_type}
    versions = {"lead_version": request.version, "property_version": new.version}
    session.add(ExploredOffer(lead_id=request.id, property_id=new.id, score=95.0, **market, **versions))
    session.flush()

    assert notify_of_new_offers(session) == []


def test_an_exchange_lead_gets_no_notifications_of_offers(session, seller):
    offered(session, make_lead(session, make_user(session)), a_property(session, seller))

    assert notify_of_new_offers(session) == []


@pytest.mark.parametrize(
    ("frequency", "is_stated"),
    [(Frequency.AT_ONCE, True), (Frequency.DAILY, False), (Frequency.NEVER, False), (None, False)],
)
def test_users_of_the_bot_get_cards_only_for_leads_with_immediate_notifications(session, seller, frequency, is_stated):
    realtor = make_user(session)
    session.add(BotChat(user_id=realtor.id, telegram_id="700000001", created_at=NOW - timedelta(days=2)))
    lead, new = make_lead(session, realtor), a_property(session, seller)
    lead.created_at = NOW - timedelta(hours=5)
    session.flush()
    if frequency is not None:
        set_frequency(session, realtor, lead.id, frequency)
    offered(session, lead, new)

    notify_of_new_offers(session)

    assert offered_properties(session) == [new.id] * is_stated


def test_only_the_first_places_are_news_and_a_day_has_its_most(session, buyer, seller, monkeypatch):
    new = [a_property(session, seller) for _ in range(offer_notifications.MAX_PLACE + 1)]
    scores = [99.0 - rank for rank in range(len(new))]
    offered(session, a_request(session, buyer), *new, scores=scores)

    monkeypatch.setattr(offer_notifications, "MAX_PER_DAY", 3)
    notify_of_new_offers(session)
    assert offered_properties(session) == [found.id for found in new[:3]]
    notify_of_new_offers(session)
    assert len(offered_properties(session)) == 3

    monkeypatch.setattr(offer_notifications, "MAX_PER_DAY", 10)
    notify_of_new_offers(session)
    assert offered_properties(session) == [found.id for found in new[: offer_notifications.MAX_PLACE]]


def test_a_buyer_at_the_daily_limit_does_not_block_others(session, buyer, seller, monkeypatch):
    monkeypatch.setattr(offer_notifications, "MAX_PER_DAY", 1)
    new = [a_property(session, seller) for _ in range(4)]
    offered(session, a_request(session, buyer), *new)
    other = a_request(session, make_user(session, Role.TENANT))
    offered(session, other, new[3], scores=[90.0])

    for _ in range(2):
        notify_of_new_offers(session, limit=2)
    assert offered_properties(session) == [new[0].id, new[3].id]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_failing_notification_of_a_buyer_does_not_delay_the_others(session, seller, monkeypatch, caplog, broken):
    new = a_property(session, seller)
    buyers = [make_user(session, Role.TENANT) for _ in range(3)]
    for each in buyers:
        offered(session, a_request(session, each), new)
    notify = offer_notifications.notify

    def notify_some(session, user_id, *args, **facts):
        if user_id == buyers[broken].id:
            session.execute(text("SELECT 1/0"))
        return notify(session, user_id, *args, **facts)

    monkeypatch.setattr(offer_notifications, "notify", notify_some)
    stored = notify_of_new_offers(session)

    notified = session.scalars(select(Notification.user_id).where(Notification.id.in_(stored))).all()
    assert set(notified) == {each.id for each in buyers} - {buyers[broken].id}
    assert "offer_not_notified" in caplog.messages
