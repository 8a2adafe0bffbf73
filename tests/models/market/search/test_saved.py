"""News of saved searches: each home is notified once as new, and once for each price cut."""

from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification
from models.core.enums import DealType, Role
from models.core.errors import ConflictError, NotFoundError
from models.market.advert_groups import AdvertGroup
from models.market.search import news
from models.market.search.criteria import SearchCriteria
from models.market.search.news import check_for_news, due_searches
from models.market.search.saved import (
    MAX_SEARCHES,
    NotificationPace,
    SavedSearch,
    news_of,
    save_search,
    saved_search,
    set_pace,
    stop_notifications,
)
from tests.at_once import while_open
from tests.factories import make_property, make_user

SALE = SearchCriteria(deal_type=DealType.SALE, price_max=Decimal(10_000_000))


@pytest.fixture
def people(session):
    return make_user(session, role=Role.TENANT), make_user(session)


@pytest.fixture
def search(session, people):
    saved = save_search(session, people[0], "Homes", SALE, NotificationPace.AT_ONCE)
    # The whole test is one transaction with one time; the search was created earlier.
    session.execute(text("UPDATE saved_searches SET created_at = now() - interval '1 hour'"))
    session.refresh(saved)
    return saved


def notified(session, search) -> tuple[int, int] | None:
    """(new homes, price cuts) of the notification that a check creates, or None."""
    notification_id = check_for_news(session, search.id, "https://leadmatch.example")
    if notification_id is None:
        return None
    facts = session.get(Notification, notification_id).facts
    assert facts["stop"].startswith("https://leadmatch.example/homes/unsubscribe/")
    return facts["homes"], facts["cheaper"]


def of_before(session, home) -> None:
    session.execute(
        text("UPDATE properties SET created_at = now() - interval '2 hours' WHERE id = :id"), {"id": home.id}
    )
    session.refresh(home)


def test_a_new_home_is_notified_once(session, people, search):
    home = make_property(session, people[1], price=9_000_000)
    make_property(session, people[1], price=11_000_000)
    make_property(session, people[1], price=9_000_000, deal_type=DealType.RENT)

    assert [notified(session, search), notified(session, search)] == [(1, 0), None]
    home.description = "changed"
    session.flush()
    assert notified(session, search) is None
    assert [found.id for found, _ in session.execute(news_of(search))] == [home.id]


def test_a_home_older_than_the_search_is_no_news_until_it_is_cheaper(session, people, search):
    home = make_property(session, people[1], price=9_900_000)
    of_before(session, home)
    session.execute(text("DELETE FROM property_prices"))
    assert notified(session, search) is None

    home.price = 9_000_000
    session.flush()

    # Now that its price has changed, the former price is in its history.
    session.execute(
        text(
            "INSERT INTO property_prices (property_id, price, currency, since)"
            " SELECT id, 9900000, currency, created_at FROM properties WHERE id = :id"
        ),
        {"id": home.id},
    )
    assert [notified(session, search), notified(session, search)] == [(0, 1), None]


def test_each_further_price_cut_of_a_notified_home_is_notified(session, people, search):
    home = make_property(session, people[1], price=9_000_000)
    assert notified(session, search) == (1, 0)

    answers = []
    for price in (8_000_000, 8_500_000, 7_990_000, 7_000_000):
        home.price = price
        session.flush()
        answers.append(notified(session, search))

    assert answers == [(0, 1), None, None, (0, 1)]


def test_another_advert_of_a_notified_home_is_not_notified(session, people, search):
    home = make_property(session, people[1], price=9_000_000)
    assert notified(session, search) == (1, 0)
    other = make_property(session, make_user(session), price=8_900_000)
    session.add_all(AdvertGroup(property_id=each.id, group_id=home.id) for each in (home, other))
    session.flush()

    assert notified(session, search) is None


def test_a_look_that_was_cut_short_goes_on_where_it_ended(session, people, search, monkeypatch):
    monkeypatch.setattr(news, "MAX_HOMES", 2)
    homes = [make_property(session, people[1], price=9_000_000).id for _ in range(4)]
    session.add_all(AdvertGroup(property_id=each, group_id=homes[0]) for each in homes[:2])
    search.looked_until = 0  # the homes were written before the time of the check
    session.flush()

    assert notified(session, search) == (1, 0)
    assert search.looked_until == 0
    assert notified(session, search) == (2, 0)


def test_ones_own_home_is_no_news(session, people, search):
    mine = make_property(session, people[1], price=9_000_000)
    session.execute(
        text("UPDATE properties SET owner_id = :user WHERE id = :id"), {"user": people[0].id, "id": mine.id}
    )

    assert notified(session, search) is None


def test_a_user_without_notifications_gets_none_even_later(session, people, search):
    set_pace(session, people[0], search.id, NotificationPace.NEVER)
    make_property(session, people[1], price=9_000_000)
    assert (notified(session, search), due_searches(session, NotificationPace.AT_ONCE)) == (None, [])

    set_pace(session, people[0], search.id, NotificationPace.DAILY)

    assert due_searches(session, NotificationPace.DAILY) == [search.id]
    assert session.scalars(select(Notification)).all() == []


def test_a_search_is_its_users_alone(session, people, search):
    with pytest.raises(NotFoundError):
        saved_search(session, people[1], search.id)
    with pytest.raises(NotFoundError):
        set_pace(session, people[1], search.id, NotificationPace.NEVER)


def test_searches_that_one_may_save_are_bounded(session, people):
    for _ in range(MAX_SEARCHES):
        save_search(session, people[1], "x", SearchCriteria(), NotificationPace.NEVER)

    with pytest.raises(ConflictError):
        save_search(session, people[1], "x", SearchCriteria(), NotificationPace.NEVER)


def test_an_unsubscribe_link_stops_one_search_for_good_and_no_other(session, people, search):
    other = save_search(session, people[0], "Other homes", SALE, NotificationPace.AT_ONCE)
    make_property(session, people[1], price=9_000_000)

    assert [stop_notifications(session, search.seed) for _ in range(2)] == [True, True]
    session.expire_all()
    assert notified(session, search) is None
    assert due_searches(session, NotificationPace.AT_ONCE) == [other.id]
    assert not stop_notifications(session, search.seed[:-1] + "!")


def test_an_unsubscribe_link_used_while_news_are_sent_holds_afterwards(engine, clean_database):
    with Session(engine) as session:
        user = make_user(session, role=Role.TENANT)
        saved = save_search(session, user, "Homes", SALE, NotificationPace.AT_ONCE)
        search_id, seed = saved.id, saved.seed
        session.commit()

    while_open(
        engine,
        lambda own: check_for_news(own, search_id, "https://leadmatch.example"),
        lambda own: stop_notifications(own, seed),
    )
    with Session(engine) as session:
        assert session.get(SavedSearch, search_id).pace is NotificationPace.NEVER
