"""A market out of PostgreSQL, as the columns that `matching` takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, or_, select, text
from sqlalchemy.orm import Session

from matching.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from models.enums import DealType, Status
from models.leads import Lead
from models.places import currency_of_city
from models.properties import Property
from models.rates import factors_to
from models.users import User

#: (canonical city, deal type)
MarketKey = tuple[str, DealType]

LEAD_COLUMNS = (
    Lead.id,
    Lead.version,
    Lead.owner_id,
    Lead.budget_min,
    Lead.budget_max,
    Lead.currency,
    Lead.area_min,
    Lead.area_max,
    Lead.rooms,
    Lead.property_type,
    Lead.property_class,
    Lead.condition,
    Lead.year_min,
    Lead.districts,
    Lead.metro_stations,
    Lead.additional_requirements,
)
PROPERTY_COLUMNS = (
    Property.id,
    Property.version,
    Property.owner_id,
    Property.price,
    Property.currency,
    Property.area,
    Property.rooms,
    Property.property_type,
    Property.property_class,
    Property.condition,
    Property.district,
    Property.metro_station,
    Property.year_built,
    Property.title,
    Property.description,
    Property.search_text,
)


@dataclass
class Rows:
    """One side of a market. ``ids[row]`` and ``versions[row]`` belong to row *row* of *columns*; ids rise."""

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    columns: Any


def load_leads(session: Session, market: MarketKey, places: PlaceIndex, changed_since: int | None = None) -> Rows:
    """The market's leads that are on the market (only those written in or after transaction *changed_since*)."""
    factors = _factors(session, market)
    rows = session.execute(_on_market(Lead, LEAD_COLUMNS, market, changed_since)).all()
    facts = [_lead_facts(row, factors) for row in rows]
    return Rows(*_ids(rows), LeadColumns.from_facts(facts, places))


def load_properties(session: Session, market: MarketKey, places: PlaceIndex, changed_since: int | None = None) -> Rows:
    """The market's properties that are on the market (only those written in or after *changed_since*)."""
    factors = _factors(session, market)
    rows = session.execute(_on_market(Property, PROPERTY_COLUMNS, market, changed_since)).all()
    facts = [_property_facts(row, factors) for row in rows]
    return Rows(*_ids(rows), PropertyColumns.from_facts(facts, places))


def gone_since(
    session: Session, table: type[Lead] | type[Property], market: MarketKey, changed_since: int
) -> list[int]:
    """Ids of rows written since that are not on this market now: archived, moved away, or their owner put out."""
    off = or_(table.status != Status.ACTIVE, ~User.is_active, table.city_key != market[0], table.deal_type != market[1])
    query = select(table.id).join(User, User.id == table.owner_id).where(table.changed_in >= changed_since, off)
    return list(session.scalars(query))


def horizon(session: Session) -> int:
    """A transaction number: what was written by any smaller one is visible to the session's next query."""
    return session.scalar(text("SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"))


def property_text(title: str | None, description: str | None, search_text: str) -> str:
    """What the engine reads of a property."""
    return " ".join(filter(None, (title, description, search_text)))


def _on_market(table: Any, columns: Sequence[Any], market: MarketKey, changed_since: int | None) -> Select:
    query = (
        select(*columns)
        .join(User, User.id == table.owner_id)
        .where(
            and_(
                table.city_key == market[0], table.deal_type == market[1], table.status == Status.ACTIVE, User.is_active
            )
        )
        .order_by(table.id)
    )
    return query if changed_since is None else query.where(table.changed_in >= changed_since)


def _factors(session: Session, market: MarketKey) -> dict[str, Decimal]:
    return factors_to(session, currency_of_city(market[0]), datetime.now(UTC).date())


def _ids(rows: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([row.id for row in rows], np.int64), np.array([row.version for row in rows], np.int64)


def _lead_facts(row: Any, factors: dict[str, Decimal]) -> LeadFacts:
    factor = factors.get(row.currency)
    return LeadFacts(
        owner=row.owner_id,
        price_min=_money(row.budget_min, factor),
        price_max=_money(row.budget_max, factor),
        area_min=_number(row.area_min),
        area_max=_number(row.area_max),
        rooms=row.rooms,
        property_type=row.property_type,
        property_class=row.property_class,
        condition=row.condition,
        year_min=row.year_min,
        districts=row.districts,
        metros=row.metro_stations,
        text=row.additional_requirements or "",
    )


def _property_facts(row: Any, factors: dict[str, Decimal]) -> PropertyFacts:
    return PropertyFacts(
        owner=row.owner_id,
        price=_money(row.price, factors.get(row.currency)),
        area=_number(row.area),
        rooms=row.rooms,
        property_type=row.property_type,
        property_class=row.property_class,
        condition=row.condition,
        district=row.district,
        metro=row.metro_station,
        year=row.year_built,
        text=property_text(row.title, row.description, row.search_text),
    )


def _money(amount: Decimal | None, factor: Decimal | None) -> float | None:
    """The amount in the market's currency; None where it is unstated or has no rate: no rate, no comparison."""
    return None if amount is None or factor is None else float(amount * factor)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
