"""Generate a plausible market from nothing but a seed, to try Leadmatch, and for tests and measurements."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from sqlalchemy import Table, exists, func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

import models.all_tables  # noqa: F401 - sessions need every table
from models.accounts.demo_logins import DEMO_LOGINS
from models.core.enums import DealType, Origin, Role
from models.core.errors import DomainError
from models.market.leads import Lead
from models.market.places import city_of
from models.market.properties import Property
from models.platform.storage import Storage
from scripts.batches import batched
from scripts.demo.actions import demo_actions
from scripts.demo.cities import CITIES, DemoCity
from scripts.demo.leads import lead_rows, supply_of
from scripts.demo.people import LOGIN_EMAIL, LOGIN_PASSWORD, demo_users
from scripts.demo.properties import RENT_SHARE, property_rows
from scripts.demo.showcase import add_showcase

DEFAULT_SEED = 20260101
#: With this size the first full rescoring takes seconds.
DEFAULT_LEADS = 3_000
DEFAULT_PROPERTIES = 3_000

PAGE = 1_000  # rows per INSERT


class DemoError(DomainError):
    """The demo cannot be created in this environment or for this city."""


@dataclass(frozen=True)
class DemoSummary:
    """How many rows a demo added."""

    users: int
    properties: int
    leads: int
    #: Whether :data:`LOGIN_EMAIL` and its password sign in here.
    has_login: bool


def is_empty(session: Session) -> bool:
    """Return whether the database contains neither leads nor properties."""
    return not any(session.scalar(select(exists().where(table.id > 0))) for table in (Lead, Property))


def fill_if_empty(session_factory: sessionmaker[Session], console: Console, storage: Storage | None = None) -> bool:
    """
    Fill an empty database with the demo market, never in production. Returns whether a demo was created.

    Args:
        storage: The storage for pictures of some homes; None: no pictures are drawn.
    """
    with session_factory() as session:
        if not is_empty(session):
            return False
        if environment() == "production":
            console.print("The database is empty; no demo is made in production.", highlight=False)
            return False
        summary = make_demo(session, console)
        if summary.has_login:
            demo_actions(session)
            add_showcase(session, storage)
        session.commit()  # all of it at once: the next start would not complete a part
        print_summary(summary, console)
    return True


def make_demo(
    session: Session,
    console: Console,
    *,
    leads: int | None = None,
    properties: int | None = None,
    users: int | None = None,
    city: str | None = None,
    seed: int = DEFAULT_SEED,
    own: int = 0,
) -> DemoSummary:
    """
    Add a demo to the database, in the caller's transaction.

    The same seed on the same database gives the same rows; a second call adds more rows.

    Args:
        leads: Number of leads to add. None: as many as *properties*, or the default.
        properties: Number of properties to add. None: as many as leads, but none if the city already has some.
        users: Number of owners; None: one for 60 rows, at least 20.
        city: The only city of the demo; None spreads it over all demo cities. Leads can be made for any city that
            has properties.
    Raises:
        DemoError: In production, or for a city that the demo does not know and that has no properties.
    """
    if environment() == "production":
        raise DemoError("a demo must not be made in production: its leads would be offered to real realtors")
    known = [demo_city for demo_city in CITIES if city is None or city_of(demo_city.name) == city_of(city)]
    has_supply = city is not None and _has_properties(session, city)
    if not known and not has_supply:
        names = ", ".join(demo_city.name for demo_city in CITIES)
        raise DemoError(f"the demo knows {names}; for {city}, import its listings first, then make leads for them")
    lead_count, property_count = _counts(leads, properties, can_make_properties=bool(known), has_supply=has_supply)
    if property_count and not known:
        raise DemoError(f"the demo can make leads for {city}, not properties: it does not know the city")
    has_login = environment() == "local"
    people = demo_users(session, users or max(20, (lead_count + property_count) // 60), seed, with_login=has_login)
    realtors = [user_id for user_id, role in people if role is Role.REALTOR]
    earlier_rows = sum(
        session.scalar(select(func.count()).where(table.origin == Origin.DEMO)) or 0 for table in (Lead, Property)
    )
    rng = Random(f"demo {seed} {earlier_rows}")
    with _progress(console) as progress:
        bar = progress.add_task("Properties", total=property_count, visible=bool(property_count))
        for demo_city, count in zip(known, _shares(known, property_count), strict=True):
            rows = property_rows(rng, demo_city, count, [user for user, _ in people])
            _insert(session, Property, rows, _advance(progress, bar))
        bar = progress.add_task("Leads", total=lead_count, visible=bool(lead_count))
        if known:
            shares = _shares(known, lead_count)
            leads_by_city = [(demo_city.name, count) for demo_city, count in zip(known, shares, strict=True)]
        else:
            leads_by_city = [(city or "", lead_count)]
        leads_made = sum(
            _add_leads(session, rng, name, count, realtors, _advance(progress, bar)) for name, count in leads_by_city
        )
    _hand_over(session, people[0][0], own)
    return DemoSummary(users=len(people), properties=property_count, leads=leads_made, has_login=has_login)


def print_summary(summary: DemoSummary, console: Console) -> None:
    """Print how many rows were added and, if a login works, who can sign in."""
    console.print(
        f"Demo: {summary.properties:,} properties and {summary.leads:,} leads of {summary.users:,} realtors and firms.",
        highlight=False,
    )
    if summary.has_login:
        console.print(f"  Sign in as [bold]{LOGIN_EMAIL}[/], password [bold]{LOGIN_PASSWORD}[/].", highlight=False)
        others = ", ".join(f"{email} ({role})" for email, role in DEMO_LOGINS[1:])
        console.print(f"  With the same password: {others}.", highlight=False)


def environment() -> str:
    """Return the value of ENVIRONMENT, or "local" without one."""
    return os.environ.get("ENVIRONMENT") or "local"


def _counts(
    leads: int | None, properties: int | None, *, can_make_properties: bool, has_supply: bool
) -> tuple[int, int]:
    """Return how many (leads, properties) to add, with the defaults of :func:`make_demo` filled in."""
    if leads is None and properties is None:
        return DEFAULT_LEADS, DEFAULT_PROPERTIES if can_make_properties else 0
    if leads is None:
        return 0, properties or 0
    if properties is None:
        return leads, 0 if has_supply or not can_make_properties else leads
    return leads, properties


def _has_properties(session: Session, city: str) -> bool:
    return bool(session.scalar(select(exists().where(Property.city_key == city_of(city).key))))


def _shares(cities: list[DemoCity], count: int) -> list[int]:
    """Divide *count* among the cities by their shares; the remainder of rounding goes to the first."""
    total_share = sum(city.share for city in cities)
    parts = [int(count * city.share / total_share) for city in cities]
    return [parts[0] + count - sum(parts), *parts[1:]] if parts else []


def _add_leads(
    session: Session, rng: Random, city: str, count: int, owners: list[int], advance: Callable[[int], None]
) -> int:
    city_key = city_of(city).key
    supplies = {deal_type: supply_of(session, city, city_key, deal_type) for deal_type in DealType}
    rented = round(count * RENT_SHARE) if supplies[DealType.RENT].listings else 0
    if not supplies[DealType.SALE].listings:
        rented = count if rented else 0
    made = 0
    for deal_type, part in ((DealType.SALE, count - rented), (DealType.RENT, rented)):
        made += _insert(session, Lead, lead_rows(rng, supplies[deal_type], part, owners), advance)
    return made


def _insert(
    session: Session, table: type[Lead] | type[Property], rows: Iterable[dict[str, Any]], advance: Callable[[int], None]
) -> int:
    """Insert *rows* in pages and return their number."""
    count = 0
    for page in batched(rows, PAGE):
        session.execute(insert(cast(Table, table.__table__)), page)
        advance(len(page))
        count += len(page)
    return count


def _hand_over(session: Session, owner_id: int, count: int) -> None:
    """Give *owner_id* the demo's oldest rows of others until they have *count* leads and *count* properties."""
    for table in (Lead, Property):
        has = session.scalar(select(func.count()).where(table.owner_id == owner_id)) or 0
        others = select(table.id).where(table.origin == Origin.DEMO, table.owner_id != owner_id)
        chosen = others.order_by(table.id).limit(max(0, count - has))
        session.execute(update(table).where(table.id.in_(chosen)).values(owner_id=owner_id))


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )


def _advance(progress: Progress, bar: TaskID) -> Callable[[int], None]:
    return lambda count: progress.advance(bar, count)
