"""A dislike applies to a home at its price: which homes return when the price falls, and what users see of it."""

import pytest

from api.http.services import services_of
from models.core.enums import DealType, Role, Side
from models.market.properties import Property
from models.ranking.recommendations import LeadRecommendations
from tests.api.feeding import Recorder, act, made, prefer, shown, store_list
from tests.factories import make_lead, make_property, make_user, token_header
from worker.lists import rescore


@pytest.fixture
def board(new_worker_session, client):
    """A lead of up to 15 million and one home; reads the lists, acts on the home, and changes its price."""

    class Board:
        def __init__(self, session):
            self.session = session
            self.buyer, self.seller = make_user(session), make_user(session)
            self.lead, self.home = make_lead(session, self.buyer), make_property(session, self.seller)
            session.commit()
            self.path = f"/leads/{self.lead.id}/property-recommendations"
            rescore.rebuild_market(session, (self.lead.city_key, DealType.SALE))
            session.commit()

        def shown(self):
            return client.get(self.path, headers=token_header(self.buyer)).json["recommendations"]

        def say(self, action):
            answer = client.post(
                f"{self.path}/{self.home.id}/action", json={"action": action}, headers=token_header(self.buyer)
            )
            assert answer.status_code == 200, answer.text

        def costs(self, price, **more):
            for name, value in {"price": price, **more}.items():
                setattr(self.home, name, value)
            self.session.commit()
            rescore.rescore_entity(self.session, Side.PROPERTY, self.home.id)

        def history(self):
            return client.get(f"/properties/{self.home.id}", headers=token_header(self.seller)).json["price_history"]

    with new_worker_session() as session:
        yield Board(session)


def test_a_disliked_home_returns_once_when_it_costs_a_twentieth_less(board):
    board.say("DISLIKE")
    board.costs(11_900_000)  # 4.8 % less than 12.5 million
    assert board.shown() == []

    board.costs(11_875_000)
    [entry] = board.shown()
    assert (entry["price_cut"]["from"], entry["price_cut"]["to"]) == (12_500_000, 11_875_000)
    assert entry["price_cut"]["at"] == board.history()[-1]["at"]

    board.say("DISLIKE")
    board.costs(8_000_000)
    assert board.shown() == []


def test_a_disliked_home_returns_when_its_price_comes_into_the_budget(board):
    board.costs(15_200_000)
    board.say("DISLIKE")
    board.costs(15_050_000)
    assert board.shown() == []

    board.costs(15_000_000)
    assert [entry["price_cut"]["from"] for entry in board.shown()] == [15_200_000]


def test_prices_of_two_currencies_are_not_compared(board):
    board.say("DISLIKE")
    board.costs(150_000, currency="USD")

    assert board.shown() == []


def test_no_price_cut_ends_a_like(board):
    board.say("LIKE")
    board.costs(8_000_000)

    assert board.shown() == []


def test_a_list_after_a_price_cut_is_that_of_a_full_run(board):
    def stored():
        board.session.expire_all()
        return board.session.get(LeadRecommendations, board.lead.id).property_ids

    board.say("DISLIKE")
    rescore.rescore_entity(board.session, Side.LEAD, board.lead.id)
    assert stored() == []

    board.costs(10_000_000)
    assert stored() == [board.home.id]

    rescore.rebuild_market(board.session, (board.lead.city_key, DealType.SALE))
    board.session.commit()
    assert stored() == [board.home.id]


def test_the_price_history_goes_from_the_first_price_to_the_present_one(board):
    assert [each["price"] for each in board.history()] == [12_500_000]
    board.costs(13_000_000)
    board.costs(13_000_000)
    board.costs(140_000, currency="USD")

    assert [(each["price"], each["currency"]) for each in board.history()] == [
        (12_500_000, "RUB"),
        (13_000_000, "RUB"),
        (140_000, "USD"),
    ]


def test_the_feed_shows_a_disliked_listing_again_when_it_is_cheaper(person, app, database, client):
    services_of(app).worker = Recorder()
    owner, tenant = person(Role.LANDLORD), person()
    listing = made(owner, price=100)
    preference = prefer(tenant)
    store_list(database, preference, [listing])
    act(tenant, listing)
    assert shown(tenant) is None

    database.get(Property, listing).price = 90
    database.commit()
    answer = tenant("GET", "/feed/next").json
    assert (answer["id"], answer["price_cut"]["from"], answer["price_cut"]["to"]) == (listing, 100, 90)
    assert [each["price"] for each in client.get(f"/listings/{listing}").json["price_history"]] == [100, 90]

    act(tenant, listing)
    database.get(Property, listing).price = 10
    database.commit()
    assert shown(tenant) is None
