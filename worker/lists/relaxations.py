"""Count how many homes each limit and wish of a lead excludes, with the market in this process's memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, any_, literal, select
from sqlalchemy.orm import Session

from matching.engine.gains import gained
from matching.engine.relaxations import relaxations
from matching.engine.vectorize import lead_vectors
from matching.facts.columns import LeadColumns
from matching.facts.records import LeadFacts
from matching.facts.stored import stored_lead
from matching.reading.cut_words import cut_of_wish, without_words
from matching.reading.json_rows import wish_rows
from models.core.enums import Side
from models.market.advert_groups import AdvertGroup
from models.market.facts import Factors, lead_facts
from models.market.leads import Lead
from models.market.readings import READ, effective_wishes, merged_wishes
from models.ranking.relaxations import USEFUL_SCORE, store_relaxations
from worker.lists.rescore import markets_of
from worker.market.cache import cache_snapshot, locked_snapshot
from worker.market.load import LEAD_COLUMNS
from worker.market.readings import read_entity
from worker.market.snapshot import Snapshot

_WORDS = frozenset({"text", "wish"})
_WISH = frozenset({"wish"})


@dataclass(frozen=True)
class _Weaker:
    """A lead with one requirement relaxed; the first three fields are those of rows of LeadRelaxations."""

    name: str
    changes: Mapping[str, Any]
    wishes: list[dict[str, Any]]
    criteria: frozenset[str]
    lead: LeadFacts


def count_relaxations(session: Session, lead_id: int) -> bool:
    """
    Count the relaxations of one lead, store them and commit.

    Returns False if the lead is in no market or the engine fails on it.

    The market's lock is held meanwhile, for milliseconds, as for any change.
    """
    read_entity(session, Side.LEAD, lead_id)
    markets = markets_of(session, Side.LEAD, lead_id)
    if not markets:
        return False
    snapshot = locked_snapshot(session, markets[-1])
    snapshot.refresh(session)
    # Read after the refresh, whose transaction holds the lock: a lead that was written since has another version.
    lead = session.get(Lead, lead_id, populate_existing=True)
    is_there = lead is not None and len(snapshot.leads.rows_of([lead_id])) > 0
    if lead is not None and is_there:
        _count(session, snapshot, lead)
    session.commit()
    cache_snapshot(snapshot)
    return is_there


def _count(session: Session, snapshot: Snapshot, lead: Lead) -> None:
    models, properties = snapshot.models, snapshot.properties
    cases = [*_limits(lead, models.factors), *_wishes(lead, models.factors)]
    facts = [_facts(lead, models.factors), *(case.lead for case in cases)]
    columns = LeadColumns.from_facts(facts, snapshot.places, models.closeness)
    vectors = lead_vectors(columns, models.text_model, models.weights)
    now, new = gained(
        vectors.take([0]),
        vectors.take(np.arange(len(cases)) + 1),
        [case.criteria for case in cases],
        properties.vectors,
        USEFUL_SCORE,
    )
    acted_on = snapshot.excluded(session, Side.LEAD, lead_ids=[lead.id])[:, 1]
    count = _HomeCounter(session, properties.ids, now, acted_on, new)
    rows = [
        {"name": case.name, "changes": dict(case.changes), "wishes": case.wishes, "homes": count.new(rows)}
        for case, rows in zip(cases, new, strict=True)
    ]
    store_relaxations(session, lead.id, lead.version, count.useful, sorted(rows, key=lambda row: -row["homes"]))


class _HomeCounter:
    """Counts homes: several adverts of one home count once, dismissed and liked homes do not count."""

    def __init__(
        self,
        session: Session,
        ids: NDArray[np.int64],
        now: NDArray[np.int64],
        acted_on: NDArray[np.int64],
        new: Iterable[NDArray[np.int64]],
    ) -> None:
        self._ids, self._acted_on = ids, set(acted_on.tolist())
        self._groups = _groups_of(session, ids[np.unique(np.concatenate([now, *new]))].tolist())
        self._now = self._homes(now)
        self.useful = len(self._now)

    def new(self, rows: NDArray[np.int64]) -> int:
        """How many homes these rows would add to the useful ones."""
        return len(self._homes(rows) - self._now)

    def _homes(self, rows: NDArray[np.int64]) -> set[int]:
        kept = [row for row in rows.tolist() if row not in self._acted_on]
        return {self._groups.get(each, each) for each in self._ids[kept].tolist()}


def _groups_of(session: Session, property_ids: list[int]) -> dict[int, int]:
    """The group of each property, identified by the id of one of its properties; ungrouped properties are left out."""
    among = literal(property_ids, ARRAY(BigInteger))
    query = select(AdvertGroup.property_id, AdvertGroup.group_id).where(AdvertGroup.property_id == any_(among))
    return dict(session.execute(query).all())


def _facts(lead: Lead, factors: Factors, **changes: Any) -> LeadFacts:
    """The engine's facts of the lead with other values in some columns."""
    row = {column.key: getattr(lead, column.key) for column in LEAD_COLUMNS} | changes
    return stored_lead(lead_facts(SimpleNamespace(**row), factors))


def _limits(lead: Lead, factors: Factors) -> list[_Weaker]:
    facts = _facts(lead, factors)
    cases = []
    for each in relaxations(facts):
        changes = {name: _json(value) for name, value in each.changes.items()}
        cases.append(_Weaker(each.name, changes, [], each.criteria, each.of(facts)))
    return cases


def _wishes(lead: Lead, factors: Factors) -> list[_Weaker]:
    """The lead without each of its wishes in turn: those read from words, and those stated by a client."""
    rows = list(lead.wishes or ())
    wishes = effective_wishes(rows, lead.payment_method)

    def weaker(name: str, changes: Mapping[str, Any], criteria: frozenset[str], **columns: Any) -> _Weaker | None:
        left = effective_wishes(columns.get("wishes", rows), columns.get("payment_method", lead.payment_method))
        gone = [
            {"kind": kind, "value": value, "strength": strength}
            for kind, value, strength in wishes
            if (kind, value, strength) not in left
        ]
        return _Weaker(name, changes, gone, criteria, _facts(lead, factors, **columns)) if gone else None

    text = lead.additional_requirements or ""
    cases: list[_Weaker | None] = []
    read = [row for row in rows if row["source"] == READ and not row["struck"]]
    for start, end in sorted({(row["start"], row["end"]) for row in read}):
        start, end = cut_of_wish(text, start, end)
        cut = without_words(text, start, end)
        merged = merged_wishes(rows, wish_rows(cut))
        cases.append(weaker("words", {"start": start, "end": end}, _WORDS, additional_requirements=cut, wishes=merged))
    for at, row in enumerate(rows):
        if row["source"] != READ:
            cases.append(weaker("stated", {"kind": row["kind"]}, _WISH, wishes=[*rows[:at], *rows[at + 1 :]]))
    if lead.payment_method is not None:
        cases.append(weaker("payment_method", {"payment_method": None}, _WISH, payment_method=None))
    return [case for case in cases if case is not None]


def _json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value
