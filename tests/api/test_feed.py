"""The feed: the best listing first, none twice, none of one's own; the effects of an action and of undoing it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.exc import OperationalError

from api.http.services import services_of
from api.swipe import feed
from models.accounts.notifications import Notification
from models.accounts.users import User
from models.core.enums import DealType, InquiryStatus, Role, Side, Status
from models.deals.exclusions import acted_pairs
from models.deals.feed import REFILL_AT, FeedAction, list_is_stale
from models.deals.inquiries import Inquiry
from models.market.favorites import Favorite
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import LIST_LENGTH
from tests.api.feeding import Recorder, act, made, prefer, shown, store_list
from tests.statements import statements_on
from tests.waiting import WAIT_LIMIT_SECONDS


@pytest.fixture
def worker(app):
    services_of(app).worker = Recorder()
    return services_of(app).worker


@pytest.fixture
def owner(person, worker):
    return person(Role.LANDLORD)


@pytest.fixture
def tenant(person, worker):
    return person()


def test_the_feed_follows_the_list_and_acting_moves_it_on(owner, tenant, database):
    listings = [made(owner) for _ in range(3)]
    best_first = [listings[1], listings[2], listings[0]]
    store_list(database, prefer(tenant), best_first)

    seen = []
    while (found := shown(tenant)) is not None:
        assert shown(tenant) == found  # looking is not acting
        seen.append(found)
        act(tenant, found)

    assert seen == best_first


def test_the_feed_leaves_out_what_is_gone_or_ones_own(owner, person, database, worker):
    seller = person(Role.REALTOR)  # who looks for a home too
    mine, gone, moved, good = made(seller), made(owner), made(owner), made(owner)
    lead = prefer(seller)
    away = person(Role.LANDLORD)
    of_the_inactive = made(away)
    store_list(database, lead, [mine, gone, moved, of_the_inactive, good])
    owner("DELETE", f"/listings/{gone}")
    owner(
        "PUT",
        f"/listings/{moved}",
        json={"title": "x", "city": "Москва", "deal_type": "rent", "property_type": "flat", "price": 1},
    )
    database.execute(update(User).where(User.id == away.id).values(is_active=False))
    database.commit()

    assert shown(seller) == good


def test_without_preferences_the_newest_come_first(owner, tenant):
    first, second = made(owner), made(owner, city="Лисс")

    assert shown(tenant) == second
    act(tenant, second)
    assert shown(tenant) == first
    act(tenant, first)
    assert shown(tenant) is None


@pytest.mark.parametrize("action", ["like", "favorite", "dislike"])
def test_ten_simultaneous_actions_make_one(owner, tenant, database, app, action):
    listing = made(owner)

    def again(_):
        headers = {"Authorization": f"Bearer {tenant.token}"}
        body = {"listing_id": listing, "action": action}
        return app.test_client().post("/feed/action", json=body, headers=headers).status_code

    with ThreadPoolExecutor(10) as threads:
        codes = set(threads.map(again, range(10)))

    def count(table):
        return database.scalar(select(func.count()).select_from(table))

    assert codes == {200}
    assert [count(FeedAction), count(Inquiry), count(Favorite), count(Notification)] == [
        1,
        action == "like",
        action == "favorite",
        action == "like",
    ]


@contextmanager
def right_after(app, beginning, act):
    """Call *act* once, just after the API has executed a statement with this beginning."""
    waiting = [act]

    def look(_connection, _cursor, statement, *_):
        if waiting and statement.startswith(beginning):
            waiting.pop()()

    event.listen(services_of(app).engine, "after_cursor_execute", look)
    yield
    event.remove(services_of(app).engine, "after_cursor_execute", look)
    assert not waiting


@pytest.mark.parametrize(("path", "table"), [("/favorites", Favorite), ("/leads", Inquiry)])
def test_a_repeated_action_is_answered_while_it_is_being_undone(owner, tenant, database, app, path, table):
    body = {"listing_id": made(owner)}
    tenant("POST", path, json=body)

    def undo_action():
        database.execute(text("SET LOCAL lock_timeout = '20ms'"))
        try:
            database.execute(delete(table))
            database.commit()
        except OperationalError:  # the row is the other's until they have answered
            database.rollback()

    with right_after(app, f"INSERT INTO {table.__tablename__} ", undo_action):
        assert tenant("POST", path, json=body).status_code == 200


def test_undoing_an_action_keeps_what_was_also_added_directly(owner, tenant):
    listing = made(owner)
    for action, path in (("like", "/leads"), ("favorite", "/favorites")):
        act(tenant, listing, action)
        tenant("POST", path, json={"listing_id": listing})

    act(tenant, listing, "dislike")

    assert [row["listing_id"] for row in tenant("GET", "/leads/my").json] == [listing]
    assert [row["id"] for row in tenant("GET", "/favorites").json] == [listing]


def test_a_later_action_replaces_an_earlier_one(owner, tenant, database):
    listing = made(owner)
    act(tenant, listing, "like")
    act(tenant, listing, "favorite")
    assert len(tenant("GET", "/leads/my").json) == len(tenant("GET", "/favorites").json) == 1

    act(tenant, listing, "dislike")

    assert tenant("GET", "/leads/my").json == tenant("GET", "/favorites").json == []
    assert database.scalars(select(FeedAction.action)).all() == ["dislike"]


def test_a_dislike_keeps_favourites_and_inquiries_made_directly_or_answered(owner, tenant, database):
    by_hand, taken_up = made(owner), made(owner)
    tenant("POST", "/leads", json={"listing_id": by_hand})
    tenant("POST", "/favorites", json={"listing_id": by_hand})
    act(tenant, taken_up, "like")
    [inquiry] = database.scalars(select(Inquiry).where(Inquiry.property_id == taken_up))
    owner("PATCH", f"/inquiries/{inquiry.id}", json={"status": InquiryStatus.IN_PROGRESS})

    act(tenant, by_hand)
    act(tenant, taken_up)

    assert [row["listing_id"] for row in tenant("GET", "/leads/my").json] == [taken_up, by_hand]
    assert [row["id"] for row in tenant("GET", "/favorites").json] == [by_hand]


def test_undo_takes_the_last_action_back(owner, tenant, database):
    first, second = made(owner), made(owner)
    store_list(database, prefer(tenant), [first, second])
    act(tenant, first, "like")
    act(tenant, second, "favorite")
    act(tenant, first, "favorite")  # now the last

    assert tenant("POST", "/feed/undo").json == {"status": "ok", "listing_id": first, "action": "favorite"}
    assert shown(tenant) == first
    assert tenant("GET", "/leads/my").json == []
    assert tenant("POST", "/feed/undo").json["listing_id"] == second
    assert tenant("POST", "/feed/undo").status_code == 404


def test_undo_has_the_list_made_afresh_if_it_left_the_listing_out(owner, tenant, database):
    """A list computed after the action lacks the listing; an older one has it."""
    kept, left_out, elsewhere = made(owner), made(owner), made(owner, city="Лисс")
    lead = prefer(tenant)
    store_list(database, lead, [kept])

    def is_stale_after_undo_of(listing):
        act(tenant, listing)
        tenant("POST", "/feed/undo")
        database.rollback()
        return list_is_stale(database, lead)

    assert not is_stale_after_undo_of(kept)
    assert not is_stale_after_undo_of(elsewhere)
    assert is_stale_after_undo_of(left_out)


def test_one_does_not_act_on_what_is_ones_own_or_off_the_market(owner, tenant):
    mine, gone = made(owner), made(owner)
    owner("DELETE", f"/listings/{gone}")

    assert act(owner, mine, "like").status_code == 403
    assert act(tenant, gone, "like").status_code == 404
    assert act(tenant, mine, "LIKE").status_code == 400


def test_next_takes_one_query_beside_the_token_and_action_a_few(owner, tenant, database, app):
    """The number of queries does not depend on the length of the list."""
    store_list(database, prefer(tenant), [made(owner) for _ in range(30)])

    with statements_on(services_of(app).engine) as of_next:
        listing = shown(tenant)
    with statements_on(services_of(app).engine) as of_dislike:
        act(tenant, listing)
    listing = shown(tenant)
    with statements_on(services_of(app).engine) as of_like:
        act(tenant, listing, "like")

    token = 1  # the user whose token it is
    assert len(of_next) == token + 1
    assert len(of_dislike) == token + 4  # the listing, the action, and taking back what the feed had made
    # The listing, the action, the inquiry, subscribed webhooks, the owner's switches, the notification.
    assert len(of_like) == token + 6


def test_a_changed_preference_is_never_answered_from_the_old_list(owner, tenant, database, monkeypatch):
    monkeypatch.setattr(feed, "MAX_WAIT_SECONDS", 0)
    flat, dear, house = made(owner), made(owner, price=231), made(owner, property_type="house")
    near = made(owner, property_type="house", price=205)
    store_list(database, prefer(tenant), [flat])
    prefer(tenant, property_type="house")

    seen = []
    while (found := shown(tenant)) is not None:  # no worker: the nearest to the budget, of the type, up to 15 % over
        seen.append(found)
        act(tenant, found)

    assert seen == [house, near]
    assert flat not in seen and dear not in seen


def test_a_long_stale_list_is_not_waited_for(owner, tenant, database, worker):
    listing = made(owner)
    prefer(tenant)
    database.execute(update(Lead).values(updated_at=func.now() - timedelta(seconds=feed.MAX_STALE_SECONDS)))
    database.commit()
    worker.leads.clear()

    assert shown(tenant) == listing
    assert worker.leads == []  # nobody was asked, and nobody waited


def test_a_refill_is_requested_once_before_a_full_list_runs_out(owner, tenant, database, worker, monkeypatch):
    monkeypatch.setattr(feed, "REFILL_PAUSE_SECONDS", WAIT_LIMIT_SECONDS)  # both requests come within it
    listing = made(owner)
    rows = [
        Property(
            **{
                name: getattr(database.get(Property, listing), name)
                for name in (
                    "owner_id",
                    "origin",
                    "deal_type",
                    "city",
                    "city_key",
                    "property_type",
                    "price",
                    "currency",
                )
            }
        )
        for _ in range(LIST_LENGTH - 1)
    ]
    database.add_all(rows)
    database.commit()
    order = [listing, *(row.id for row in rows)]
    lead = prefer(tenant)
    store_list(database, lead, order)
    worker.leads.clear()
    early = order[: LIST_LENGTH - REFILL_AT - 1]
    user_id = database.get(Lead, lead).owner_id
    database.add_all(FeedAction(user_id=user_id, property_id=each, action="dislike", source="web") for each in early)
    database.commit()
    shown(tenant)
    assert worker.leads == []

    act(tenant, order[LIST_LENGTH - REFILL_AT - 1])
    shown(tenant)
    shown(tenant)

    assert worker.leads == [lead]


def test_the_engine_excludes_listings_with_an_action(owner, tenant, database):
    listing, other, lead = made(owner), made(owner), prefer(tenant)
    act(tenant, listing)
    city_key = database.get(Lead, lead).city_key
    market = (city_key, DealType.RENT)

    assert acted_pairs(database, Side.LEAD, market) == [(lead, listing)]
    assert acted_pairs(database, Side.LEAD, market, property_ids=[other]) == []
    assert acted_pairs(database, Side.LEAD, (city_key, DealType.SALE)) == []
    assert acted_pairs(database, Side.PROPERTY, market) == []


def test_archived_preferences_are_none(owner, tenant, database):
    listing, lead = made(owner), prefer(tenant)
    database.execute(update(Lead).values(status=Status.ARCHIVED))
    database.commit()

    assert tenant("GET", "/preferences").json is None
    assert shown(tenant) == listing  # the newest, as without preferences
    assert prefer(tenant) == lead


@pytest.mark.slow
def test_a_just_saved_preference_is_ranked_before_the_first_answer(person, worker_process, app, monkeypatch):
    """With a running worker, nobody sees null or an unranked listing between saving and ranking."""
    for limit in ("MAX_WAIT_SECONDS", "MAX_STALE_SECONDS"):  # the worker may be slow
        monkeypatch.setattr(feed, limit, WAIT_LIMIT_SECONDS)
    owner, tenant = person(Role.LANDLORD), person()
    over = made(owner, price=210)
    fits = made(owner, price=150)
    made(owner, price=999)
    prefer(tenant)

    assert shown(tenant) == fits
    act(tenant, fits)
    assert shown(tenant) == over
    prefer(tenant, price_max=220)  # a new list, without what was acted on
    assert shown(tenant) == over
    tenant("POST", "/feed/undo")
    assert shown(tenant) == fits
    prefer(tenant, price_min=900, price_max=1000)
    assert tenant("GET", "/feed/next").json["price"] == "999.00"
