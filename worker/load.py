"""A market out of PostgreSQL, as the vectors that `matching` scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, and_, or_, select, text
from sqlalchemy.orm import Session

from matching.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from matching.text import TextModel
from matching.vectorize import LeadVectors, PropertyVectors, lead_vectors, property_vectors
from models.enums import DealType, Side, Status
from models.facts import lead_facts, market_factors, property_facts
from models.leads import Lead
from models.properties import Property
from models.unscorable import Failure
from models.users import User
from worker.poison import place_of, without_poison

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
    """
    One side of a market. ``ids[row]`` and ``versions[row]`` belong to row *row* of *vectors*; ids rise.

    *failures* are the entities that could not be made vectors; they are in none of the arrays.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    vectors: Any
    failures: list[Failure]


def load_leads(
    session: Session, market: MarketKey, places: PlaceIndex, text_model: TextModel, changed_since: int | None = None
) -> Rows:
    """The market's leads that are on the market (only those written in or after transaction *changed_since*)."""
    factors = market_factors(session, market[0])

    def vectors(rows: Sequence[Any]) -> LeadVectors:
        facts = [LeadFacts(**lead_facts(row, factors)) for row in rows]
        return lead_vectors(LeadColumns.from_facts(facts, places), text_model, places)

    return _rows(Side.LEAD, _fetch(session, _on_market(Lead, LEAD_COLUMNS, market, changed_since)), vectors)


def load_properties(
    session: Session, market: MarketKey, places: PlaceIndex, text_model: TextModel, changed_since: int | None = None
) -> Rows:
    """The market's properties that are on the market (only those written in or after *changed_since*)."""
    factors = market_factors(session, market[0])

    def vectors(rows: Sequence[Any]) -> PropertyVectors:
        facts = [PropertyFacts(**property_facts(row, factors)) for row in rows]
        return property_vectors(PropertyColumns.from_facts(facts, places), text_model, places)

    query = _on_market(Property, PROPERTY_COLUMNS, market, changed_since)
    return _rows(Side.PROPERTY, _fetch(session, query), vectors)


def _rows(side: Side, rows: Sequence[Any], vectors: Callable[[Sequence[Any]], Any]) -> Rows:
    made, poisoned = without_poison(rows, vectors)
    failures = [Failure(side, row.id, row.version, place_of(error)) for row, error in poisoned]
    bad = {failure.entity_id for failure in failures}
    return Rows(*_ids([row for row in rows if row.id not in bad] if bad else rows), made, failures)


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


def _fetch(session: Session, query: Select) -> Sequence[Any]:
    """
    The query's rows as the driver gives them.

    SQLAlchemy's own conversions (of words to enumerations, of arrays item by item) cost more than the query, and the
    engine has no use for them.
    """
    connection = session.connection()
    compiled = query.compile(connection)
    return connection.exec_driver_sql(compiled.string, compiled.params).all()


def _ids(rows: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([row.id for row in rows], np.int64), np.array([row.version for row in rows], np.int64)
