"""A market out of PostgreSQL, as the vectors that `matching` scores."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from matching.engine.criteria import Weights
from matching.engine.text import TextModel
from matching.engine.vectorize import LeadVectors, PropertyVectors, lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from models.accounts.users import User
from models.core.enums import DealType, Side, Status
from models.market.facts import lead_facts, market_factors, property_facts
from models.market.leads import Lead
from models.market.properties import Property, on_market
from models.market.unscorable import Failure
from models.rescoring.tiles import EVERYTHING, IdRange
from worker.celery_app.stages import stage
from worker.market.failing_rows import place_of, without_poison
from worker.market.read_watermark import Horizon

#: (canonical city, deal type)
MarketKey = tuple[str, DealType]

#: Rows made vectors at a time.
PAGE = 10_000

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
    session: Session,
    market: MarketKey,
    places: PlaceIndex,
    text_model: TextModel,
    weights: Weights,
    changed_since: Horizon | None = None,
    among: IdRange = EVERYTHING,
) -> Rows:
    """The market's leads that are on the market (only those that a look to the horizon *changed_since* has missed)."""
    factors = market_factors(session, market[0])

    def vectors(rows: Sequence[Any]) -> LeadVectors:
        facts = [LeadFacts(**lead_facts(row, factors)) for row in rows]
        return lead_vectors(LeadColumns.from_facts(facts, places), text_model, weights)

    query = _on_market(Lead, LEAD_COLUMNS, market, changed_since, among)
    return _rows(session, Side.LEAD, query, vectors, changed_since)


def load_properties(
    session: Session,
    market: MarketKey,
    places: PlaceIndex,
    text_model: TextModel,
    changed_since: Horizon | None = None,
    among: IdRange = EVERYTHING,
) -> Rows:
    """The market's properties that are on the market (only those missed since)."""
    factors = market_factors(session, market[0])

    def vectors(rows: Sequence[Any]) -> PropertyVectors:
        facts = [PropertyFacts(**property_facts(row, factors)) for row in rows]
        return property_vectors(PropertyColumns.from_facts(facts, places), text_model)

    query = _on_market(Property, PROPERTY_COLUMNS, market, changed_since, among)
    return _rows(session, Side.PROPERTY, query, vectors, changed_since)


def _rows(
    session: Session,
    side: Side,
    query: Select,
    vectors: Callable[[Sequence[Any]], Any],
    changed_since: Horizon | None,
) -> Rows:
    """The query's rows as vectors, page by page: as Python values they take several times the memory."""
    pages = [_page(side, rows, vectors) for rows in _pages(session, query, whole=changed_since is None)]
    if len(pages) == 1:
        return pages[0]
    return Rows(
        np.concatenate([page.ids for page in pages]),
        np.concatenate([page.versions for page in pages]),
        type(pages[0].vectors).concat([page.vectors for page in pages]),
        [failure for page in pages for failure in page.failures],
    )


def _page(side: Side, rows: Sequence[Any], vectors: Callable[[Sequence[Any]], Any]) -> Rows:
    with stage("vectorise"):
        made, poisoned = without_poison(rows, vectors)
    failures = [Failure(side, row.id, row.version, place_of(error)) for row, error in poisoned]
    bad = {failure.entity_id for failure in failures}
    return Rows(*_ids([row for row in rows if row.id not in bad] if bad else rows), made, failures)


def gone_since(
    session: Session, table: type[Lead] | type[Property], market: MarketKey, changed_since: Horizon
) -> list[int]:
    """Ids of rows written since that are not on this market now: archived, moved away, or their owner put out."""
    off = or_(table.status != Status.ACTIVE, ~User.is_active, table.city_key != market[0], table.deal_type != market[1])
    query = select(table.id).join(User, User.id == table.owner_id).where(changed_since.missed(table.changed_in), off)
    return list(session.scalars(query))


def _on_market(
    table: Any, columns: Sequence[Any], market: MarketKey, changed_since: Horizon | None, among: IdRange
) -> Select:
    query = (
        select(*columns)
        .join(User, on_market(table))
        .where(table.city_key == market[0], table.deal_type == market[1])
        .order_by(table.id)
    )
    if among.start is not None:
        query = query.where(table.id >= among.start)
    if among.stop is not None:
        query = query.where(table.id < among.stop)
    return query if changed_since is None else query.where(changed_since.missed(table.changed_in))


def _pages(session: Session, query: Select, whole: bool) -> Iterator[Sequence[Any]]:
    """
    The query's rows as the driver gives them, in at least one page, all of one moment; *whole*: many are expected.

    SQLAlchemy's own conversions (of words to enumerations, of arrays item by item) cost more than the query, and the
    engine has no use for them.
    """
    connection = session.connection()
    compiled = query.compile(connection)
    with stage("load"):
        options = {"stream_results": True, "max_row_buffer": PAGE} if whole else {}
        result = connection.exec_driver_sql(compiled.string, compiled.params, execution_options=options)
        rows = result.fetchmany(PAGE)
    yield rows
    while len(rows) == PAGE:
        with stage("load"):
            rows = result.fetchmany(PAGE)
        if rows:
            yield rows
    result.close()


def _ids(rows: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([row.id for row in rows], np.int64), np.array([row.version for row in rows], np.int64)
