"""A tenant who goes through the feed over HTTP and believes nothing: each listing is held against what was promised.

Known to the tenant are only answers of the API: the preference, the listings, the scores of the preference's list.
"""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote

from models.market.places import city_of
from scripts.benchmarks.load.caller import Caller, Tally
from scripts.benchmarks.real_listings.deals import Home, Wish, broken
from scripts.benchmarks.real_listings.market import Person

#: What a tenant does about a listing, by how often.
MIX = {"like": 30, "dislike": 45, "favorite": 15, "undo": 10}
#: One action of so many is sent twice, as by a double click.
TWICE = 20
PAGE = 100


@dataclass
class Swiped:
    """How it went."""

    actions: int = 0
    undone: int = 0
    #: Lists that were read because a listing was in none read before: the first, refills, and after changes.
    lists: int = 0
    #: Rises of the score that a new list brought.
    rises: int = 0
    #: Listings that were in no list: what is shown while there is none yet.
    unranked: int = 0
    #: Null came before the wanted number of actions.
    ran_out: bool = False
    broken: list[str] = field(default_factory=list)


class Tenant:
    """
    One tenant's feed.

    Args:
        preferences: Bodies of `POST /preferences`, in turn for equal parts of the way.
    """

    def __init__(self, server: str, times: Tally, person: Person, preferences: list[dict], seed: int) -> None:
        self.person, self._preferences = person, preferences
        self._server, self._caller = server, Caller(times)
        self._chance = random.Random(seed)
        self._errors = times.errors
        self.found = Swiped()
        #: Listing -> what was last said of it, in the order in which it was said.
        self._said: dict[int, str] = {}
        self._scores: dict[int, float] = {}
        #: What came last: its score, in which list it was.
        self._before: tuple[float, int] | None = None
        self._taken_back: int | None = None

    def swipe(self, count: int) -> Swiped:
        """Until *count* listings are acted on, or null comes, or a request fails."""
        for part, preference in enumerate(self._preferences, start=1):
            self._prefer(preference)
            while self.found.actions < count * part // len(self._preferences):
                listing = self._call("feed/next", "GET", "/feed/next")
                if any(self._errors.values()):
                    self._blame("a request failed")
                    return self.found
                if listing is None:
                    self._believe_the_end()
                    break
                self._look_at(listing)
                self._do(listing["id"])
        self._compare_what_was_made()
        return self.found

    def _prefer(self, body: dict) -> None:
        self._preference = self._call("preferences", "POST", "/preferences", body)
        self._scores, self._before, self._taken_back = {}, None, None

    # -- Claims

    def _look_at(self, listing: dict) -> None:
        listing_id = listing["id"]
        if listing_id in self._said:
            self._blame(f"listing {listing_id} came again")
        why = breaks(self._preference, listing)
        if why:
            self._blame(f"listing {listing_id} breaks the deal: {why}")
        if listing_id not in self._scores:
            self._read_list()
        score = self._scores.get(listing_id)
        if score is None:
            self.found.unranked += 1
            self._before = None
            return
        if self._taken_back is not None:
            # What is taken back comes next, unless something better has come to the market.
            returned = self._scores.get(self._taken_back)
            if listing_id != self._taken_back and (returned is None or score <= returned):
                self._blame(f"listing {self._taken_back} was taken back and does not come: {listing_id} does")
        elif self._before is not None and score > self._before[0]:
            if self._before[1] == self.found.lists:
                self._blame(f"listing {listing_id} scores {score}, the one before it {self._before[0]}")
            self.found.rises += 1
        self._before, self._taken_back = (score, self.found.lists), None

    def _read_list(self) -> None:
        path = f"/leads/{self._preference['id']}/property-recommendations?limit={PAGE}"
        page = self._call("list", "GET", path) or {"recommendations": []}
        self._scores |= {int(row["property_id"]): row["match_score"] for row in page["recommendations"]}
        self.found.lists += 1

    def _believe_the_end(self) -> None:
        """After null nothing that is on the market may fit and be new."""
        self.found.ran_out = True
        wanted = self._preference
        if wanted["property_type"] == "house":
            return  # the word stands for town houses too, which are not offered to who wants a house
        most = Decimal(str(wanted["price_max"])) * Decimal("1.15")
        path = (
            f"/listings?city={wanted['city']}&deal_type={wanted['deal_type']}&property_type={wanted['property_type']}"
        )
        path += f"&price_max={most}&limit={PAGE}&page="
        page = 1
        while rows := self._call("listings", "GET", _quoted(f"{path}{page}")):
            for listing in rows:
                if listing["id"] not in self._said and not breaks(wanted, listing):
                    self._blame(f"null came, and listing {listing['id']} was not shown")
            page += 1

    def _compare_what_was_made(self) -> None:
        """Inquiries are the likes and favourites the favorites, no more and no fewer."""
        for kind, path, name in (("like", "/leads/my", "listing_id"), ("favorite", "/favorites", "id")):
            made = {row[name] for row in self._pages(path)}
            said = {listing for listing, what in self._said.items() if what == kind}
            if made != said:
                self._blame(f"{path} has {len(made)} listings, {len(said)} were said to {kind}")

    def _pages(self, path: str) -> list[dict]:
        rows: list[dict] = []
        while len(rows) % PAGE == 0:
            page = self._call(path, "GET", f"{path}?limit={PAGE}&page={len(rows) // PAGE + 1}")
            if not page:
                break
            rows += page
        return rows

    def _blame(self, what: str) -> None:
        self.found.broken.append(f"{self.person.name}, action {self.found.actions}: {what}")

    # -- Deeds

    def _do(self, listing_id: int) -> None:
        action = self._chance.choices(list(MIX), list(MIX.values()))[0]
        if action == "undo" and self._said and self._taken_back is None and self._before is not None:
            self._undo()
            return
        body = {"listing_id": listing_id, "action": "dislike" if action == "undo" else action}
        for _ in range(2 if self._chance.randrange(TWICE) == 0 else 1):
            self._call("feed/action", "POST", "/feed/action", body)
        self._said[listing_id] = body["action"]
        self.found.actions += 1

    def _undo(self) -> None:
        last, action = self._said.popitem()
        answer = self._call("feed/undo", "POST", "/feed/undo")
        if answer != {"status": "ok", "listing_id": last, "action": action}:
            self._blame(f"{action} of {last} was the last thing said, undo answers {answer}")
        self.found.undone += 1
        self._taken_back = last if last in self._scores else None
        self._before = None

    def _call(self, kind: str, method: str, path: str, body: object = None):
        return self._caller.call(kind, self._server, method, path, self.person.token, body)


def breaks(preference: dict, listing: dict) -> str | None:
    """
    What of a listing breaks the preference, both as the API answers them; None if nothing does.

    >>> wanted = {"user_id": 1, "city": "Москва", "deal_type": "sale", "property_type": "flat", "price_max": 100}
    >>> shown = {"owner_id": 2, "deal_type": "sale", "property_type": "flat", "currency": "RUB", "is_active": True}
    >>> breaks(wanted, shown | {"city": "Moscow", "price": "115.00"})
    >>> breaks(wanted, shown | {"city": "Moscow", "price": "115.01"})
    'price'
    """
    if not listing["is_active"]:
        return "it is off the market"
    place, here = city_of(preference["city"]), city_of(listing["city"])
    most = Decimal(str(preference["price_max"]))
    wish = Wish(
        preference["user_id"], (place.key, preference["deal_type"]), preference["property_type"], most, place.currency
    )
    home = Home(
        listing["owner_id"],
        (here.key, listing["deal_type"]),
        listing["property_type"],
        Decimal(listing["price"]),
        listing["currency"],
    )
    return broken(wish, home)


def _quoted(path: str) -> str:
    return quote(path, safe="/?&=.")
