"""A market in a worker's memory: ids, vectors and entry thresholds of both sides, refreshed with later writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.engine.ranking import RankedLists
from matching.engine.topk import Market
from matching.facts.columns import PlaceIndex
from models.core.enums import MarketKey, Side
from models.deals.exclusions import acted_pairs
from models.market.unscorable import Failure, quarantine, quarantined_ids, release
from models.ranking.generations import Generation
from models.ranking.recommendations import LIST_LENGTH
from models.rescoring.tiles import EVERYTHING, IdRange
from worker.market.change_set import ChangeSet
from worker.market.generations import ScoringModels
from worker.market.load import Rows, ids_and_versions, load_leads, load_properties
from worker.market.read_watermark import ReadWatermark, read_watermark
from worker.market.stored_lists import NO_LIST, EntryThresholds, StoredLists, entry_thresholds

#: Up to this many rows are removed one by one, which is faster than copying all other rows.
MAX_ROWS_REMOVED_SINGLY = 8


@dataclass
class Part:
    """
    One side of the market. Row *i* of *vectors* is the entity ``ids[i]`` in version ``versions[i]``; ids ascend.

    ``entry_thresholds[i]`` is the score that an entry needs to enter the stored list of row *i* (-1: the list has
    room), and ``listed_versions[i]`` the entity's version that the list was computed from (0: no list in this market).
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    vectors: Any
    entry_thresholds: NDArray[np.float32]
    listed_versions: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows) -> "Part":
        n = len(rows.ids)
        return cls(rows.ids, rows.versions, rows.vectors, np.full(n, NO_LIST), np.zeros(n, np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """The rows of those of *ids* that the part contains, ascending."""
        rows = row_of(self.ids, np.array(sorted(ids), np.int64))
        return rows[rows >= 0]

    def has(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the part contains each of *ids*."""
        return row_of(self.ids, ids) >= 0

    def take(self, rows: NDArray[np.int64]) -> "Part":
        return Part(
            self.ids[rows],
            self.versions[rows],
            self.vectors.take(rows),
            self.entry_thresholds[rows],
            self.listed_versions[rows],
        )

    def without(self, ids: Iterable[int]) -> "Part":
        """The part without *ids*; this object must not be used any more."""
        gone = self.rows_of(ids)
        if len(gone) > MAX_ROWS_REMOVED_SINGLY:
            return self.take(np.setdiff1d(np.arange(len(self)), gone))
        part = self
        for row in gone[::-1].tolist():
            part = Part(
                np.delete(part.ids, row),
                np.delete(part.versions, row),
                part.vectors.shortened(row),
                np.delete(part.entry_thresholds, row),
                np.delete(part.listed_versions, row),
            )
        return part

    def with_rows(self, rows: Rows) -> "Part":
        """
        The part with *rows* added; they replace former rows with the same ids. This object must not be used any more.
        """
        if not len(rows.ids):
            return self
        known = row_of(self.ids, rows.ids)
        replacing, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
        if len(replacing):
            self.versions[known[replacing]] = rows.versions[replacing]
            self.vectors = self.vectors.overwritten(known[replacing], rows.vectors.take(replacing))
        if not len(new):
            return self
        added = Part.of(rows).take(new)
        ids = np.concatenate([self.ids, added.ids])
        joined = Part(
            ids,
            np.concatenate([self.versions, added.versions]),
            type(self.vectors).concat([self.vectors, added.vectors]),
            np.concatenate([self.entry_thresholds, added.entry_thresholds]),
            np.concatenate([self.listed_versions, added.listed_versions]),
        )
        # New ids are mostly the largest: then the ids are sorted already.
        return joined if (np.diff(ids) > 0).all() else joined.take(np.argsort(ids, kind="stable"))

    def adopt_thresholds(self, written: EntryThresholds) -> None:
        """Adopt the entry thresholds of written lists."""
        rows = row_of(self.ids, written.ids)
        known = rows >= 0
        self.entry_thresholds[rows[known]] = written.scores[known]
        self.listed_versions[rows[known]] = written.versions[known]


@dataclass
class Snapshot:
    """The data of one market in a worker's memory, computed with the models of one generation."""

    market: MarketKey
    models: ScoringModels
    #: Which writes to the database the snapshot contains, and which it may have missed.
    seen: ReadWatermark
    leads: Part
    properties: Part
    places: PlaceIndex = field(default_factory=PlaceIndex)
    #: Entities of the market that the snapshot does not contain, because the engine failed on them.
    failures: list[Failure] = field(default_factory=list)
    #: Ids of the lists that the last refresh found newly written, by this process or another.
    lists_written: dict[Side, NDArray[np.int64]] = field(default_factory=dict)
    #: Whether entities of the market were skipped, so that the snapshot can be used for one change only.
    is_partial: bool = False

    @classmethod
    def load(
        cls, session: Session, market: MarketKey, models: ScoringModels, skipping: ChangeSet | None = None
    ) -> "Snapshot":
        """
        The present state of the market; entities that the engine can now handle are released from quarantine.

        Args:
            skipping: Entities that are not to be loaded.
        """
        snapshot = cls.load_rows(session, market, models, skipping=skipping)
        snapshot.release_quarantined(session)
        snapshot._adopt_thresholds(session)
        return snapshot

    @classmethod
    def load_rows(
        cls,
        session: Session,
        market: MarketKey,
        models: ScoringModels,
        leads_among: IdRange = EVERYTHING,
        properties_among: IdRange = EVERYTHING,
        skipping: ChangeSet | None = None,
    ) -> "Snapshot":
        """The rows of the market with these ids, without the thresholds of their stored lists."""
        places = PlaceIndex()
        seen = read_watermark(session)
        skipped = skipping or ChangeSet()
        leads = load_leads(session, market, places, models, among=leads_among, skipping=skipped.leads)
        properties = load_properties(
            session, market, places, models, among=properties_among, skipping=skipped.properties
        )
        failures = leads.failures + properties.failures
        quarantine(session, failures)
        return cls(
            market=market,
            models=models,
            seen=seen,
            leads=Part.of(leads),
            properties=Part.of(properties),
            places=places,
            failures=failures,
            is_partial=len(skipped) > 0,
        )

    @property
    def generation(self) -> Generation:
        """The generation with which the vectors, and all scores computed from them, are computed."""
        return self.models.generation

    def part(self, side: Side) -> Part:
        return self.leads if side is Side.LEAD else self.properties

    def release_quarantined(self, session: Session) -> None:
        """Release from quarantine, in the caller's transaction, the entities that the snapshot contains."""
        for side, quarantined in quarantined_ids(session).items():
            part = self.part(side)
            if len(rows := part.rows_of(quarantined)):
                release(session, side, part.ids[rows].tolist())

    def has_vectors_of(self, models: ScoringModels) -> bool:
        """
        Whether *models* would give all rows the vectors that they have.

        Exchange rates do not matter if all amounts are in the market's own currency before and after.
        """
        if replace(self.generation, rates=models.generation.rates) != models.generation:
            return False
        if self.generation == models.generation:
            return True
        before, after = (
            {name for name, factor in each.factors.items() if factor == 1} for each in (self.models, models)
        )
        return before == after and not any(self.part(side).vectors.currency.any() for side in Side)

    def equals_market(self, session: Session) -> bool:
        """Whether the snapshot has exactly the entities of the market, in their present versions."""
        for side in Side:
            part, (ids, versions) = self.part(side), ids_and_versions(session, side, self.market)
            if not (np.array_equal(part.ids, ids) and np.array_equal(part.versions, versions)):
                return False
        return True

    def refresh(self, session: Session) -> ChangeSet:
        """Adopt later writes; returns the entities that may have been changed, added or removed."""
        since, self.seen = self.seen, read_watermark(session)
        leads = load_leads(session, self.market, self.places, self.models, since)
        properties = load_properties(session, self.market, self.places, self.models, since)
        came = {
            side: rows.ids[~self.part(side).has(rows.ids)] for side, rows in zip(Side, (leads, properties), strict=True)
        }
        self.leads = self.leads.without(leads.gone).with_rows(leads)
        self.properties = self.properties.without(properties.gone).with_rows(properties)
        failures = leads.failures + properties.failures
        self.leave_out(session, failures)
        self._exclude_again()
        self._adopt_thresholds(session, since, came)
        read = ChangeSet.both([*leads.gone, *leads.ids.tolist()], [*properties.gone, *properties.ids.tolist()])
        return read | ChangeSet.of_failures(failures)

    def leave_out(self, session: Session, failures: list[Failure]) -> None:
        """Quarantine, in the caller's transaction, the entities that the engine failed on, and drop their rows."""
        if not failures:
            return
        quarantine(session, failures)
        self.failures += failures
        self.drop(ChangeSet.of_failures(failures))

    def drop(self, entities: ChangeSet) -> None:
        """Drop the rows of these entities."""
        self.leads = self.leads.without(entities.leads)
        self.properties = self.properties.without(entities.properties)

    def _exclude_again(self) -> None:
        """Drop again the rows that a refresh has read in the same version that the engine failed on."""
        for side in Side:
            versions = {failure.entity_id: failure.version for failure in self.failures if failure.side is side}
            part = self.part(side)
            rows = part.rows_of(versions)
            present = zip(part.ids[rows].tolist(), part.versions[rows].tolist(), strict=True)
            failed = [entity_id for entity_id, version in present if versions[entity_id] == version]
            if side is Side.LEAD:
                self.leads = part.without(failed)
            else:
                self.properties = part.without(failed)

    def excluded(self, session: Session, side: Side, **among: list[int]) -> NDArray[np.int64]:
        """
        (n, 2) rows (lead, property) of the pairs that the lists of *side* leave out.

        Args:
            among: Only pairs of these ``lead_ids`` or ``property_ids``.
        """
        pairs = np.array(acted_pairs(session, side, self.market, **among), np.int64).reshape(-1, 2)
        rows = [row_of(part.ids, pairs[:, column]) for column, part in enumerate((self.leads, self.properties))]
        both = np.stack(rows, axis=1)
        return both[(both >= 0).all(axis=1)]

    def named(self, side: Side, lists: RankedLists, rows: NDArray[np.int64] | None = None) -> StoredLists:
        """
        *lists* of these *rows* of *side* (None: of all), whose columns are rows of the other side, with ids for both.
        """
        part, other = self.part(side), self.part(side.other)
        by_id = RankedLists(lists.indptr, other.ids[lists.columns], lists.scores)
        if rows is None:
            return StoredLists(part.ids, part.versions, by_id)
        return StoredLists(part.ids[rows], part.versions[rows], by_id)

    def as_market(self, session: Session) -> Market:
        """The whole market as the engine scores it."""
        return Market(
            leads=self.leads.vectors,
            properties=self.properties.vectors,
            excluded_for_leads=self.excluded(session, Side.LEAD),
            excluded_for_properties=self.excluded(session, Side.PROPERTY),
        )

    def _adopt_thresholds(
        self,
        session: Session,
        since: ReadWatermark | None = None,
        came: Mapping[Side, NDArray[np.int64]] = MappingProxyType({}),
    ) -> None:
        """
        Adopt later lists, and those of the entities that *came*, which may have one from an earlier time in the market.
        """
        for side, written in entry_thresholds(session, self.market, LIST_LENGTH, since, came).items():
            self.part(side).adopt_thresholds(written)
            self.lists_written[side] = written.ids[written.versions > 0]


def row_of(ids: NDArray[np.int64], row_ids: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The row of each wanted id among the ascending *ids*; -1 where it is missing."""
    if not len(ids):
        return np.full(len(row_ids), -1)
    rows = np.minimum(np.searchsorted(ids, row_ids), len(ids) - 1)
    return np.where(ids[rows] == row_ids, rows, -1)
