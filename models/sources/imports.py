"""
The import of a feed into its source: new listings are added, changed ones updated, missing ones taken off the market.

An import that is killed at any point loses nothing and withdraws nothing: offers are stored batch by batch, each in a
transaction, and missing listings are determined only at the feed's end. Running it again completes the work.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, func, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from models.core.errors import ConflictError
from models.market.properties import Property
from models.sources.formats.feed import Feed
from models.sources.formats.offer import FeedError
from models.sources.import_events import record_end_of
from models.sources.lead_store import LeadStore
from models.sources.refusals import Refusals
from models.sources.report import Line, Report
from models.sources.store import CLEAR, OfferStore, OnCommitted, Progress, withdraw
from models.sources.tables import INTERRUPTED, Import, ImportState, Source, SourceContent, lock_name, reason_values

__all__ = ["Progress", "confirm_withdrawals", "import_feed", "preview_feed"]


def import_feed(
    factory: sessionmaker[Session],
    import_id: int,
    feed: Feed,
    *,
    only_city: str | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_refused: Callable[[Line], None] = lambda _: None,
    on_committed: OnCommitted = lambda _: None,
) -> Report:
    """
    Import a feed into the source of the import *import_id*, and record the outcome there.

    A file that cannot be read to its end changes nothing, and neither does a dry run.

    Args:
        only_city: Refuse offers of other towns.
        on_committed: Called to request an update of the lists of these properties.
    Raises:
        ConflictError: Another import of this source is running.
        FeedError: The file cannot be read; the import is recorded as failed.
    """
    with factory() as session:
        import_ = session.get_one(Import, import_id)
        source = session.get_one(Source, import_.source_id)
        session.expunge_all()
    refusals = Refusals(factory, import_id)

    def refused(line: Line) -> None:
        refusals(line)
        on_refused(line)

    with _engine_of(factory).connect() as connection, _only_one(connection, source.id):
        store = _store_of(source)(connection, source, import_.is_dry_run, only_city, refused)
        _begin(connection, import_)
        refusals.begin()
        report = store.report
        try:
            feed.check()
            store.take(feed, on_progress, on_committed)
            store.copy_feed_notes(feed)
            state, held = store.finish(on_committed)
        except FeedError as error:
            connection.rollback()
            report.reason = error.fault
            report.columns, report.samples = error.columns or feed.notes.columns, error.samples or feed.notes.samples
            _end(connection, import_, ImportState.FAILED, report, [])
            raise
        finally:
            refusals.flush()
        _end(connection, import_, state, report, held)
    return report


def preview_feed(
    factory: sessionmaker[Session],
    source: Source,
    feed: Feed,
    *,
    only_city: str | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_refused: Callable[[Line], None] = lambda _: None,
) -> Report:
    """
    The report of what an import of the feed would do to *source*, which need not be stored; nothing is recorded.

    Raises:
        FeedError: The file cannot be read.
    """
    with _engine_of(factory).connect() as connection:
        store = _store_of(source)(connection, source, True, only_city, on_refused)
        try:
            feed.check()
            store.take(feed, on_progress, lambda _: None)
            store.copy_feed_notes(feed)
            store.finish(lambda _: None)
        finally:
            with suppress(DBAPIError):
                connection.rollback()
                for statement in CLEAR:
                    connection.execute(text(statement))
                connection.commit()
    return store.report


def confirm_withdrawals(session: Session, import_: Import) -> list[int]:
    """
    Take the listings that an import held back off the market after their owner has confirmed it; returns their ids.

    Raises:
        ConflictError: The import is not waiting, or a later one has already decided.
    """
    session.refresh(import_, with_for_update=True)
    if import_.state is not ImportState.WAITING:
        raise ConflictError("import.not_waiting")
    withdrawn = withdraw(session.connection(), import_.source_id, Property.id.in_(import_.held_ids))
    import_.state = ImportState.SUCCEEDED
    import_.counts = import_.counts | {"withdrawn": import_.counts.get("withdrawn", 0) + len(withdrawn), "held": 0}
    import_.held_ids = []
    session.flush()
    record_end_of(session, [import_.id])
    return withdrawn


def _store_of(source: Source) -> type[OfferStore]:
    return LeadStore if source.content is SourceContent.LEADS else OfferStore


def _engine_of(factory: sessionmaker[Session]) -> Engine:
    with factory() as session:
        bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


@contextmanager
def _only_one(connection: Connection, source_id: int) -> Iterator[None]:
    """Hold the source's lock, which ends with the connection, so that a killed process blocks nobody."""
    name = {"name": lock_name(source_id)}
    if not connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), name):
        raise ConflictError("import.other_going")
    connection.commit()
    try:
        yield
    finally:
        with suppress(DBAPIError):  # a lost connection no longer holds the lock
            connection.rollback()
            for statement in CLEAR:
                connection.execute(text(statement))
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name)
            connection.commit()


def _begin(connection: Connection, import_: Import) -> None:
    """Mark the import as running, and killed imports of its source as failed: this one has the lock, so they do not."""
    others = update(Import).where(
        Import.source_id == import_.source_id, Import.state == ImportState.RUNNING, Import.id != import_.id
    )
    ended = others.values(state=ImportState.FAILED, finished_at=func.now(), **reason_values(INTERRUPTED))
    _record_ends(connection, connection.scalars(ended.returning(Import.id)).all())
    statement = update(Import).where(Import.id == import_.id)
    connection.execute(statement.values(state=ImportState.RUNNING, started_at=func.now(), **reason_values(None)))
    connection.commit()


def _end(connection: Connection, import_: Import, state: ImportState, report: Report, held: list[int]) -> None:
    connection.execute(
        update(Import)
        .where(Import.id == import_.id)
        .values(
            state=state,
            finished_at=func.now(),
            **reason_values(report.reason),
            progress=None,
            counts=report.counts(),
            report=report.as_json(),
            held_ids=[] if import_.is_dry_run else held,
        )
    )
    if not import_.is_dry_run and state is not ImportState.FAILED:
        # This import has decided about withdrawals that an earlier one held back.
        earlier = update(Import).where(
            Import.source_id == import_.source_id, Import.id < import_.id, Import.state == ImportState.WAITING
        )
        connection.execute(earlier.values(state=ImportState.SUCCEEDED, held_ids=[]))
        connection.execute(update(Source).where(Source.id == import_.source_id).values(kind=report.kind))
    _record_ends(connection, [import_.id])
    connection.commit()


def _record_ends(connection: Connection, import_ids: Collection[int]) -> None:
    with Session(connection, join_transaction_mode="rollback_only") as session:
        record_end_of(session, import_ids)
