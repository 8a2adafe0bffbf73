"""
Check the documented behaviour with real listings on the running system of this home (LEADMATCH_HOME), over HTTP.

1. imports the file, as `leadmatch import-listings` does, generates leads for its city, as `leadmatch demo` does, and
   waits for a full run;
2. leads: posts new leads, one after another, and requests each one's recommendations until they exist; then checks
   every pair of every stored list for deal-breakers, in plain Python, and the rules of `leadmatch check`;
3. feed: tenants with different preferences go through the feed. No listing comes twice, breaks the deal or is the
   tenant's own, scores do not rise within a list, the listing of an undone action comes next, null comes only at the
   end, and inquiries and favourites match the actions. Prints durations of requests, and the SQL that they run.

Exit code 1 if a promise is broken. Loopback only; it signs its own tokens with the system's key and leaves its rows
behind, as `make load` does. Run it on a quiet machine: client and system share it.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import Role
from models.market.places import City, city_of
from models.platform.settings import Settings
from scripts.benchmarks.load.caller import Caller, Tally
from scripts.benchmarks.load.own import own_system
from scripts.benchmarks.load.report import percentile
from scripts.benchmarks.real_listings import market
from scripts.benchmarks.real_listings.deals import examine_lists
from scripts.benchmarks.real_listings.first_lists import bodies, wait_for_first_lists
from scripts.benchmarks.real_listings.market import Person
from scripts.benchmarks.real_listings.statements import Watched
from scripts.benchmarks.real_listings.swiping import Tenant
from scripts.benchmarks.soak import broken_rules
from scripts.one_line import errors_in_one_line

#: Limit of the median time from a new lead to its recommendations.
FIRST_LIST_SECONDS = 1.0
#: Listings for rent to add, as files may have none: fewer than a tenant's actions, so that the feed ends with null.
RENTALS = 120
#: A month's rent as a share of the price.
RENT = 0.004


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "file", type=Path, nargs="?", help="listings, as for import-listings; without it, those there"
    )
    arguments.add_argument("--city", required=True, help="where the listings are")
    arguments.add_argument("--leads", type=int, default=5000, help="made leads that the city has at least (5000)")
    arguments.add_argument("--posts", type=int, default=100, help="new leads that are posted (100)")
    arguments.add_argument("--swipes", type=int, default=300, help="actions of each tenant (300)")
    arguments.add_argument("--only", choices=("leads", "feed"), help="one part")
    given = arguments.parse_args()
    settings, factory = own_system("leadmatch-real-listings")
    town = city_of(given.city)
    if given.file:
        print(market.ensure_listings(factory, given.file, given.city), flush=True)
    with factory() as session:
        market.demand_lists_by_score(session, town)
        print(f"{market.ensure_leads(session, given.city, town, given.leads):,} leads made", flush=True)
    began = time.perf_counter()
    run_id = market.ensure_lists(factory, settings)
    print(f"Full run {run_id}: {time.perf_counter() - began:.1f} s", flush=True)
    broken: list[str] = []
    if given.only != "feed":
        broken += check_leads(settings, factory, town, given.posts)
    if given.only != "leads":
        broken += check_feed(settings, factory, town, given.city, given.swipes)
    print("\n" + ("\n".join(f"BROKEN {problem}" for problem in broken) or "Every promise is kept."))
    sys.exit(1 if broken else 0)


# -- Leads


def check_leads(settings: Settings, factory: sessionmaker[Session], town: City, count: int) -> list[str]:
    """Check new leads' lists and all lists; returns the broken promises."""
    times, person = Tally(), Person(factory, settings, Role.REALTOR, "realtor")
    with factory() as session:
        wanted = bodies(session, town, count)
    waits = sorted(wait_for_first_lists(f"127.0.0.1:{settings.port}", person, wanted, times))
    print(f"\nNew leads, one after another\n{times.table()}", flush=True)
    if len(waits) < count or any(times.errors.values()):
        return [f"{len(waits)} of {count} leads could be posted; {sum(times.errors.values())} requests failed"]
    p50, p95 = percentile(waits, 0.5), percentile(waits, 0.95)
    figures = f"p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, the longest {waits[-1] * 1000:.0f} ms"
    print(f"From the answer to POST /leads until its list can be read: {figures}", flush=True)
    broken = [] if p50 <= FIRST_LIST_SECONDS else [f"a new lead waits for its list: {figures}"]
    return broken + check_lists(factory)


def check_lists(factory: sessionmaker[Session]) -> list[str]:
    """Check stored lists and all rules once no list is stale; returns the broken promises."""
    broken = broken_rules(factory)
    print(f"leadmatch check: {len(broken) or 'no'} rules broken", flush=True)
    with factory() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        result = examine_lists(session)
    print(f"{result.pairs:,} pairs in {result.lists:,} lists: {result.broken} have a deal-breaker", flush=True)
    return broken + result.examples


# -- Feed


def check_feed(settings: Settings, factory: sessionmaker[Session], town: City, city: str, swipes: int) -> list[str]:
    """Check the feeds of several tenants; returns the broken promises."""
    server, times = f"127.0.0.1:{settings.port}", Tally()
    with factory() as session:
        low, usual, high = (market.price_at(session, town, share) for share in (0.1, 0.5, 0.9))

    def wish(deal_type: str, price_min: float, price_max: float, property_type: str = "flat") -> dict:
        ends = {"price_min": round(price_min), "price_max": round(price_max)}
        return {"city": city, "deal_type": deal_type, "property_type": property_type, **ends}

    seller = Person(factory, settings, Role.REALTOR, "agent who looks for a flat too")
    landlord = Person(factory, settings, Role.LANDLORD, "landlord")
    listings = [(seller, wish("sale", 0, usual * (1 + n / 100))) for n in range(20)]
    listings += [(landlord, wish("rent", 0, usual * RENT * (1 + n / RENTALS))) for n in range(RENTALS)]
    people = {
        "usual flat": [wish("sale", usual * 0.8, usual)],
        "expensive flat": [wish("sale", high, high * 1.5)],
        "cheap flat, then a costlier one": [wish("sale", low * 0.9, low), wish("sale", usual, usual * 1.2)],
        "flat for rent": [wish("rent", 0, usual * RENT * 1.5)],
        "house": [wish("sale", low, high, "house")],
    }
    tenants = [
        Tenant(server, times, Person(factory, settings, Role.TENANT, name), wanted, seed)
        for seed, (name, wanted) in enumerate(people.items())
    ]
    tenants.append(Tenant(server, times, seller, [wish("sale", usual, usual * 1.2)], len(people)))
    with listings_on_market(server, listings):
        broken = broken_rules(factory)  # once no rule is broken, the lists contain the new listings
        print(f"\n{'feed of':32}{'actions':>8}{'undone':>8}{'lists':>7}{'rises':>7}{'unranked':>9}  ended")
        for tenant in tenants:
            outcome = tenant.swipe(swipes)
            broken += outcome.broken
            counts = f"{outcome.actions:>8}{outcome.undone:>8}{outcome.lists:>7}{outcome.rises:>7}{outcome.unranked:>9}"
            name = tenant.person.name
            print(f"{name:32}{counts}  {'by null' if outcome.ran_out else ''}", flush=True)
        print(f"\n{times.table()}\nthe longest: feed/next {max(times.seconds['feed/next']) * 1000:.0f} ms", flush=True)
        show_statements(settings, factory, wish("sale", usual * 0.8, usual))
    return broken


@contextmanager
def listings_on_market(server: str, listings: list[tuple[Person, dict[str, Any]]]) -> Iterator[None]:
    """Post the owners' listings, which fit these preferences, and delete them at the end."""
    caller = Caller(Tally())
    ids: list[tuple[Person, int]] = []
    try:
        for owner, wish in listings:
            body = {name: wish[name] for name in ("city", "deal_type", "property_type")}
            body |= {"title": "Measured", "price": wish["price_max"]}
            ids.append((owner, caller.call("post listing", server, "POST", "/listings", owner.token, body)["id"]))
        yield
    finally:
        for owner, listing_id in ids:
            caller.call("delete listing", server, "DELETE", f"/listings/{listing_id}", owner.token)


def show_statements(settings: Settings, factory: sessionmaker[Session], wish: dict) -> None:
    """Print the SQL of a request for the next listing, of each action, and of undoing one."""
    watched = Watched(settings, Person(factory, settings, Role.TENANT, "tenant whose SQL is read"))
    watched.ask("POST", "/preferences", wish)
    watched.ask("GET", "/feed/next")  # waits for the list
    for action in (None, "like", "dislike", "favorite"):
        listing, seen = watched.ask("GET", "/feed/next")
        name = "GET /feed/next"
        if action:
            body = {"listing_id": listing["id"], "action": action}
            name, (_, seen) = f"POST /feed/action, {action}", watched.ask("POST", "/feed/action", body)
        _print_statements(name, seen)
    _print_statements("POST /feed/undo", watched.ask("POST", "/feed/undo")[1])


def _print_statements(name: str, seen: list[str]) -> None:
    print(f"\n{name}: {len(seen)} statements" + "".join(f"\n\n{statement}" for statement in seen))


if __name__ == "__main__":
    with errors_in_one_line():
        main()
