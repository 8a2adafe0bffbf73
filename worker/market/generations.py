"""The present generation of a market, and its models in a worker's memory."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.engine.criteria import DEFAULT_WEIGHTS, Weights
from matching.engine.text import TextModel
from matching.engine.units import ENGINE_VERSION
from matching.facts.closeness import Closeness
from models.core.enums import MarketKey
from models.deals.weights import current_set, weights_of
from models.market.facts import Factors, format_factors, market_factors
from models.ranking.closeness import ClosenessRow
from models.ranking.generations import Generation
from models.ranking.recommendations import TextModelRow
from worker.market.closeness_models import newest_closeness

#: Text models kept in memory: the present one, and its predecessor while markets move to the present one.
MODELS_KEPT = 2
_text_models: dict[int, TextModel] = {}
#: The number of markets whose closeness models are kept in memory.
CLOSENESS_KEPT = 32
_closeness: dict[int, Closeness] = {}


@dataclass(frozen=True)
class ScoringModels:
    """The loaded models of a :class:`models.ranking.generations.Generation`, which turn a row into a vector."""

    generation: Generation
    text_model: TextModel
    weights: Weights
    factors: Factors
    closeness: Closeness


def current_generation(session: Session, market: MarketKey) -> Generation:
    """
    The generation that a new run over the market would use: the newest models, the live weights, today's rates.
    """
    weight_set = current_set(session, market)
    return Generation(
        text_model_id=newest_text_model(session),
        weights_id=weight_set.id if weight_set else None,
        rates=format_factors(market_factors(session, market[0])),
        closeness_id=newest_closeness(session, market),
        engine=ENGINE_VERSION,
    )


def load_models(session: Session, generation: Generation) -> ScoringModels:
    """Load the models of *generation*; text models come from this process's memory if possible."""
    return ScoringModels(
        generation=generation,
        text_model=text_model(session, generation.text_model_id),
        weights=weights(session, generation.weights_id),
        factors=generation.factors(),
        closeness=closeness(session, generation.closeness_id),
    )


def weights(session: Session, weights_id: int | None) -> Weights:
    """The stored set of weights; without an id, the engine's defaults."""
    stored = weights_of(session, weights_id)
    return DEFAULT_WEIGHTS if stored is None else Weights.from_dict(stored)


def newest_text_model(session: Session) -> int | None:
    """The id of the text model that was fitted last; None before the first run."""
    return session.scalar(select(func.max(TextModelRow.id)))


def text_model(session: Session, model_id: int | None) -> TextModel:
    """The stored text model; without an id, the empty one."""
    if model_id is None:
        return TextModel.empty()
    if model_id not in _text_models:
        _text_models[model_id] = TextModel.from_bytes(session.get_one(TextModelRow, model_id).model)
        while len(_text_models) > MODELS_KEPT:
            del _text_models[next(iter(_text_models))]
    return _text_models[model_id]


def closeness(session: Session, closeness_id: int | None) -> Closeness:
    """The stored closeness model; without an id, a model in which no places are near each other."""
    if closeness_id is None:
        return Closeness.empty()
    if closeness_id not in _closeness:
        _closeness[closeness_id] = Closeness.from_bytes(session.get_one(ClosenessRow, closeness_id).model)
        while len(_closeness) > CLOSENESS_KEPT:
            del _closeness[next(iter(_closeness))]
    return _closeness[closeness_id]


def clear_text_models() -> None:
    """Drop the models kept in memory: another database may have other models under the same ids."""
    _text_models.clear()
    _closeness.clear()
