"""A home with several adverts: lists and feed show it once, and an action applies to all of them."""

import pytest

from api.http.services import services_of
from models.core.enums import DealType, Role, Side
from models.market.advert_groups import AdvertGroup
from tests.api.feeding import Recorder, act, made, prefer, shown, store_list
from tests.factories import make_lead, make_property, make_user, token_header
from worker.lists import rescore


@pytest.fixture
def market(new_worker_session, client):
    """A lead, a home that two agencies offer at two prices, and another home."""

    class Market:
        def __init__(self, session):
            self.session = session
            self.buyer = make_user(session)
            self.first, self.second = (make_user(session, agency_name=name) for name in ("Дом", "Очаг"))
            self.lead = make_lead(session, self.buyer)
            self.dear = make_property(session, self.first, price=13_000_000, area=60.4)
            self.cheap = make_property(session, self.second, price=12_400_000, area=60.4)
            self.other = make_property(session, self.first, floor=6)
            session.commit()
            for home in (self.dear, self.cheap, self.other):
                self.write(home)
            rescore.rescore_entity(session, Side.LEAD, self.lead.id)
            self.path = f"/leads/{self.lead.id}/property-recommendations"

        def write(self, home):
            self.session.commit()
            rescore.rescore_entity(self.session, Side.PROPERTY, home.id)

        def list(self, query=""):
            return client.get(self.path + query, headers=token_header(self.buyer)).json

        def shown(self):
            return [int(entry["property_id"]) for entry in self.list()["recommendations"]]

        def say(self, action, home):
            body = {"action": action}
            answer = client.post(f"{self.path}/{home.id}/action", json=body, headers=token_header(self.buyer))
            assert answer.status_code == 200, answer.text

    with new_worker_session() as session:
        yield Market(session)


def test_a_home_is_shown_once_with_its_adverts_and_prices(market):
    answer = market.list()
    [home] = [entry for entry in answer["recommendations"] if "group" in entry]

    assert answer["total"] == 2
    assert [
        (int(each["property_id"]), each["price"], each["owner"]["agency"]) for each in home["group"]["adverts"]
    ] == [
        (market.cheap.id, 12_400_000, "Очаг"),
        (market.dear.id, 13_000_000, "Дом"),
    ]
    assert int(home["property_id"]) in (market.cheap.id, market.dear.id)
    assert [len(market.list(f"?limit=1&page={page}")["recommendations"]) for page in (1, 2, 3)] == [1, 1, 0]


def test_the_owner_of_an_advert_sees_that_others_offer_the_home(market, client):
    def group(home, owner):
        return client.get(f"/properties/{home.id}", headers=token_header(owner)).json.get("group")

    assert [each["price"] for each in group(market.dear, market.first)["adverts"]] == [12_400_000, 13_000_000]
    assert group(market.other, market.first) is None


@pytest.mark.parametrize("action", ["LIKE", "DISLIKE"])
def test_an_action_applies_to_the_home_even_if_it_is_reposted(market, action):
    market.say(action, market.cheap)
    assert market.shown() == [market.other.id]

    anew = make_property(market.session, make_user(market.session), price=12_500_000, area=60.4)
    market.write(anew)
    assert market.shown() == [market.other.id]
    rescore.rebuild_market(market.session, (market.lead.city_key, DealType.SALE))
    market.session.commit()
    assert market.shown() == [market.other.id]


def test_another_advert_that_is_cheaper_brings_a_disliked_home_back_once(market):
    market.say("DISLIKE", market.cheap)
    market.dear.price = 11_780_000  # 5 % less than the disliked 12.4 million
    market.write(market.dear)
    assert set(market.shown()) == {market.dear.id, market.other.id}

    market.say("DISLIKE", market.dear)
    market.cheap.price = 11_000_000
    market.write(market.cheap)
    assert market.shown() == [market.other.id]


def test_an_advert_that_leaves_the_market_leaves_the_home_to_the_other(market):
    [first] = [entry for entry in market.shown() if entry != market.other.id]
    left = market.dear if first == market.dear.id else market.cheap
    left.status = "ARCHIVED"
    market.write(left)

    assert set(market.shown()) == {market.dear.id, market.cheap.id, market.other.id} - {left.id}
    assert not any("group" in entry for entry in market.list()["recommendations"])


def test_the_feed_shows_a_home_once(person, app, database):
    services_of(app).worker = Recorder()
    tenant = person()
    adverts = [made(person(Role.LANDLORD)) for _ in range(2)]
    database.add_all(AdvertGroup(property_id=each, group_id=adverts[0]) for each in adverts)
    database.commit()
    store_list(database, prefer(tenant), adverts)
    act(tenant, adverts[0])

    assert shown(tenant) is None
