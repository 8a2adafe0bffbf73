"""A market in a worker's memory: ids, vectors and cuts of both sides, brought up to date by what was written since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.engine.criteria import DEFAULT_WEIGHTS, Weights
from matching.engine.ranking import RankedLists
from matching.engine.text import TextModel
from matching.engine.topk import Market
from matching.facts.columns import PlaceIndex
from models.core.enums import Side
from models.deals.exclusions import acted_pairs
from models.market.facts import market_factors, told_factors
from models.market.leads import Lead
from models.market.properties import Property
from models.market.unscorable import Failure, set_aside, set_aside_ids, take_back
from models.ranking.recommendations import LIST_LENGTH
from worker.lists.store import NO_IDS, NO_LIST, Cuts, StoredLists, cuts
from worker.market.load import MarketKey, Rows, gone_since, load_leads, load_properties
from worker.market.read_watermark import Horizon, horizon


@dataclass
class Part:
    """
    One side of the market. Row *i* of *vectors* is the entity ``ids[i]`` in version ``versions[i]``; ids rise.

    ``cuts[i]`` is the score below which nothing enters the stored list of row *i* (-1: there is room), and
    ``listed_versions[i]`` the version that this list was computed from (0: there is none in this market).
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    vectors: Any
    cuts: NDArray[np.float32]
    listed_versions: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows) -> "Part":
        n = len(rows.ids)
        return cls(rows.ids, rows.versions, rows.vectors, np.full(n, NO_LIST), np.zeros(n, np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Rows of those of *ids* that are here, ascending."""
        rows = row_of(self.ids, np.array(sorted(ids), np.int64))
        return rows[rows >= 0]

    def has(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of *ids* is here."""
        return row_of(self.ids, ids) >= 0

    def take(self, rows: NDArray[np.int64]) -> "Part":
        return Part(
            self.ids[rows], self.versions[rows], self.vectors.take(rows), self.cuts[rows], self.listed_versions[rows]
        )

    def without(self, ids: Iterable[int]) -> "Part":
        gone = self.rows_of(ids)
        return self.take(np.setdiff1d(np.arange(len(self)), gone)) if len(gone) else self

    def with_rows(self, rows: Rows) -> "Part":
        """With *rows* added, or put in place of what was here under the same ids."""
        if not len(rows.ids):
            return self
        known = row_of(self.ids, rows.ids)
        here, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
        if len(here):
            self.versions[known[here]] = rows.versions[here]
            self.vectors = self.vectors.put(known[here], rows.vectors.take(here))
        if not len(new):
            return self
        added = Part.of(rows).take(new)
        ids = np.concatenate([self.ids, added.ids])
        joined = Part(
            ids,
            np.concatenate([self.versions, added.versions]),
            type(self.vectors).concat([self.vectors, added.vectors]),
            np.concatenate([self.cuts, added.cuts]),
            np.concatenate([self.listed_versions, added.listed_versions]),
        )
        # New ids are mostly the largest: then everything is in order already.
        return joined if (np.diff(ids) > 0).all() else joined.take(np.argsort(ids, kind="stable"))

    def note_lists(self, found: Cuts) -> None:
        """Take in the cuts of lists that were written."""
        rows = row_of(self.ids, found.ids)
        here = rows >= 0
        self.cuts[rows[here]] = found.scores[here]
        self.listed_versions[rows[here]] = found.versions[here]


@dataclass
class Snapshot:
    """What a worker knows of one market."""

    market: MarketKey
    text_model_id: int | None
    text_model: TextModel
    weights_id: int | None
    weights: Weights
    #: The exchange rates of the moment when it was loaded, as models.market.facts tells them.
    rates: str
    #: What is in here, and what may not be.
    seen: Horizon
    leads: Part
    properties: Part
    places: PlaceIndex = field(default_factory=PlaceIndex)
    #: What is on the market and not in here, because the engine failed on it.
    failures: list[Failure] = field(default_factory=list)
    #: Ids of the lists that were found written at the last refresh, by us or by others.
    lists_written: dict[Side, NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        session: Session,
        market: MarketKey,
        text_model_id: int | None,
        text_model: TextModel,
        weights_id: int | None = None,
        weights: Weights = DEFAULT_WEIGHTS,
    ) -> "Snapshot":
        """The market as it is now, by this text model and these weights."""
        places = PlaceIndex()
        seen = horizon(session)
        leads = load_leads(session, market, places, text_model, weights)
        properties = load_properties(session, market, places, text_model)
        for side, rows in ((Side.LEAD, leads), (Side.PROPERTY, properties)):
            take_back(session, side, sorted(set(set_aside_ids(session, side)) & set(rows.ids.tolist())))
            set_aside(session, rows.failures)
        snapshot = cls(
            market=market,
            text_model_id=text_model_id,
            text_model=text_model,
            weights_id=weights_id,
            weights=weights,
            rates=told_factors(market_factors(session, market[0])),
            seen=seen,
            leads=Part.of(leads),
            properties=Part.of(properties),
            places=places,
            failures=leads.failures + properties.failures,
        )
        snapshot._note_lists(session)
        return snapshot

    def part(self, side: Side) -> Part:
        return self.leads if side is Side.LEAD else self.properties

    def refresh(self, session: Session) -> tuple[set[int], set[int]]:
        """Take in what was written since; ids of the leads and of the properties that may have changed, come or gone."""
        since, self.seen = self.seen, horizon(session)
        gone_leads = gone_since(session, Lead, self.market, since)
        leads = load_leads(session, self.market, self.places, self.text_model, self.weights, since)
        gone_properties = gone_since(session, Property, self.market, since)
        properties = load_properties(session, self.market, self.places, self.text_model, since)
        came = {
            side: rows.ids[~self.part(side).has(rows.ids)] for side, rows in zip(Side, (leads, properties), strict=True)
        }
        self.leads = self.leads.without(gone_leads).with_rows(leads)
        self.properties = self.properties.without(gone_properties).with_rows(properties)
        failures = leads.failures + properties.failures
        self.leave_out(session, failures)
        self._leave_out_still()
        self._note_lists(session, since, came)
        failed = {side: {failure.entity_id for failure in failures if failure.side is side} for side in Side}
        return (
            {*gone_leads, *leads.ids.tolist(), *failed[Side.LEAD]},
            {*gone_properties, *properties.ids.tolist(), *failed[Side.PROPERTY]},
        )

    def leave_out(self, session: Session, failures: list[Failure]) -> None:
        """Set aside, in the caller's transaction, what the engine failed on, and go on without it."""
        if not failures:
            return
        set_aside(session, failures)
        self.failures += failures
        self.leads = self.leads.without([f.entity_id for f in failures if f.side is Side.LEAD])
        self.properties = self.properties.without([f.entity_id for f in failures if f.side is Side.PROPERTY])

    def _leave_out_still(self) -> None:
        """What the engine has failed on stays out in the version that it failed on, however often it is looked at."""
        for side in Side:
            versions = {failure.entity_id: failure.version for failure in self.failures if failure.side is side}
            part = self.part(side)
            rows = part.rows_of(versions)
            here = zip(part.ids[rows].tolist(), part.versions[rows].tolist(), strict=True)
            failed = [entity_id for entity_id, version in here if versions[entity_id] == version]
            if side is Side.LEAD:
                self.leads = part.without(failed)
            else:
                self.properties = part.without(failed)

    def excluded(self, session: Session, side: Side, **among: list[int]) -> NDArray[np.int64]:
        """
        (n, 2) rows (lead, property) of the pairs that the lists of *side* leave out.

        Args:
            among: ``lead_ids`` or ``property_ids`` to look at; without them, all.
        """
        pairs = np.array(acted_pairs(session, side, self.market, **among), np.int64).reshape(-1, 2)
        rows = [row_of(part.ids, pairs[:, column]) for column, part in enumerate((self.leads, self.properties))]
        both = np.stack(rows, axis=1)
        return both[(both >= 0).all(axis=1)]

    def named(self, side: Side, lists: RankedLists, rows: NDArray[np.int64] | None = None) -> StoredLists:
        """*lists* of these *rows* of *side* (None: of all), whose columns are rows of the other side, by the ids of both."""
        part, other = self.part(side), self.part(side.other)
        by_id = RankedLists(lists.indptr, other.ids[lists.columns], lists.scores)
        if rows is None:
            return StoredLists(part.ids, part.versions, by_id)
        return StoredLists(part.ids[rows], part.versions[rows], by_id)

    def as_market(self, session: Session) -> Market:
        """The whole market, ready to be scored."""
        return Market(
            leads=self.leads.vectors,
            properties=self.properties.vectors,
            excluded_for_leads=self.excluded(session, Side.LEAD),
            excluded_for_properties=self.excluded(session, Side.PROPERTY),
        )

    def _note_lists(
        self,
        session: Session,
        since: Horizon | None = None,
        came: Mapping[Side, NDArray[np.int64]] = MappingProxyType({}),
    ) -> None:
        """Take in the lists written since, and those of the entities that *came*: theirs may stand from an earlier stay."""
        for side in Side:
            found = cuts(session, side, self.market, LIST_LENGTH, since, came.get(side, NO_IDS))
            self.part(side).note_lists(found)
            self.lists_written[side] = found.ids[found.versions > 0]


def row_of(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each wanted id stands among the rising *ids*; -1 where it does not."""
    if not len(ids):
        return np.full(len(wanted), -1)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)
