"""Loading a market from PostgreSQL as the vectors that `matching` scores."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, Select, all_, exists, literal, or_, select
from sqlalchemy.orm import Session

from matching.engine.vectorize import LeadVectors, PropertyVectors, lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, PlaceIndex, PropertyColumns
from matching.facts.stored import stored_lead, stored_property
from models.accounts.users import User
from models.core.enums import MarketKey, Side, Status
from models.market.facts import lead_facts, property_facts
from models.market.leads import Lead
from models.market.properties import Property, on_any_market
from models.market.unscorable import KILLED_ITS_WORKER, Failure, UnscorableEntity
from models.rescoring.tiles import EVERYTHING, IdRange
from worker.celery_app.error_location import error_location
from worker.celery_app.stages import stage
from worker.market.failing_rows import without_failing_rows
from worker.market.garbage import without_garbage_collection
from worker.market.generations import ScoringModels
from worker.market.plain_rows import PlainRows
from worker.market.read_watermark import ReadWatermark

#: Rows turned into vectors at a time.
PAGE = 5_000

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
    Lead.place_scope,
    Lead.radius_km,
    Lead.latitude,
    Lead.longitude,
    Lead.payment_method,
    Lead.wishes,
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
    Property.floor,
    Property.total_floors,
    Property.attributes,
    Property.stations,
    Property.latitude,
    Property.longitude,
    Property.facts,
    Property.read_facts,
)


_LEADS, _PROPERTIES = PlainRows(LEAD_COLUMNS), PlainRows(PROPERTY_COLUMNS)


@dataclass
class Rows:
    """
    One side of a market. ``ids[row]`` and ``versions[row]`` belong to row *row* of *vectors*; ids rise.

    *failures* are the entities whose vectors could not be computed; the arrays do not hold them.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    vectors: Any
    failures: list[Failure]


def load_leads(
    session: Session,
    market: MarketKey,
    places: PlaceIndex,
    models: ScoringModels,
    changed_since: ReadWatermark | None = None,
    among: IdRange = EVERYTHING,
    skipping: Collection[int] = (),
) -> Rows:
    """
    The active leads of the market.

    Args:
        places: Grows with the places that the leads name.
        changed_since: Only leads that a read with this watermark has missed.
        among: Only leads with these ids.
        skipping: Leads that are not to be loaded.
    """

    def vectors(rows: Sequence[Any]) -> LeadVectors:
        facts = [stored_lead(lead_facts(row, models.factors)) for row in rows]
        columns = LeadColumns.from_facts(facts, places, models.closeness)
        return lead_vectors(columns, models.text_model, models.weights)

    query = _on_market(Side.LEAD, Lead, _LEADS, market, changed_since, among, skipping)
    return _rows(session, Side.LEAD, query, _LEADS, vectors, changed_since)


def load_properties(
    session: Session,
    market: MarketKey,
    places: PlaceIndex,
    models: ScoringModels,
    changed_since: ReadWatermark | None = None,
    among: IdRange = EVERYTHING,
    skipping: Collection[int] = (),
) -> Rows:
    """The active properties of the market; the arguments are those of :func:`load_leads`."""

    def vectors(rows: Sequence[Any]) -> PropertyVectors:
        facts = [stored_property(property_facts(row, models.factors)) for row in rows]
        return property_vectors(PropertyColumns.from_facts(facts, places, models.closeness), models.text_model)

    query = _on_market(Side.PROPERTY, Property, _PROPERTIES, market, changed_since, among, skipping)
    return _rows(session, Side.PROPERTY, query, _PROPERTIES, vectors, changed_since)


def _rows(
    session: Session,
    side: Side,
    query: Select[Any],
    plain_rows: PlainRows,
    vectors: Callable[[Sequence[Any]], Any],
    changed_since: ReadWatermark | None,
) -> Rows:
    """The query's rows as vectors, page by page: Python values take several times the memory of vectors."""
    with without_garbage_collection():
        pages = [_page(side, rows, vectors) for rows in _pages(session, query, plain_rows, whole=changed_since is None)]
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
        computed, failing = without_failing_rows(rows, vectors)
    failures = [Failure(side, row.id, row.version, error_location(error)) for row, error in failing]
    failed_ids = {failure.entity_id for failure in failures}
    sound = [row for row in rows if row.id not in failed_ids] if failed_ids else rows
    return Rows(*_ids_and_versions(sound), computed, failures)


def gone_since(
    session: Session, table: type[Lead] | type[Property], market: MarketKey, changed_since: ReadWatermark
) -> list[int]:
    """Ids of rows written since that are no longer on this market: archived, moved, or their owner deactivated."""
    off = or_(table.status != Status.ACTIVE, ~User.is_active, table.city_key != market[0], table.deal_type != market[1])
    query = select(table.id).join(User, User.id == table.owner_id).where(changed_since.missed(table.changed_in), off)
    return list(session.scalars(query))


def _on_market(
    side: Side,
    table: Any,
    plain_rows: PlainRows,
    market: MarketKey,
    changed_since: ReadWatermark | None,
    among: IdRange,
    skipping: Collection[int],
) -> Select[Any]:
    """The columns of the market's active entities, except those that have killed their workers, by id."""
    killer = exists().where(
        UnscorableEntity.side == side,
        UnscorableEntity.entity_id == table.id,
        UnscorableEntity.version == table.version,
        UnscorableEntity.error == KILLED_ITS_WORKER,
    )
    query = (
        select(*plain_rows.selected)
        .join(User, on_any_market(table))
        .where(table.city_key == market[0], table.deal_type == market[1], ~killer)
        .order_by(table.id)
    )
    if skipping:
        query = query.where(table.id != all_(literal(sorted(skipping), ARRAY(BigInteger))))
    if among.start is not None:
        query = query.where(table.id >= among.start)
    if among.stop is not None:
        query = query.where(table.id < among.stop)
    return query if changed_since is None else query.where(changed_since.missed(table.changed_in))


def _pages(session: Session, query: Select[Any], plain_rows: PlainRows, whole: bool) -> Iterator[Sequence[Any]]:
    """
    The query's rows with plain values, in at least one page, all from one database snapshot.

    SQLAlchemy's own conversions (of text to enumerations, of arrays item by item) cost more than the query, and the
    engine does not need them.

    Args:
        whole: Many rows are expected, so they are streamed.
    """
    connection = session.connection()
    compiled = query.compile(connection)
    with stage("load"):
        options = {"stream_results": True, "max_row_buffer": PAGE} if whole else {}
        result = connection.exec_driver_sql(compiled.string, compiled.params, execution_options=options)
        rows = plain_rows.of(result.fetchmany(PAGE))
    yield rows
    while len(rows) == PAGE:
        del rows
        with stage("load"):
            rows = plain_rows.of(result.fetchmany(PAGE))
        if rows:
            yield rows
    result.close()


def _ids_and_versions(rows: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([row.id for row in rows], np.int64), np.array([row.version for row in rows], np.int64)
