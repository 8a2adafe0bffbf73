"""Learning the weights of the criteria from what people said about pairs: nightly, or by `leadmatch weights learn`."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from celery import shared_task
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.engine.criteria import CRITERION_NAMES
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, LeadFacts, PlaceIndex, PropertyColumns, PropertyFacts
from matching.learning.weight_learning import LEAST_ACTIONS, ActedPairs, Judgement, criterion_values, enough, judge
from models.deals.weights import (
    Said,
    Scope,
    WeightSet,
    actions_by_market,
    keep_set,
    newest_actions,
    present_set,
    weight_sets,
)
from models.market.facts import lead_facts, market_factors, property_facts
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import text_model_of
from worker.celery_app.task_context import HEALS, new_session
from worker.market.load import LEAD_COLUMNS, PROPERTY_COLUMNS, MarketKey
from worker.market.market_lock import text_model, weights
from worker.market.snapshot import row_of

log = logging.getLogger(__name__)

#: Actions that a set is learnt from, the newest ones: older ones tell of another market.
MOST_ACTIONS = 20_000
#: A scope learns again when so many times as much has been said as when its last set was kept. So a set that ops rolled
#: back does not come back the next night from the very same actions.
GROWTH = 1.1


@dataclass(frozen=True)
class Lesson:
    """What became of one scope."""

    scope: Scope
    said: int
    #: None: too little has been said, or too little since the last set.
    judgement: Judgement | None = None
    #: Pairs that today's facts forbid (the lead or the property has changed since): nothing is learnt from them.
    broken: int = 0
    #: The set that went live, if the judgement was for it.
    kept: WeightSet | None = None


@shared_task(name="worker.jobs.learning.learn_weights", **HEALS)
def learn_weights() -> None:
    """Learn anew where enough has been said; what goes live is used from the next run over the market on."""
    with new_session() as session:
        for lesson in learn(session):
            log.info(
                "weights_judged",
                extra={
                    "market": lesson.scope,
                    "said": lesson.said,
                    "broken": lesson.broken,
                    "weights_id": lesson.kept and lesson.kept.id,
                },
            )


def learn(session: Session) -> list[Lesson]:
    """
    The global set first, then every market's own, shrunk towards it. Commits after each.

    A second call changes nothing while nobody has said anything more.
    """
    said = actions_by_market(session)
    scopes: dict[Scope, int] = {None: sum(said.values()), **said}
    # Or every market would learn for itself what ops have just rolled back everywhere.
    all_wait = _was_rolled_back(session) and _must_wait(session, None, scopes[None])
    lessons = []
    for scope, count in scopes.items():
        # Two at once (a message that came twice) learn one after the other, and the second finds the first one's set.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("learn-weights", 0))))
        wait = all_wait or count < LEAST_ACTIONS or _must_wait(session, scope, count)
        lessons.append(Lesson(scope, count) if wait else _learn_one(session, scope, count))
        session.commit()
    return lessons


def _must_wait(session: Session, scope: Scope, said: int) -> bool:
    last = session.scalar(weight_sets(scope).limit(1))
    return last is not None and said < GROWTH * last.actions_said


def _was_rolled_back(session: Session) -> bool:
    newest = session.scalar(weight_sets(None).limit(1))
    return newest is not None and not newest.is_live


def _learn_one(session: Session, scope: Scope, said: int) -> Lesson:
    acted, broken = acted_pairs(session, newest_actions(session, scope, MOST_ACTIONS))
    if not enough(acted):
        return Lesson(scope, said, broken=broken)
    prior, present = (present_set(session, of) for of in (None, scope))
    judgement = judge(acted, *(weights(session, found and found.id) for found in (prior, present)))
    kept = None
    if judgement.is_better:
        city_key, deal_type = scope or (None, None)
        kept = keep_set(
            session,
            WeightSet(
                city_key=city_key,
                deal_type=deal_type,
                weights=judgement.weights.as_dict(),
                actions=judgement.actions,
                actions_said=said,
                present_loss=judgement.present_loss,
                fitted_loss=judgement.fitted_loss,
                standard_error=judgement.standard_error,
            ),
        )
    return Lesson(scope, said, judgement, broken, kept)


def acted_pairs(session: Session, said: list[Said]) -> tuple[ActedPairs, int]:
    """What was said as the learner takes it, by today's facts; and how many pairs those forbid, which are left out."""
    by_market: dict[MarketKey, list[Said]] = {}
    for one in said:
        by_market.setdefault(one.market, []).append(one)
    width = len(CRITERION_NAMES)
    values, stated = [np.zeros((0, width))], [np.zeros((0, width), bool)]
    ordered: list[Said] = []
    for market, some in by_market.items():
        for part, found in zip((values, stated), _values(session, market, some), strict=True):
            part.append(found)
        ordered += some
    acted_values = np.concatenate(values)
    whole = np.flatnonzero(~np.isnan(acted_values).any(axis=1))
    acted = ActedPairs(
        np.nan_to_num(acted_values),
        np.concatenate(stated),
        np.array([one.liked for one in ordered], bool),
        np.array([np.nan if one.place is None else one.place for one in ordered], float),
        np.array([one.lead_id for one in ordered], np.int64),
    )
    return acted.take(whole), len(ordered) - len(whole)


def _values(session: Session, market: MarketKey, said: list[Said]) -> tuple[np.ndarray, np.ndarray]:
    factors = market_factors(session, market[0])
    model = text_model(session, text_model_of(session, *market))
    places = PlaceIndex()
    leads = _rows(session, Lead, LEAD_COLUMNS, (one.lead_id for one in said))
    homes = _rows(session, Property, PROPERTY_COLUMNS, (one.property_id for one in said))
    wishes = LeadColumns.from_facts([LeadFacts(**lead_facts(row, factors)) for row in leads], places)
    offers = PropertyColumns.from_facts([PropertyFacts(**property_facts(row, factors)) for row in homes], places)
    positions = (
        row_of(np.array([row.id for row in rows], np.int64), np.array(ids, np.int64))
        for rows, ids in (
            (leads, [one.lead_id for one in said]),
            (homes, [one.property_id for one in said]),
        )
    )
    lead_rows, home_rows = positions
    return criterion_values(
        lead_vectors(wishes, model).take(lead_rows),
        property_vectors(offers, model).take(home_rows),
    )


def _rows(session: Session, table: type[Lead] | type[Property], columns: tuple, ids: Iterable[int]) -> list:
    """Rows of the given ids, on the market or not, by id."""
    return session.execute(select(*columns).where(table.id.in_(set(ids))).order_by(table.id)).all()
