"""Explain the scores of the few pairs on a page. Lists are only read here; scoring is the workers' task."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from matching.engine import explain
from matching.facts.closeness import Closeness
from matching.facts.stored import stored_lead, stored_property
from matching.reading.kinds import KIND_OF
from models.core.enums import DealType
from models.deals.weights import weights_of
from models.market.facts import format_factors, lead_facts, market_factors, property_facts
from models.ranking.closeness import ClosenessRow
from models.ranking.generations import Generation
from models.ranking.recommendations import TextModelRow, generation_of

#: The text model of the last requested market, by its id. All markets share one, except while a rescoring run is in
#: progress.
_kept_text_models: dict[int, explain.TextModel] = {}
#: The closeness of the places of the last requested markets, by its id: each market has its own, of some kilobytes.
_kept_closeness: dict[int, Closeness] = {}
MAX_CLOSENESS = 64


def explain_pairs(session: Session, leads: Sequence[Any], properties: Sequence[Any]) -> list[dict[str, Any]]:
    """:func:`explanations_of_pairs` for JSON: criteria, wishes, the place, and the deductions for contradictions."""
    explanations = explanations_of_pairs(session, leads, properties)
    return [
        {
            # dataclasses.asdict is not used: its deep copies took a third of the time of a page with a hundred cards.
            "criteria": [dict(vars(share)) for share in explanation.criteria],
            "wishes": [wish_answer(share, properties[row % len(properties)]) for share in explanation.wishes],
            "adjustment": explanation.adjustment,
            "place": None if explanation.place is None else dict(vars(explanation.place)),
        }
        for row, explanation in enumerate(explanations)
    ]


def wish_answer(share: explain.WishShare, listing: Any) -> dict[str, Any]:
    """One wish with its outcome, and the words of the listing that decided it."""
    quotes = {fact["kind"]: fact["quote"] for fact in listing.read_facts if fact["value"] == share.fact}
    return {
        "kind": share.kind,
        "label": KIND_OF[share.kind].label,
        "value": share.value,
        "strength": share.strength,
        "outcome": share.outcome,
        "fact": share.fact,
        "quote": quotes.get(share.kind),
        "points": share.points,
    }


def explanations_of_pairs(
    session: Session, leads: Sequence[Any], properties: Sequence[Any]
) -> list[explain.PairExplanation]:
    """
    The effect of each criterion and wish for each pair of lead *i* and property *i*. If one side has a single row, it
    is paired with every row of the other side.

    All pairs belong to one market. Leads and properties are whole, or rows with the columns
    :data:`models.deals.shown_columns.EXPLAINED`.
    """
    if not leads or not properties:
        return []
    generation = _generation(session, leads[0])
    factors = generation.factors()
    return explain.explain_pairs(
        [stored_lead(lead_facts(lead, factors)) for lead in leads],
        [stored_property(property_facts(listing, factors)) for listing in properties],
        _text_model(session, generation.text_model_id),
        _weights(session, generation.weights_id),
        _closeness(session, generation.closeness_id),
    )


def _generation(session: Session, lead: Any) -> Generation:
    """The generation of the lists in the lead's market; before the first list, only today's rates."""
    generation = generation_of(session, lead.city_key, lead.deal_type)
    if generation is not None and generation.is_known:
        return generation
    rates = format_factors(market_factors(session, lead.city_key))
    return replace(generation or Generation(), rates=rates)


def _weights(session: Session, weights_id: int | None) -> explain.Weights:
    weights = weights_of(session, weights_id)
    return explain.DEFAULT_WEIGHTS if weights is None else explain.Weights.from_dict(weights)


def _text_model(session: Session, model_id: int | None) -> explain.TextModel:
    if model_id is None:
        return explain.TextModel.empty()
    model = _kept_text_models.get(model_id)  # not read again below: another thread may replace it meanwhile
    if model is None:
        model = explain.TextModel.from_bytes(session.get_one(TextModelRow, model_id).model)
        _kept_text_models.clear()
        _kept_text_models[model_id] = model
    return model


def _closeness(session: Session, closeness_id: int | None) -> Closeness:
    if closeness_id is None:
        return Closeness.empty()
    model = _kept_closeness.get(closeness_id)
    if model is None:
        model = Closeness.from_bytes(session.get_one(ClosenessRow, closeness_id).model)
        if len(_kept_closeness) >= MAX_CLOSENESS:
            _kept_closeness.clear()
        _kept_closeness[closeness_id] = model
    return model


def closeness_in(session: Session, city_key: str, deal_type: DealType) -> Closeness:
    """The closeness of a market's places; empty if none was learnt."""
    generation = generation_of(session, city_key, deal_type)
    return Closeness.empty() if generation is None else _closeness(session, generation.closeness_id)
