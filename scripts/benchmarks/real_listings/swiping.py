"""A simulated tenant who goes through the feed over HTTP and checks each listing against the documented behaviour.

The tenant knows only answers of the API: the preference, the listings, the scores of the preference's list.
"""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from models.market.places import city_of
from scripts.benchmarks.load.caller import Caller, Tally
from scripts.benchmarks.real_listings.deals import Offered, Wanted, deal_breaker
from scripts.benchmarks.real_listings.market import Person

#: Action -> how often a tenant takes it, per cent.
MIX = {"like": 30, "dislike": 45, "favorite": 15, "undo": 10}
#: One in this many actions is sent twice, as by a double click.
REPEATED = 20
PAGE = 100


@dataclass
class Outcome:
    """Counts of one tenant's session in the feed, and the broken promises."""

    actions: int = 0
    undone: int = 0
    #: Lists read because a listing was in none of the lists read before: the first, refills, and after changes.
    lists: int = 0
    #: Rises of the score at the start of a new list.
    rises: int = 0
    #: Listings that were in no list, because they were shown while the list was computed.
    unranked: int = 0
    #: Whether null came before the wanted number of actions.
    ran_out: bool = False
    broken: list[str] = field(default_factory=list)


class Tenant:
    """
    One tenant's feed.

    Args:
        preferences: Bodies of `POST /preferences`, each used for an equal part of the actions.
    """

    def __init__(self, server: str, times: Tally, person: Person, preferences: list[dict], seed: int) -> None:
        self.person, self._preferences = person, preferences
        self._server, self._caller = server, Caller(times)
        self._random = random.Random(seed)
        self._errors = times.errors
        self.outcome = Outcome()
        #: Listing -> the last action on it, in order of time.
        self._actions: dict[int, str] = {}
        self._scores: dict[int, float] = {}
        #: The last listing's score, and the number of its list.
        self._before: tuple[float, int] | None = None
        self._undone_id: int | None = None

    def swipe(self, count: int) -> Outcome:
        """Act on *count* listings, or until null comes or a request fails."""
        for part, preference in enumerate(self._preferences, start=1):
            self._prefer(preference)
            while self.outcome.actions < count * part // len(self._preferences):
                listing = self._call("feed/next", "GET", "/feed/next")
                if any(self._errors.values()):
                    self._report("a request failed")
                    return self.outcome
                if listing is None:
                    self._check_the_end()
                    break
                self._check_listing(listing)
                self._act_on(listing["id"])
        self._compare_actions()
        return self.outcome

    def _prefer(self, body: dict) -> None:
        self._preference = self._call("preferences", "POST", "/preferences", body)
        self._scores, self._before, self._undone_id = {}, None, None

    # -- Claims

    def _check_listing(self, listing: dict) -> None:
        listing_id = listing["id"]
        if listing_id in self._actions:
            self._report(f"listing {listing_id} came again")
        reason = breaks(self._preference, listing)
        if reason:
            self._report(f"listing {listing_id} breaks the deal: {reason}")
        if listing_id not in self._scores:
            self._read_list()
        score = self._scores.get(listing_id)
        if score is None:
            self.outcome.unranked += 1
            self._before = None
            return
        if self._undone_id is not None:
            # The listing of an undone action comes next, unless a better one has entered the market.
            returned = self._scores.get(self._undone_id)
            if listing_id != self._undone_id and (returned is None or score <= returned):
                self._report(f"listing {self._undone_id} was taken back and does not come: {listing_id} does")
        elif self._before is not None and score > self._before[0]:
            if self._before[1] == self.outcome.lists:
                self._report(f"listing {listing_id} scores {score}, the one before it {self._before[0]}")
            self.outcome.rises += 1
        self._before, self._undone_id = (score, self.outcome.lists), None

    def _read_list(self) -> None:
        path = f"/leads/{self._preference['id']}/property-recommendations?limit={PAGE}"
        page = self._call("list", "GET", path) or {"recommendations": []}
        self._scores |= {int(row["property_id"]): row["match_score"] for row in page["recommendations"]}
        self.outcome.lists += 1

    def _check_the_end(self) -> None:
        """After null, no unseen listing on the market may fit."""
        self.outcome.ran_out = True
        wanted = self._preference
        if wanted["property_type"] == "house":
            return  # the filter includes town houses, which are not offered to a lead for a house
        maximum = Decimal(str(wanted["price_max"])) * Decimal("1.15")
        path = (
            f"/listings?city={wanted['city']}&deal_type={wanted['deal_type']}&property_type={wanted['property_type']}"
        )
        path += f"&price_max={maximum}&limit={PAGE}&page="
        page = 1
        while rows := self._call("listings", "GET", _quoted(f"{path}{page}")):
            for listing in rows:
                if listing["id"] not in self._actions and not breaks(wanted, listing):
                    self._report(f"null came, and listing {listing['id']} was not shown")
            page += 1

    def _compare_actions(self) -> None:
        """Check that inquiries are exactly the likes, and favourites exactly the favorite actions."""
        for kind, path, name in (("like", "/leads/my", "listing_id"), ("favorite", "/favorites", "id")):
            made = {row[name] for row in self._pages(path)}
            expected = {listing for listing, action in self._actions.items() if action == kind}
            if made != expected:
                self._report(f"{path} has {len(made)} listings; {len(expected)} got the action {kind}")

    def _pages(self, path: str) -> list[dict]:
        rows: list[dict] = []
        while len(rows) % PAGE == 0:
            page = self._call(path, "GET", f"{path}?limit={PAGE}&page={len(rows) // PAGE + 1}")
            if not page:
                break
            rows += page
        return rows

    def _report(self, problem: str) -> None:
        self.outcome.broken.append(f"{self.person.name}, action {self.outcome.actions}: {problem}")

    # -- Actions

    def _act_on(self, listing_id: int) -> None:
        action = self._random.choices(list(MIX), list(MIX.values()))[0]
        if action == "undo" and self._actions and self._undone_id is None and self._before is not None:
            self._undo()
            return
        action = "dislike" if action == "undo" else action
        body: dict[str, Any] = {"listing_id": listing_id, "action": action}
        for _ in range(2 if self._random.randrange(REPEATED) == 0 else 1):
            self._call("feed/action", "POST", "/feed/action", body)
        self._actions[listing_id] = action
        self.outcome.actions += 1

    def _undo(self) -> None:
        last, action = self._actions.popitem()
        answer = self._call("feed/undo", "POST", "/feed/undo")
        if answer != {"status": "ok", "listing_id": last, "action": action}:
            self._report(f"{action} of {last} was the last action, undo answers {answer}")
        self.outcome.undone += 1
        self._undone_id = last if last in self._scores else None
        self._before = None

    def _call(self, kind: str, method: str, path: str, body: object = None) -> Any:
        return self._caller.call(kind, self._server, method, path, self.person.token, body)


def breaks(preference: dict[str, Any], listing: dict[str, Any]) -> str | None:
    """
    Return the deal-breaker of a preference and a listing, both as the API returns them, or None.

    >>> wanted = {"user_id": 1, "city": "Москва", "deal_type": "sale", "property_type": "flat", "price_max": 100}
    >>> shown = {"owner_id": 2, "deal_type": "sale", "property_type": "flat", "currency": "RUB", "is_active": True}
    >>> breaks(wanted, shown | {"city": "Moscow", "price": "115.00"})
    >>> breaks(wanted, shown | {"city": "Moscow", "price": "115.01"})
    'price'
    """
    if not listing["is_active"]:
        return "it is off the market"
    wanted_city, city = city_of(preference["city"]), city_of(listing["city"])
    wanted = Wanted(
        preference["user_id"],
        (wanted_city.key, preference["deal_type"]),
        preference["property_type"],
        Decimal(str(preference["price_max"])),
        wanted_city.currency,
    )
    offered = Offered(
        listing["owner_id"],
        (city.key, listing["deal_type"]),
        listing["property_type"],
        Decimal(listing["price"]),
        listing["currency"],
    )
    return deal_breaker(wanted, offered)


def _quoted(path: str) -> str:
    return quote(path, safe="/?&=.")
