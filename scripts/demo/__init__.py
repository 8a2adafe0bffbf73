"""A believable market made of nothing but a seed: for trying Leadmatch, and for tests and measurements."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.demo_logins import DEMO_LOGINS
from models.core.enums import DealType, Origin, Role
from models.core.errors import DomainError
from models.market.leads import Lead
from models.market.places import city_of
from models.market.properties import Property
from scripts.batches import batched
from scripts.demo.actions import demo_deeds
from scripts.demo.cities import CITIES, DemoCity
from scripts.demo.leads import lead_rows, supply_of
from scripts.demo.people import LOGIN_EMAIL, LOGIN_PASSWORD, demo_users
from scripts.demo.properties import RENT_SHARE, property_rows

DEFAULT_SEED = 20260101
#: A market whose first full rescoring takes seconds.
DEFAULT_LEADS = 3_000
DEFAULT_PROPERTIES = 3_000

PAGE = 1_000  # rows an INSERT


class DemoError(DomainError):
    """A demo cannot be made here."""


@dataclass(frozen=True)
class Made:
    """What a demo has added."""

    users: int
    properties: int
    leads: int
    #: Whether :data:`LOGIN_EMAIL` and its password sign in here.
    has_login: bool


def is_empty(session: Session) -> bool:
    """Whether there is neither a lead nor a property."""
    return not any(session.scalar(select(exists().where(table.id > 0))) for table in (Lead, Property))


def fill_if_empty(session_factory: sessionmaker[Session], console: Console) -> bool:
    """Fill an empty database with the demo market; whether it was empty. Never in production."""
    with session_factory() as session:
        if not is_empty(session):
            return False
        if environment() == "production":
            console.print("The database is empty; no demo is made in production.", highlight=False)
            return False
        made = make_demo(session, console)
        if made.has_login:
            demo_deeds(session)
        tell(made, console)
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
) -> Made:
    """
    Add a demo to the database and commit.

    The same seed on the same database gives the same rows; on a database that holds a demo already it adds more.

    Args:
        leads, properties: How many. Where only leads are given and the city has properties already, none are added.
        users: How many own them; None: one for 60 rows.
        city: None: spread over all demo cities. Leads can be made for any city that has properties.
    Raises:
        DemoError: In production, or for a city that is unknown here and has no properties.
    """
    if environment() == "production":
        raise DemoError("a demo does not belong in production: its leads would be offered to real realtors")
    known = [each for each in CITIES if city is None or city_of(each.name) == city_of(city)]
    has_supply = city is not None and _has_properties(session, city)
    if not known and not has_supply:
        names = ", ".join(each.name for each in CITIES)
        raise DemoError(f"the demo knows {names}; for {city}, import its listings first, then make leads for them")
    if leads is None and properties is None:
        leads, properties = DEFAULT_LEADS, (DEFAULT_PROPERTIES if known else 0)
    elif properties is None:
        properties = 0 if has_supply or not known else leads
    elif leads is None:
        leads = 0
    if properties and not known:
        raise DemoError(f"the demo can make leads for {city}, not properties: it does not know the city")
    has_login = environment() == "local"
    people = demo_users(session, users or max(20, (leads + properties) // 60), seed, with_login=has_login)
    realtors = [user_id for user_id, role in people if role is Role.REALTOR]
    round_ = sum(session.scalar(select(func.count()).where(table.origin == Origin.DEMO)) for table in (Lead, Property))
    rng = Random(f"demo {seed} {round_}")
    with _progress(console) as progress:
        bar = progress.add_task("Properties", total=properties, visible=bool(properties))
        for place, part in zip(known, _shares(known, properties), strict=True):
            _insert(
                session,
                Property,
                property_rows(rng, place, part, [user for user, _ in people]),
                _advance(progress, bar),
            )
        bar = progress.add_task("Leads", total=leads, visible=bool(leads))
        made = 0
        names = [place.name for place in known] or [city]
        for name, part in zip(names, _shares(known, leads) if known else [leads], strict=True):
            made += _add_leads(session, rng, name, part, realtors, _advance(progress, bar))
    session.commit()
    return Made(users=len(people), properties=properties, leads=made, has_login=has_login)


def tell(made: Made, console: Console) -> None:
    """Say what was made, and who can sign in."""
    console.print(
        f"Demo: {made.properties:,} properties and {made.leads:,} leads of {made.users:,} realtors and firms.",
        highlight=False,
    )
    if made.has_login:
        console.print(f"  Sign in as [bold]{LOGIN_EMAIL}[/], password [bold]{LOGIN_PASSWORD}[/].", highlight=False)
        others = ", ".join(f"{email} ({role})" for email, role in DEMO_LOGINS[1:])
        console.print(f"  With the same password: {others}.", highlight=False)


def environment() -> str:
    return os.environ.get("ENVIRONMENT") or "local"


def _has_properties(session: Session, city: str) -> bool:
    return bool(session.scalar(select(exists().where(Property.city_key == city_of(city).key))))


def _shares(cities: list[DemoCity], count: int) -> list[int]:
    """*count* divided among the cities; what rounding leaves goes to the first."""
    whole = sum(city.share for city in cities)
    parts = [int(count * city.share / whole) for city in cities]
    return [parts[0] + count - sum(parts), *parts[1:]] if parts else []


def _add_leads(
    session: Session, rng: Random, city: str, count: int, owners: list[int], advance: Callable[[int], None]
) -> int:
    city_key = city_of(city).key
    supplies = {deal_type: supply_of(session, city, city_key, deal_type) for deal_type in DealType}
    rented = round(count * RENT_SHARE) if supplies[DealType.RENT].homes else 0
    if not supplies[DealType.SALE].homes:
        rented = count if rented else 0
    made = 0
    for deal_type, part in ((DealType.SALE, count - rented), (DealType.RENT, rented)):
        made += _insert(session, Lead, lead_rows(rng, supplies[deal_type], part, owners), advance)
    return made


def _insert(
    session: Session, table: type[Lead] | type[Property], rows: Iterable[dict[str, Any]], advance: Callable[[int], None]
) -> int:
    """Insert *rows* in pages; how many."""
    count = 0
    for page in batched(rows, PAGE):
        session.execute(insert(table.__table__), page)
        advance(len(page))
        count += len(page)
    return count


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )


def _advance(progress: Progress, bar: Any) -> Callable[[int], None]:
    return lambda count: progress.advance(bar, count)
