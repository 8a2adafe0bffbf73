"""A market in a worker's memory: ids and vectors of both sides, brought up to date by what was written since."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matching.columns import PlaceIndex
from matching.text import TextModel
from matching.topk import Market
from models.enums import Side
from models.exclusions import acted_pairs
from models.leads import Lead
from models.properties import Property
from models.unscorable import Failure, set_aside, set_aside_ids, take_back
from worker.load import MarketKey, Rows, gone_since, horizon, load_leads, load_properties


@dataclass
class Part:
    """One side of the market. Row *i* of *vectors* is the entity ``ids[i]`` in version ``versions[i]``; ids rise."""

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    vectors: Any

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Any) -> NDArray[np.int64]:
        """Rows of those of *ids* that are here, ascending."""
        return np.flatnonzero(np.isin(self.ids, np.fromiter(ids, np.int64)))

    def without(self, ids: Any) -> "Part":
        keep = np.flatnonzero(~np.isin(self.ids, np.fromiter(ids, np.int64)))
        return self if len(keep) == len(self) else Part(self.ids[keep], self.versions[keep], self.vectors.take(keep))

    def with_rows(self, rows: Rows) -> "Part":
        """With *rows* added, or put in place of what was here under the same ids."""
        if not len(rows.ids):
            return self
        kept = self.without(rows.ids.tolist())
        ids = np.concatenate([kept.ids, rows.ids])
        order = np.argsort(ids, kind="stable")
        joined = type(rows.vectors).concat([kept.vectors, rows.vectors]).take(order)
        return Part(ids[order], np.concatenate([kept.versions, rows.versions])[order], joined)


@dataclass
class Snapshot:
    """What a worker knows of one market."""

    market: MarketKey
    text_model_id: int | None
    text_model: TextModel
    #: Everything written by earlier transactions is in here.
    seen: int
    leads: Part
    properties: Part
    places: PlaceIndex = field(default_factory=PlaceIndex)
    #: What is on the market and not in here, because the engine failed on it.
    failures: list[Failure] = field(default_factory=list)

    @classmethod
    def load(cls, session: Session, market: MarketKey, text_model_id: int | None, text_model: TextModel) -> "Snapshot":
        """The market as it is now."""
        places = PlaceIndex()
        seen = horizon(session)
        leads = load_leads(session, market, places, text_model)
        properties = load_properties(session, market, places, text_model)
        for side, rows in ((Side.LEAD, leads), (Side.PROPERTY, properties)):
            take_back(session, side, sorted(set(set_aside_ids(session, side)) & set(rows.ids.tolist())))
            set_aside(session, rows.failures)
        return cls(
            market=market,
            text_model_id=text_model_id,
            text_model=text_model,
            seen=seen,
            leads=Part(leads.ids, leads.versions, leads.vectors),
            properties=Part(properties.ids, properties.versions, properties.vectors),
            places=places,
            failures=leads.failures + properties.failures,
        )

    def refresh(self, session: Session) -> tuple[set[int], set[int]]:
        """Take in what was written since; ids of the leads and of the properties that may have changed, come or gone."""
        since, self.seen = self.seen, horizon(session)
        gone_leads = gone_since(session, Lead, self.market, since)
        leads = load_leads(session, self.market, self.places, self.text_model, since)
        gone_properties = gone_since(session, Property, self.market, since)
        properties = load_properties(session, self.market, self.places, self.text_model, since)
        self.leads = self.leads.without(gone_leads).with_rows(leads)
        self.properties = self.properties.without(gone_properties).with_rows(properties)
        failures = leads.failures + properties.failures
        self.leave_out(session, failures)
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

    def excluded(self, session: Session, side: Side, **among: list[int]) -> NDArray[np.int64]:
        """
        (n, 2) rows (lead, property) of the pairs that the lists of *side* leave out.

        Args:
            among: ``lead_ids`` or ``property_ids`` to look at; without them, all.
        """
        pairs = np.array(acted_pairs(session, side, self.market, **among), np.int64).reshape(-1, 2)
        rows = [_row_of(part.ids, pairs[:, column]) for column, part in enumerate((self.leads, self.properties))]
        both = np.stack(rows, axis=1)
        return both[(both >= 0).all(axis=1)]

    def as_market(self, session: Session) -> Market:
        """The whole market, ready to be scored."""
        return Market(
            leads=self.leads.vectors,
            properties=self.properties.vectors,
            excluded_for_leads=self.excluded(session, Side.LEAD),
            excluded_for_properties=self.excluded(session, Side.PROPERTY),
        )


def _row_of(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each wanted id stands among the rising *ids*; -1 where it does not."""
    if not len(ids):
        return np.full(len(wanted), -1)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1)
