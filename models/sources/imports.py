"""The import of a feed into its source: what is new is added, what changed is updated, what is gone leaves the market.

Killed at any point, an import loses nothing and withdraws nothing: offers are stored batch by batch, each in a
transaction, and only at the feed's end is looked for what it lacks. Running it again finishes the work.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, case, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import DealType, Origin, Status
from models.core.errors import ConflictError
from models.market.places import NO_CURRENCY, city_of, own_currency
from models.market.properties import Property
from models.market.town_aliases import TownAlias
from models.sources.columns import CONTENT, columns_of, content_hash
from models.sources.formats.feed import Feed
from models.sources.formats.offer import FeedError, Offer
from models.sources.report import Line, Report
from models.sources.tables import INTERRUPTED, Import, ImportState, Source, lock_name

BATCH = 500  # offers a transaction

#: A feed that lacks more of what it brought before than this share waits for a person.
MOST_MISSING = 1 / 3

#: Told of each committed batch: the ids of the properties that it wrote.
OnCommitted = Callable[[list[int]], None]


@dataclass
class Progress:
    """How far an import is."""

    bytes_read: int = 0
    report: Report | None = None


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
    Take a feed into the source of the import *import_id*, and record what was done there.

    A file that cannot be read to its end changes nothing, and neither does a dry run.

    Args:
        only_city: Refuse offers of other towns.
        on_committed: Asked to have the lists of these properties made right.
    Raises:
        ConflictError: Another import of this source is going.
        FeedError: The file cannot be read; the import is recorded as failed.
    """
    with factory() as session:
        found = session.get_one(Import, import_id)
        source = session.get_one(Source, found.source_id)
        session.expunge_all()
    with _engine_of(factory).connect() as connection, _only_one(connection, source.id):
        work = _Work(connection, source, found.is_dry_run, only_city, on_refused)
        _begin(connection, found)
        report = work.report
        try:
            feed.check()
            work.take(feed, on_progress, on_committed)
            work.note_feed(feed)
            state, held = work.finish(on_committed)
        except FeedError as error:
            connection.rollback()
            report.reason = error.message
            report.columns = error.columns or feed.notes.columns
            _end(connection, found, ImportState.FAILED, report, [])
            raise
        _end(connection, found, state, report, held)
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
    What an import of the feed would do to *source*, which need not be stored; nothing is recorded.

    Raises:
        FeedError: The file cannot be read.
    """
    with _engine_of(factory).connect() as connection:
        work = _Work(connection, source, True, only_city, on_refused)
        try:
            feed.check()
            work.take(feed, on_progress, lambda _: None)
            work.note_feed(feed)
            work.finish(lambda _: None)
        finally:
            with suppress(DBAPIError):
                connection.rollback()
                connection.execute(text("DROP TABLE IF EXISTS pg_temp.seen_offers"))
                connection.commit()
    return work.report


def confirm_withdrawals(session: Session, found: Import) -> list[int]:
    """
    Take off the market what an import held back, as its source's owner says that it is gone; the ids that left it.

    Raises:
        ConflictError: The import does not wait, or a later one has decided.
    """
    session.refresh(found, with_for_update=True)
    if found.state is not ImportState.WAITING:
        raise ConflictError("This import does not wait for a word.")
    gone = _withdraw(session.connection(), found.source_id, Property.id.in_(found.held_ids))
    found.state = ImportState.SUCCEEDED
    found.counts = found.counts | {"withdrawn": found.counts.get("withdrawn", 0) + len(gone), "held": 0}
    found.held_ids = []
    session.flush()
    return gone


class _Work:
    """One import's reading and writing, on one connection."""

    def __init__(
        self,
        connection: Connection,
        source: Source,
        is_dry_run: bool,
        only_city: str | None,
        on_refused: Callable[[Line], None],
    ) -> None:
        self.connection = connection
        self.source = source
        self.on_refused = on_refused
        self.is_dry_run = is_dry_run
        merged = connection.execute(select(TownAlias.town_key, TownAlias.into_key))
        self.aliases: dict[str, str] = {row.town_key: row.into_key for row in merged}
        key = city_of(only_city).key if only_city else None
        self.only_key = self.aliases.get(key, key) if key else None
        self.report = Report()
        self.unread = 0  # rows of which not even the id could be read
        self.active_before = self._count_active()
        # Dies with the connection, so nothing is left of a killed import; and 500,000 ids take no memory of ours.
        connection.execute(text("DROP TABLE IF EXISTS pg_temp.seen_offers"))
        connection.execute(text("CREATE TEMP TABLE seen_offers (external_id text PRIMARY KEY, line bigint NOT NULL)"))
        connection.commit()

    def take(self, feed: Feed, on_progress: Callable[[Progress], None], on_committed: OnCommitted) -> None:
        """Store the feed's offers, a transaction each :data:`BATCH`."""
        progress = Progress(report=self.report)
        self.report.kind, self.report.dialect = feed.kind, feed.dialect

        def note(position: int) -> None:
            progress.bytes_read = position

        def done(storing: Future[list[int]] | None) -> None:
            written = storing.result() if storing else []
            if written:
                on_committed(written)
            if storing:
                on_progress(progress)

        # One thread stores a batch, most of whose time passes in the database, while this one reads the next.
        with ThreadPoolExecutor(1, thread_name_prefix="import") as database:
            storing = None
            for batch in _batched(feed.offers(note)):
                done(storing)
                storing = database.submit(self._commit, batch)
            done(storing)

    def _commit(self, batch: list[Offer]) -> list[int]:
        written = self._store(batch)
        self.connection.commit()
        return written

    def note_feed(self, feed: Feed) -> None:
        """Take what the reader noted of the feed as a whole."""
        self.report.passed_over, self.report.columns = feed.notes.passed_over, feed.notes.columns

    def finish(self, on_committed: OnCommitted) -> tuple[ImportState, list[int]]:
        """Withdraw what is missing, unless something speaks against it: (state, the ids that wait)."""
        report = self.report
        if report.offers and report.refused == report.offers:
            why, count = max(report.refused_for.items(), key=lambda item: item[1])
            raise FeedError(f"none of {report.offers:,} offers could be taken; {why} ({count:,} of them)")
        if not self.source.is_complete:
            return ImportState.SUCCEEDED, []
        missing = self._missing()
        report.reason = self._doubt(len(missing))
        if report.reason:
            report.held = len(missing)
            return ImportState.WAITING, missing
        if missing and not self.is_dry_run:
            # By ids: a listing that came back by another hand meanwhile is not touched.
            missing = _withdraw(self.connection, self.source.id, Property.id.in_(missing))
            self.connection.commit()
            on_committed(missing)
        report.withdrawn += len(missing)
        return ImportState.SUCCEEDED, []

    def _doubt(self, missing: int) -> str:
        """Why what is missing may not be gone; empty if nothing speaks for it."""
        if not missing:
            return ""
        if not self.report.offers:
            return f"the feed is empty; {missing:,} listings stay on the market until somebody says that they are gone"
        if self.unread:
            return f"{self.unread:,} rows could not be read; {missing:,} listings are missing and may be among them"
        if missing > self.active_before * MOST_MISSING:
            return (
                f"{missing:,} of {self.active_before:,} listings are missing from the feed; they stay on the market until"
                " somebody says that they are gone"
            )
        return ""

    def _store(self, batch: list[Offer]) -> list[int]:
        """Store what is new or changed; the ids of the properties that were written."""
        rows = self._readable(batch)
        known = self._known([offer.external_id for offer, _ in rows])
        writes, returned, withdrawn = [], [], []
        for offer, columns in rows:
            here = known.get(offer.external_id)
            report = self.report
            if not offer.on_market:
                report.off_market += 1
                if here is not None and here.status is Status.ACTIVE:
                    withdrawn.append(here.id)
                continue
            digest = content_hash(columns)
            market = (columns["city_key"], cast(DealType, offer.deal_type))
            comes_back = here is not None and here.withdrawn_at is not None
            if here is not None and here.content_hash == digest and not comes_back:
                report.unchanged += 1
                continue
            report.markets.add(market)
            if comes_back:
                report.returned += 1
            elif here is None:
                report.new += 1
            else:
                report.changed += 1
            if here is not None and here.content_hash == digest:
                returned.append(here.id)
            else:
                writes.append(columns | {"external_id": offer.external_id, "content_hash": digest})
        self.report.withdrawn += len(withdrawn)
        if self.is_dry_run:
            return []
        written = self._upsert(writes) if writes else []
        if returned:
            self.connection.execute(
                update(Property).where(Property.id.in_(returned)).values(status=Status.ACTIVE, withdrawn_at=None)
            )
        if withdrawn:
            _withdraw(self.connection, self.source.id, Property.id.in_(withdrawn))
        return written + returned + withdrawn

    def _readable(self, batch: list[Offer]) -> list[tuple[Offer, dict[str, Any]]]:
        """The offers that can be taken, with their columns; each is noted in the report."""
        read = [(offer, columns_of(offer, self.source.city)) for offer in batch]
        for offer, columns in read:
            merged = self.aliases.get(columns["city_key"])
            if merged is not None:
                columns["city_key"] = merged
                if columns["currency"] == NO_CURRENCY:
                    columns["currency"] = own_currency(merged)
            if self.only_key and columns["city_key"] not in ("", self.only_key):
                offer.refuse("city", "it is in another town", columns["city"])
        self._refuse_repeated(batch)
        for offer in batch:
            self.report.note(offer)
            for fault in offer.faults:
                self.on_refused(Line(offer.line, offer.external_id, fault))
            if offer.faults and offer.faults[0].field == "row":
                self.unread += 1
        return [(offer, columns) for offer, columns in read if not offer.faults]

    def _refuse_repeated(self, batch: list[Offer]) -> None:
        """Note the ids of the batch as seen, and refuse offers whose id came before."""
        first: dict[str, Offer] = {}
        for offer in batch:
            if not offer.external_id or any(fault.field == "id" for fault in offer.faults):
                continue
            other = first.setdefault(offer.external_id, offer)
            if other is not offer:
                offer.refuse("id", f"it stands on line {other.line} already", offer.external_id)
        if not first:
            return
        statement = text(
            "INSERT INTO seen_offers SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:lines AS bigint[]))"
            " ON CONFLICT DO NOTHING RETURNING external_id"
        )
        lines = [offer.line for offer in first.values()]
        new = set(self.connection.scalars(statement, {"ids": list(first), "lines": lines}))
        again = [name for name in first if name not in new]
        if again:
            query = text("SELECT external_id, line FROM seen_offers WHERE external_id = ANY(:ids)")
            for name, line in self.connection.execute(query, {"ids": again}):
                first[name].refuse("id", f"it stands on line {line} already", name)

    def _known(self, ids: Sequence[str]) -> dict[str, Any]:
        query = select(
            Property.id, Property.external_id, Property.status, Property.withdrawn_at, Property.content_hash
        ).where(Property.source_id == self.source.id, Property.external_id.in_(ids))
        return {row.external_id: row for row in self.connection.execute(query)} if ids else {}

    def _upsert(self, rows: list[dict[str, Any]]) -> list[int]:
        table = cast(Table, Property.__table__)
        shared = {
            "owner_id": self.source.owner_id,
            "source_id": self.source.id,
            "origin": Origin.IMPORT,
            "status": Status.ACTIVE,
        }
        statement = insert(table)
        excluded, here = statement.excluded, table.c
        statement = statement.on_conflict_do_update(
            index_elements=[here.source_id, here.external_id],
            # The owner and what a person archived stay as they are; what the source withdrew comes back.
            set_={name: excluded[name] for name in (*CONTENT, "content_hash")}
            | {
                "status": case((here.withdrawn_at.is_not(None), Status.ACTIVE), else_=here.status),
                "withdrawn_at": None,
                "updated_at": literal_column("now()"),
            },
        )
        return list(self.connection.scalars(statement.returning(here.id), [shared | row for row in rows]))

    def _count_active(self) -> int:
        query = select(func.count()).where(Property.source_id == self.source.id, Property.status == Status.ACTIVE)
        return self.connection.scalar(query) or 0

    def _missing(self) -> list[int]:
        """Ids of listings on the market that the feed did not name."""
        query = text(
            "SELECT id FROM properties AS p WHERE source_id = :source AND status = 'ACTIVE'"
            " AND NOT EXISTS (SELECT FROM seen_offers AS s WHERE s.external_id = p.external_id) ORDER BY id"
        )
        return list(self.connection.scalars(query, {"source": self.source.id}))


def _engine_of(factory: sessionmaker[Session]) -> Engine:
    with factory() as session:
        bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


def _withdraw(connection: Connection, source_id: int, which: Any) -> list[int]:
    """Take listings of the source off the market until it names them again; the ids that were on it."""
    statement = (
        update(Property)
        .where(Property.source_id == source_id, Property.status == Status.ACTIVE, which)
        .values(status=Status.ARCHIVED, withdrawn_at=func.now(), updated_at=func.now())
        .returning(Property.id)
    )
    return list(connection.scalars(statement))


@contextmanager
def _only_one(connection: Connection, source_id: int) -> Iterator[None]:
    """Hold the source's lock, which ends with the connection: who is killed keeps nobody waiting."""
    name = {"name": lock_name(source_id)}
    if not connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), name):
        raise ConflictError("Another import of this source is going; wait for its end.")
    connection.commit()
    try:
        yield
    finally:
        with suppress(DBAPIError):  # a connection that is lost holds no lock any more
            connection.rollback()
            connection.execute(text("DROP TABLE IF EXISTS pg_temp.seen_offers"))
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name)
            connection.commit()


def _begin(connection: Connection, found: Import) -> None:
    """Mark the import as running, and those of its source that were killed as failed: we have the lock, they do not."""
    others = update(Import).where(
        Import.source_id == found.source_id, Import.state == ImportState.RUNNING, Import.id != found.id
    )
    connection.execute(others.values(state=ImportState.FAILED, finished_at=func.now(), reason=INTERRUPTED))
    mine = update(Import).where(Import.id == found.id)
    connection.execute(mine.values(state=ImportState.RUNNING, started_at=func.now(), reason=None))
    connection.commit()


def _end(connection: Connection, found: Import, state: ImportState, report: Report, held: list[int]) -> None:
    connection.execute(
        update(Import)
        .where(Import.id == found.id)
        .values(
            state=state,
            finished_at=func.now(),
            reason=report.reason or None,
            counts=report.counts(),
            report=report.as_json(),
            held_ids=[] if found.is_dry_run else held,
        )
    )
    if not found.is_dry_run and state is not ImportState.FAILED:
        # What an earlier import held back, this one has decided anew.
        earlier = update(Import).where(
            Import.source_id == found.source_id, Import.id < found.id, Import.state == ImportState.WAITING
        )
        connection.execute(earlier.values(state=ImportState.SUCCEEDED, held_ids=[]))
        connection.execute(update(Source).where(Source.id == found.source_id).values(kind=report.kind))
    connection.commit()


def _batched(offers: Iterator[Offer]) -> Iterator[list[Offer]]:
    while batch := list(islice(offers, BATCH)):
        yield batch
