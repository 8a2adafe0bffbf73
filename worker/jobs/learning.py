"""Learning the weights of the criteria from likes and dislikes: nightly, or by `leadmatch weights learn`."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.engine.criteria import CRITERION_NAMES
from matching.engine.vectorize import lead_vectors, property_vectors
from matching.facts.columns import LeadColumns, PlaceIndex, PropertyColumns
from matching.facts.stored import stored_lead, stored_property
from matching.learning.weight_learning import (
    MIN_ACTIONS,
    ActedPairs,
    Judgement,
    criterion_values,
    has_enough_actions,
    judge,
)
from models.core.enums import MarketKey
from models.core.locks import lock_until_commit
from models.deals.weights import (
    PairAction,
    Scope,
    WeightSet,
    actions_by_market,
    current_set,
    newest_actions,
    store_live_set,
    weight_sets,
)
from models.market.facts import lead_facts, property_facts
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.generations import Generation
from models.ranking.recommendations import generation_of
from worker.market.generations import current_generation, load_models, weights
from worker.market.load import LEAD_COLUMNS, PROPERTY_COLUMNS
from worker.market.market_lock import own_transaction
from worker.market.snapshot import row_of

log = logging.getLogger(__name__)

#: The number of newest actions that a set is learnt from; older ones reflect another market.
MAX_ACTIONS = 20_000
#: A scope learns again when it has this many times the actions that its last set was learnt from. So a set that an
#: operator rolled back is not learnt again the next night from the same actions.
GROWTH = 1.1


@dataclass(frozen=True)
class LearningResult:
    """The result of learning for one scope."""

    scope: Scope
    #: Actions of the scope so far.
    actions: int
    #: None if there are too few actions, or too few new ones since the last set.
    judgement: Judgement | None = None
    #: Pairs that cannot match by today's facts (the lead or property has changed since); they are not learnt from.
    broken: int = 0
    #: The set that went live, if the judgement favoured it.
    kept: WeightSet | None = None


def learn(session: Session) -> list[LearningResult]:
    """
    Learn the global set first, then every market's own, shrunk towards it. Commits after each.

    A second call changes nothing while there are no new actions. A scope that fails is logged and skipped.
    """
    by_market = actions_by_market(session)
    scopes: dict[Scope, int] = {None: sum(by_market.values())}
    for market, count in by_market.items():
        scopes[market] = count
    # Otherwise every market would learn the set that operators have just rolled back for all of them.
    all_wait = _was_rolled_back(session) and _must_wait(session, None, scopes[None])
    lessons = []
    for scope, actions in scopes.items():
        with own_transaction(session, "weights_not_learnt", market=scope):
            # Concurrent calls (a message delivered twice) learn one after the other; the second finds the new set.
            lock_until_commit(session, "learn-weights")
            waits = all_wait or actions < MIN_ACTIONS or _must_wait(session, scope, actions)
            lesson = LearningResult(scope, actions) if waits else _learn_scope(session, scope, actions)
            session.commit()
            lessons.append(lesson)
    return lessons


def _must_wait(session: Session, scope: Scope, actions: int) -> bool:
    last = session.scalar(weight_sets(scope).limit(1))
    return last is not None and actions < GROWTH * last.actions_said


def _was_rolled_back(session: Session) -> bool:
    newest = session.scalar(weight_sets(None).limit(1))
    return newest is not None and not newest.is_live


def _learn_scope(session: Session, scope: Scope, actions: int) -> LearningResult:
    acted, broken = acted_pairs(session, newest_actions(session, scope, MAX_ACTIONS))
    if not has_enough_actions(acted):
        return LearningResult(scope, actions, broken=broken)
    prior, current = (current_set(session, of) for of in (None, scope))
    judgement = judge(acted, *(weights(session, each.id if each else None) for each in (prior, current)))
    kept = None
    if judgement.is_better:
        city_key, deal_type = scope or (None, None)
        kept = store_live_set(
            session,
            WeightSet(
                city_key=city_key,
                deal_type=deal_type,
                weights=judgement.weights.as_dict(),
                actions=judgement.actions,
                actions_said=actions,
                present_loss=judgement.present_loss,
                fitted_loss=judgement.fitted_loss,
                standard_error=judgement.standard_error,
            ),
        )
    return LearningResult(scope, actions, judgement, broken, kept)


def acted_pairs(session: Session, actions: Iterable[PairAction]) -> tuple[ActedPairs, int]:
    """The actions as the learner's input, by today's facts, without impossible pairs; and the number of the latter."""
    by_market: dict[MarketKey, list[PairAction]] = {}
    for action in actions:
        by_market.setdefault(action.market, []).append(action)
    width = len(CRITERION_NAMES)
    values, sizes = [np.zeros((0, width))], [np.zeros((0, width))]
    ordered: list[PairAction] = []
    for market, in_market in by_market.items():
        market_values, market_sizes = _values(session, market, in_market)
        values.append(market_values)
        sizes.append(market_sizes)
        ordered += in_market
    all_values = np.concatenate(values)
    sound = np.flatnonzero(~np.isnan(all_values).any(axis=1))
    acted = ActedPairs(
        np.nan_to_num(all_values),
        np.concatenate(sizes),
        np.array([action.liked for action in ordered], bool),
        np.array([np.nan if action.rank is None else action.rank for action in ordered], float),
        np.array([action.lead_id for action in ordered], np.int64),
    )
    return acted.take(sound), len(ordered) - len(sound)


def _values(
    session: Session, market: MarketKey, actions: list[PairAction]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(actions, criteria) arrays: the values of the pairs, and how far each is stated, by the market's generation."""
    generation: Generation | None = generation_of(session, *market)
    if generation is None or not generation.is_known:
        generation = current_generation(session, market)
    models = load_models(session, generation)
    places = PlaceIndex()
    lead_ids, property_ids = [action.lead_id for action in actions], [action.property_id for action in actions]
    leads = _rows(session, Lead, LEAD_COLUMNS, lead_ids)
    properties = _rows(session, Property, PROPERTY_COLUMNS, property_ids)
    demand = LeadColumns.from_facts(
        [stored_lead(lead_facts(row, models.factors)) for row in leads], places, models.closeness
    )
    supply = PropertyColumns.from_facts(
        [stored_property(property_facts(row, models.factors)) for row in properties], places, models.closeness
    )
    return criterion_values(
        lead_vectors(demand, models.text_model).take(_positions(leads, lead_ids)),
        property_vectors(supply, models.text_model).take(_positions(properties, property_ids)),
    )


def _positions(rows: Sequence[Any], ids: list[int]) -> NDArray[np.int64]:
    return row_of(np.array([row.id for row in rows], np.int64), np.array(ids, np.int64))


def _rows(
    session: Session, table: type[Lead] | type[Property], columns: tuple[Any, ...], ids: Iterable[int]
) -> Sequence[Any]:
    """The rows with these ids, in the market or not, by id."""
    return session.execute(select(*columns).where(table.id.in_(set(ids))).order_by(table.id)).all()
