"""The market in which promises are checked: listings from a file, leads generated for them, lists of all."""

import sys
from pathlib import Path

from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.tokens import make_token
from models.accounts.users import User, create_user
from models.core.enums import DealType, ListOrder, Origin, Role, Status
from models.market.leads import Lead
from models.market.places import City
from models.market.properties import Property
from models.platform.settings import Settings
from models.ranking.recommendations import Market
from models.sources.formats.feed import open_feed
from scripts.benchmarks.load.market import finish, start_run
from scripts.demo import make_demo
from scripts.importing import LISTINGS, ImportOptions, import_file


def ensure_listings(factory: sessionmaker[Session], file: Path, city: str) -> str:
    """Import the file, as `leadmatch import-listings` does, and describe the result. A second call changes nothing."""
    options = ImportOptions(str(file), source=LISTINGS, city=city, is_complete=False, only_city=True)
    done = import_file(factory, options, open_feed(file), None)
    counts = f"{done.new:,} listings are new, {done.changed:,} changed, {done.unchanged:,} unchanged"
    return f"{counts}, {done.refused:,} rows refused"


def ensure_leads(session: Session, city: str, town: City, count: int) -> int:
    """Add generated leads up to *count* in the city, and return how many were added."""
    query = select(func.count()).where(
        Lead.city_key == town.key, Lead.origin == Origin.DEMO, Lead.status == Status.ACTIVE
    )
    missing = count - session.scalars(query).one()
    if missing > 0:
        make_demo(session, Console(quiet=True), leads=missing, city=city)
        session.commit()
    return max(0, missing)


def ensure_lists(factory: sessionmaker[Session], settings: Settings) -> int:
    """Request a full run, wait for its end and return its id."""
    run_id = start_run(factory, settings)
    finish(factory, run_id)
    return run_id


def demand_lists_by_score(session: Session, town: City) -> None:
    """Exit if lists are shown in another order, in which scores may rise and fall."""
    market = select(Market).where(
        Market.city_key == town.key,
        (Market.list_order != ListOrder.SCORE) | (Market.exploration_slots > 0),
    )
    if session.scalars(market).first() is not None:
        sys.exit(
            "leadmatch: lists of this city are not read plainly by score: leadmatch markets order score, explore 0"
        )


def price_at(session: Session, town: City, share: float) -> int:
    """Return the price that *share* of the city's properties for sale do not exceed; 0 without properties."""
    price = session.scalar(
        select(func.percentile_cont(share).within_group(Property.price)).where(
            Property.city_key == town.key,
            Property.deal_type == DealType.SALE,
            Property.status == Status.ACTIVE,
        )
    )
    return round(price or 0)


class Person:
    """A new user, signed in with a token of the system's own key."""

    def __init__(self, factory: sessionmaker[Session], settings: Settings, role: Role, name: str) -> None:
        with factory.begin() as session:
            user = create_user(session, role=role, name=f"Measured {name}", telegram_id=None, phone=None)
            session.flush()
            self.name = name
            self.token = make_token(session.get_one(User, user.id), settings.secret_key, 24)
