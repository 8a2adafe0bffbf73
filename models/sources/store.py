"""
Storing a feed's offers in its source, batch by batch, and taking missing listings off the market (see imports.py).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Table, func, select, text, update

from models.core.enums import DealType, Origin, Status
from models.core.errors import Fault
from models.market.places import NO_CURRENCY, city_of, own_currency
from models.market.properties import Property
from models.market.town_aliases import TownAlias
from models.sources import other_sources
from models.sources.columns import CONTENT, columns_of, content_hash
from models.sources.copying import copy_into
from models.sources.formats.feed import Feed
from models.sources.formats.offer import Entry, FeedError, Offer
from models.sources.report import Line, Report
from models.sources.tables import ImportState, Source

BATCH = 500  # offers per transaction

#: If more than this share of the source's listings is missing from a feed, the import waits for a person.
MAX_MISSING = 1 / 3

#: Columns from an offer; the others come from its source.
COPIED = ("external_id", "content_hash", *CONTENT)

#: Columns whose text is read for facts; :func:`models.market.facts.property_text` joins them.
WORDS = ("title", "description", "search_text")

#: Temporary tables of one import. They end with its connection, so a killed import leaves nothing.
_PREPARE = (
    "CREATE TEMP TABLE seen_offers (external_id text PRIMARY KEY, line bigint NOT NULL)",
    f"CREATE TEMP TABLE incoming_offers AS SELECT {', '.join(COPIED)} FROM properties WITH NO DATA",  # noqa: S608
)
CLEAR = (
    "DROP TABLE IF EXISTS pg_temp.seen_offers",
    "DROP TABLE IF EXISTS pg_temp.incoming_offers",
    *other_sources.CLEAR,
)

#: The owner is not changed, and a listing that a person archived stays archived; one that the source withdrew returns.
#: A changed text counts as unread (grammar is null): a worker reads it before it scores the row.
_UPSERT = f"""
    INSERT INTO properties (owner_id, source_id, origin, status, {", ".join(COPIED)})
    SELECT :owner, :source, '{Origin.IMPORT}', '{Status.ACTIVE}', {", ".join(COPIED)} FROM incoming_offers
    ON CONFLICT (source_id, external_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in COPIED)},
        grammar = CASE WHEN {" AND ".join(f"properties.{name} IS NOT DISTINCT FROM excluded.{name}" for name in WORDS)}
            THEN properties.grammar END,
        status = CASE WHEN properties.withdrawn_at IS NULL THEN properties.status ELSE '{Status.ACTIVE}' END,
        withdrawn_at = NULL, updated_at = now()
    RETURNING id
    """  # noqa: S608 - nothing of it comes from outside

#: Called after each committed batch with the ids of the properties that it wrote.
OnCommitted = Callable[[list[int]], None]


@dataclass
class Progress:
    """The progress of an import."""

    bytes_read: int = 0
    report: Report | None = None


class OfferStore:
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
        self.unread = 0  # rows whose id could not be read
        self.active_before = self._count_active()
        # The ids that were seen are in the database, so half a million need no memory here.
        for statement in (*CLEAR, *_PREPARE):
            connection.execute(text(statement))
        self.other_sources = other_sources.ListingsElsewhere(connection, source)
        connection.commit()

    def take(self, feed: Feed, on_progress: Callable[[Progress], None], on_committed: OnCommitted) -> None:
        """Store the feed's offers, with a transaction for each :data:`BATCH`."""
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

        # Another thread stores a batch, mostly waiting for the database, while this one reads the next.
        with ThreadPoolExecutor(1, thread_name_prefix="import") as database:
            storing = None
            for batch in _batched(feed.entries(note)):
                done(storing)
                storing = database.submit(self._commit, batch)
            done(storing)

    def _commit(self, batch: list[Any]) -> list[int]:
        written = self._store(batch)
        self.connection.commit()
        return written

    def copy_feed_notes(self, feed: Feed) -> None:
        """Copy the reader's notes about the feed as a whole."""
        self.report.ignored_fields, self.report.columns = feed.notes.ignored_fields, feed.notes.columns
        # Cells may contain names and phones, so they are shown only while columns are mapped and are deleted
        # afterwards.
        self.report.samples = feed.notes.samples if self.is_dry_run else {}

    def finish(self, on_committed: OnCommitted) -> tuple[ImportState, list[int]]:
        """Withdraw missing listings unless there is a reason for doubt; returns (state, the ids that wait)."""
        report = self.report
        self._refuse_if_none_was_accepted()
        if not self.source.is_complete:
            return ImportState.SUCCEEDED, []
        missing = self._missing()
        report.reason = self._doubt(len(missing))
        if report.reason:
            report.held = len(missing)
            return ImportState.WAITING, missing
        if missing and not self.is_dry_run:
            # Selected by ids, so that a listing restored by somebody else meanwhile is not changed.
            missing = withdraw(self.connection, self.source.id, Property.id.in_(missing))
            self.connection.commit()
            on_committed(missing)
        report.withdrawn += len(missing)
        return ImportState.SUCCEEDED, []

    def _refuse_if_none_was_accepted(self) -> None:
        report = self.report
        already_offered = report.refused_for.get(f"id: {other_sources.ALREADY_THERE}", 0)
        if report.offers and report.refused == report.offers and already_offered < report.offers:
            refusal, count = max(report.refused_for.items(), key=lambda item: item[1])
            first = report.examples[refusal]
            reason = first.reason if isinstance(first.reason, Fault) else Fault(first.reason)
            raise FeedError(
                Fault("feed.none_taken", offers=report.offers, field=first.field, reason=reason, count=count)
            )

    def _doubt(self, missing: int) -> Fault | None:
        """The reason why missing listings may not be gone; None if there is none."""
        if not missing:
            return None
        if not self.report.offers:
            return Fault("import.feed_is_empty", missing=missing)
        if self.unread:
            return Fault("import.missing_and_unread", unread=self.unread, missing=missing)
        if missing > self.active_before * MAX_MISSING:
            return Fault("import.many_missing", missing=missing, all=self.active_before)
        return None

    def _store(self, batch: list[Any]) -> list[int]:
        """Store new and changed offers; returns the ids of the written properties."""
        rows = self._readable(batch)
        known = self._known([offer.external_id for offer, _ in rows])
        writes, returned, withdrawn = [], [], []
        for offer, columns in rows:
            stored = known.get(offer.external_id)
            report = self.report
            if not offer.on_market:
                report.off_market += 1
                if stored is not None and stored.status is Status.ACTIVE:
                    withdrawn.append(stored.id)
                continue
            digest = content_hash(columns)
            market = (columns["city_key"], cast(DealType, offer.deal_type))
            comes_back = stored is not None and stored.withdrawn_at is not None
            if stored is not None and stored.content_hash == digest and not comes_back:
                report.unchanged += 1
                continue
            report.markets.add(market)
            if comes_back:
                report.returned += 1
            elif stored is None:
                report.new += 1
            else:
                report.changed += 1
            if stored is not None and stored.content_hash == digest:
                returned.append(stored.id)
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
            withdraw(self.connection, self.source.id, Property.id.in_(withdrawn))
        return written + returned + withdrawn

    def _readable(self, batch: list[Offer]) -> list[tuple[Offer, dict[str, Any]]]:
        """The acceptable offers with their columns; each offer is counted in the report."""
        read = [(offer, columns_of(offer, self.source.city)) for offer in batch]
        for offer, columns in read:
            merged = self.aliases.get(columns["city_key"])
            if merged is not None:
                columns["city_key"] = merged
                if columns["currency"] == NO_CURRENCY:
                    columns["currency"] = own_currency(merged)
            if self.only_key and columns["city_key"] not in ("", self.only_key):
                offer.refuse("city", "import.other_town", columns["city"])
        self._refuse_repeated(batch)
        self.other_sources.refuse(read)
        for offer in batch:
            self.report.note(offer)
            for fault in offer.faults:
                self.on_refused(Line(offer.line, offer.external_id, fault))
            if offer.faults and offer.faults[0].field == "row":
                self.unread += 1
        return [(offer, columns) for offer, columns in read if not offer.faults]

    def _refuse_repeated(self, batch: Sequence[Entry]) -> None:
        """Record the batch's ids as seen, and refuse offers whose id occurred before."""
        first: dict[str, Entry] = {}
        for offer in batch:
            if not offer.external_id or any(fault.field == "id" for fault in offer.faults):
                continue
            other = first.setdefault(offer.external_id, offer)
            if other is not offer:
                offer.refuse("id", Fault("import.repeated", line=other.line), offer.external_id)
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
                first[name].refuse("id", Fault("import.repeated", line=line), name)

    def _known(self, ids: Sequence[str]) -> dict[str, Any]:
        query = select(
            Property.id, Property.external_id, Property.status, Property.withdrawn_at, Property.content_hash
        ).where(Property.source_id == self.source.id, Property.external_id.in_(ids))
        return {row.external_id: row for row in self.connection.execute(query)} if ids else {}

    def _upsert(self, rows: list[dict[str, Any]]) -> list[int]:
        copy_into(self.connection, "incoming_offers", cast(Table, Property.__table__), COPIED, rows)
        values = {"owner": self.source.owner_id, "source": self.source.id}
        ids = list(self.connection.scalars(text(_UPSERT), values))
        self.connection.execute(text("TRUNCATE incoming_offers"))
        return ids

    def _count_active(self) -> int:
        query = select(func.count()).where(Property.source_id == self.source.id, Property.status == Status.ACTIVE)
        return self.connection.scalar(query) or 0

    def _missing(self) -> list[int]:
        """Ids of listings on the market that the feed did not contain."""
        query = text(
            "SELECT id FROM properties AS p WHERE source_id = :source AND status = 'ACTIVE'"
            " AND NOT EXISTS (SELECT FROM seen_offers AS s WHERE s.external_id = p.external_id) ORDER BY id"
        )
        return list(self.connection.scalars(query, {"source": self.source.id}))


def withdraw(connection: Connection, source_id: int, condition: Any) -> list[int]:
    """
    Take listings of the source off the market until it contains them again; returns the ids that were on the market.
    """
    statement = (
        update(Property)
        .where(Property.source_id == source_id, Property.status == Status.ACTIVE, condition)
        .values(status=Status.ARCHIVED, withdrawn_at=func.now(), updated_at=func.now())
        .returning(Property.id)
    )
    return list(connection.scalars(statement))


def _batched(offers: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(offers, BATCH)):
        yield batch
