"""The simulated tenant of scripts.benchmarks.real_listings reports each promise that a feed breaks."""

import re
from types import SimpleNamespace

import pytest

from scripts.benchmarks.load.caller import Tally
from scripts.benchmarks.real_listings import deals, swiping

PREFERENCE = {
    "id": 7,
    "user_id": 1,
    "city": "Москва",
    "deal_type": "sale",
    "property_type": "flat",
    "price_min": 0,
    "price_max": 100,
}


class Feed:
    """A correct feed of thirty listings, 30 being the best; each test breaks one promise."""

    def __init__(self):
        self.listings = [listing(number) for number in range(30, 0, -1)]
        self.scores = {shown["id"]: 60.0 + shown["id"] for shown in self.listings}
        self.actions = {}

    def __call__(self, kind, _server, method, path, _token, body=None):
        name = re.sub(r"[/-]+", "_", f"{method.lower()}{path.partition('?')[0]}").replace("_7_", "_")
        return getattr(self, name)(path, body)

    def post_preferences(self, _path, body):
        return PREFERENCE | body

    def get_feed_next(self, _path, _body):
        return next((shown for shown in self.listings if shown["id"] not in self.actions), None)

    def post_feed_action(self, _path, body):
        self.actions[body["listing_id"]] = body["action"]

    def post_feed_undo(self, _path, _body):
        listing_id, action = self.actions.popitem()
        return {"status": "ok", "listing_id": listing_id, "action": action}

    def get_leads_property_recommendations(self, _path, _body):
        rows = [{"property_id": str(key), "match_score": score} for key, score in self.scores.items()]
        return {"recommendations": rows}

    def get_leads_my(self, _path, _body):
        return [{"listing_id": each} for each, action in self.actions.items() if action == "like"]

    def get_favorites(self, _path, _body):
        return [{"id": each} for each, action in self.actions.items() if action == "favorite"]

    def get_listings(self, path, _body):
        return self.listings if path.endswith("page=1") else []


class Repeats(Feed):
    def get_feed_next(self, path, body):
        return self.listings[0] if len(self.actions) > 3 else super().get_feed_next(path, body)


class IsTooExpensive(Feed):
    def __init__(self):
        super().__init__()
        self.listings[2]["price"] = "115.01"


class ShowsOnesOwn(Feed):
    def __init__(self):
        super().__init__()
        self.listings[2]["owner_id"] = PREFERENCE["user_id"]


class Rises(Feed):
    def __init__(self):
        super().__init__()
        self.listings.reverse()


class EndsEarly(Feed):
    def get_feed_next(self, path, body):
        return super().get_feed_next(path, body) if len(self.actions) < 5 else None


class LosesUndoneListing(Feed):
    def post_feed_undo(self, path, body):
        answer = super().post_feed_undo(path, body)
        self.listings = [shown for shown in self.listings if shown["id"] != answer["listing_id"]]
        return answer


class MakesNoInquiry(Feed):
    def get_leads_my(self, _path, _body):
        return []


def listing(number):
    known = {"deal_type": "sale", "property_type": "flat", "currency": "RUB", "is_active": True}
    return {"id": number, "owner_id": 2, "city": "Moscow", "price": "115.00", **known}


def swiped(feed):
    tenant = swiping.Tenant("", Tally(), SimpleNamespace(name="tenant", token=""), [{}], seed=1)
    tenant._caller = SimpleNamespace(call=feed)
    return tenant.swipe(50)


def test_a_feed_that_keeps_its_promises_passes():
    outcome = swiped(Feed())

    assert outcome.broken == []
    assert (outcome.actions - outcome.undone, outcome.lists, outcome.rises, outcome.ran_out) == (30, 1, 0, True)
    assert outcome.undone  # the mix contains every kind of action


@pytest.mark.parametrize(
    ("feed", "problem"),
    [
        (Repeats, "listing 30 came again"),
        (IsTooExpensive, "listing 28 breaks the deal: price"),
        (ShowsOnesOwn, "listing 28 breaks the deal: own"),
        (Rises, "listing 2 scores 62.0, the one before it 61.0"),
        (EndsEarly, "null came, and listing 25 was not shown"),
        (LosesUndoneListing, "was taken back and does not come"),
        (MakesNoInquiry, "/leads/my has 0 listings"),
    ],
)
def test_a_broken_promise_is_reported(feed, problem):
    assert any(problem in broken for broken in swiped(feed()).broken)


@pytest.mark.parametrize(
    ("lead", "listing", "reason"),
    [
        ({}, {}, None),
        ({}, {"price": 116}, "price"),  # 115 is the maximum for 100
        ({}, {"price": 116, "currency": "USD"}, None),  # not compared
        ({"property_type": "APARTMENT"}, {"property_type": "APARTMENTS"}, None),
        ({"property_type": "APARTMENTS"}, {"property_type": "APARTMENT"}, "type"),
        ({"rooms": [1, 5]}, {"rooms": 3}, "rooms"),  # two off both
        ({"rooms": [12]}, {"rooms": 9}, None),  # ten and more are one number
        ({"area_min": 50}, {"area": 24}, "area"),
        ({"market": ("moscow", "RENT")}, {}, "market"),
        ({"owner_id": 2}, {}, "own"),
    ],
)
def test_deal_breakers_of_a_pair(lead, listing, reason):
    shared = {"market": ("moscow", "SALE"), "property_type": "APARTMENT", "currency": "RUB"}
    wanted = deals.Wanted(**{"owner_id": 1, **shared, "budget_max": 100, **lead})
    offered = deals.Offered(**{"owner_id": 2, **shared, "price": 115, **listing})

    assert deals.deal_breaker(wanted, offered) == reason
