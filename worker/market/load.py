"""Loading a market from PostgreSQL as the vectors that `matching` scores."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    SelectBase,
    all_,
    and_,
    exists,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.orm import Session

from matching.engine.vectorize import LeadVectors, PropertyVectors, lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, PlaceIndex, PropertyColumns
from matching.facts.stored import stored_lead, stored_property
from models.accounts.users import User
from models.core.enums import MarketKey, Side, Status
from models.deals.exclusions import CITY_KEY, DEAL_TYPE
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
from worker.market.read_watermark import ReadWatermark, missed_rows

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


_TABLES: dict[Side, Any] = {Side.LEAD: Lead, Side.PROPERTY: Property}
_PLAIN_ROWS = {Side.LEAD: PlainRows(LEAD_COLUMNS), Side.PROPERTY: PlainRows(PROPERTY_COLUMNS)}


@dataclass
class Rows:
    """
    One side of a market. ``ids[row]`` and ``versions[row]`` belong to row *row* of *vectors*; ids ascend.

    *failures* are the entities whose vectors could not be computed; they are not in the arrays. *gone* are the ids of
    rows that were written since a read and are not in this market: archived, moved, or with a deactivated owner.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    vectors: Any
    failures: list[Failure]
    gone: list[int] = field(default_factory=list)


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
        places: The places that the leads name are added to it.
        changed_since: Only leads that a read with this watermark has missed, including the ids that are *gone*.
        among: Only leads with these ids.
        skipping: Leads that are not to be loaded.
    """

    def vectors(rows: Sequence[Any]) -> LeadVectors:
        facts = [stored_lead(lead_facts(row, models.factors)) for row in rows]
        columns = LeadColumns.from_facts(facts, places, models.closeness)
        return lead_vectors(columns, models.text_model, models.weights)

    return _rows(session, Side.LEAD, _statement(Side.LEAD, market, changed_since, among, skipping), vectors)


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

    return _rows(session, Side.PROPERTY, _statement(Side.PROPERTY, market, changed_since, among, skipping), vectors)


def ids_and_versions(session: Session, side: Side, market: MarketKey) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids, ascending, and versions of all rows that :func:`load_leads` or :func:`load_properties` reads."""
    sql, fixed = _versions_of_market(side)
    parameters = {**fixed, "city_key": market[0], "deal_type": market[1]}
    rows = session.connection().exec_driver_sql(sql, parameters).all()
    # numpy would look for ten attributes of each Row.
    ids, versions = zip(*rows, strict=True) if rows else ((), ())
    return np.array(ids, np.int64), np.array(versions, np.int64)


class _Statement(NamedTuple):
    sql: str
    parameters: dict[str, Any]
    #: Whether many rows are expected, so that they are streamed.
    is_whole: bool


def _rows(session: Session, side: Side, statement: _Statement, vectors: Callable[[Sequence[Any]], Any]) -> Rows:
    """The query's rows as vectors, converted page by page because Python values take several times the memory."""
    gone: list[int] = []
    pages = []
    with without_garbage_collection():
        for rows in _pages(session, statement, _PLAIN_ROWS[side]):
            gone += [row.id for row in rows if row.version is None]
            pages.append(_page(side, [row for row in rows if row.version is not None] if gone else rows, vectors))
    if len(pages) == 1:
        return replace(pages[0], gone=gone)
    return Rows(
        np.concatenate([page.ids for page in pages]),
        np.concatenate([page.versions for page in pages]),
        type(pages[0].vectors).concat([page.vectors for page in pages]),
        [failure for page in pages for failure in page.failures],
        gone,
    )


def _page(side: Side, rows: Sequence[Any], vectors: Callable[[Sequence[Any]], Any]) -> Rows:
    with stage("vectorise"):
        computed, failing = without_failing_rows(rows, vectors)
    failures = [Failure(side, row.id, row.version, error_location(error)) for row, error in failing]
    failed_ids = {failure.entity_id for failure in failures}
    sound = [row for row in rows if row.id not in failed_ids] if failed_ids else rows
    return Rows(*_ids_and_versions(sound), computed, failures)


def _statement(
    side: Side,
    market: MarketKey,
    changed_since: ReadWatermark | None,
    among: IdRange,
    skipping: Collection[int],
) -> _Statement:
    """
    The columns of the market's active entities, except those that have killed their workers, by id.

    With *changed_since*, rows that were written since and are not in this market are included, with nothing but the id.
    """
    parameters = {"city_key": market[0], "deal_type": market[1]}
    if changed_since is not None:
        sql, fixed = _changes_on_market(side)
        return _Statement(sql, {**fixed, **parameters, **changed_since.parameters}, is_whole=False)
    if not skipping and among == EVERYTHING:
        sql, fixed = _whole_market(side)
        return _Statement(sql, {**fixed, **parameters}, is_whole=True)
    table = _TABLES[side]
    query = _on_market(side).order_by(table.id)
    if skipping:
        query = query.where(table.id != all_(literal(sorted(skipping), ARRAY(BigInteger))))
    if among.start is not None:
        query = query.where(table.id >= among.start)
    if among.stop is not None:
        query = query.where(table.id < among.stop)
    sql, fixed = _compiled(query)
    return _Statement(sql, {**fixed, **parameters}, is_whole=True)


@cache
def _changes_on_market(side: Side) -> tuple[str, dict[str, Any]]:
    """
    Compiled once and planned once: both take longer than executing it, and every change queries both sides.

    It is written so that a generic plan, made without the parameters, uses only the index of changes. IS NOT DISTINCT
    FROM uses no index, so the index of the market is not scanned; and owners are looked up row by row, not by a join.
    """
    table = _TABLES[side]
    missed = missed_rows(table.changed_in)
    is_owner_active = select(User.is_active).where(User.id == table.owner_id).scalar_subquery()
    is_here = and_(
        table.status == Status.ACTIVE,
        table.city_key.is_not_distinct_from(CITY_KEY),
        table.deal_type.is_not_distinct_from(DEAL_TYPE),
        is_owner_active,
    )
    nothing = [null().cast(column.type) for column in _PLAIN_ROWS[side].selected[1:]]
    present = select(*_PLAIN_ROWS[side].selected).where(missed, is_here, ~_crashes_worker(side))
    gone = select(table.id, *nothing).where(missed, ~is_here)
    return _compiled(union_all(present, gone).order_by("id"))


@cache
def _whole_market(side: Side) -> tuple[str, dict[str, Any]]:
    """Compiled once: a run over many small markets spent a quarter of its time on compiling it for each."""
    return _compiled(_on_market(side).order_by(_TABLES[side].id))


@cache
def _versions_of_market(side: Side) -> tuple[str, dict[str, Any]]:
    table = _TABLES[side]
    return _compiled(_on_market(side).with_only_columns(table.id, table.version).order_by(table.id))


def _on_market(side: Side) -> Select[Any]:
    table = _TABLES[side]
    return (
        select(*_PLAIN_ROWS[side].selected)
        .join(User, on_any_market(table))
        .where(table.city_key == CITY_KEY, table.deal_type == DEAL_TYPE, ~_crashes_worker(side))
    )


def _crashes_worker(side: Side) -> ColumnElement[bool]:
    table = _TABLES[side]
    return exists().where(
        UnscorableEntity.side == side,
        UnscorableEntity.entity_id == table.id,
        UnscorableEntity.version == table.version,
        UnscorableEntity.error == KILLED_ITS_WORKER,
    )


def _compiled(query: SelectBase) -> tuple[str, dict[str, Any]]:
    """SQL for the driver, and the parameters that are constants."""
    compiled = query.compile(dialect=psycopg2.dialect())
    return compiled.string, dict(compiled.params)


def _pages(session: Session, statement: _Statement, plain_rows: PlainRows) -> Iterator[Sequence[Any]]:
    """
    The rows with plain values, in at least one page, all from one database snapshot.

    SQLAlchemy's own conversions (of text to enumerations, of arrays item by item) cost more than the query, and the
    engine does not need them.
    """
    connection = session.connection()
    with stage("load"):
        options = {"stream_results": True, "max_row_buffer": PAGE} if statement.is_whole else {"prepared": True}
        result = connection.exec_driver_sql(statement.sql, statement.parameters, execution_options=options)
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
