"""The reasons behind the few pairs of a page. Lists are only ever read here, never scored."""

from sqlalchemy.orm import Session

from matching.engine import explain
from models.deals.weights import weights_of
from models.market.facts import lead_facts, market_factors, property_facts
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import TextModelRow, text_model_of

#: The model of the market looked at last stays in memory; all markets share one but while a run goes through them.
_kept: dict[int, explain.TextModel] = {}


def explain_pairs(session: Session, leads: list[Lead], properties: list[Property]) -> list[list[dict]]:
    """:func:`shares_of_pairs` as dictionaries, for JSON."""
    # Not dataclasses.asdict, which copies deeply: that was a third of a page of a hundred cards.
    return [[dict(vars(share)) for share in shares] for shares in shares_of_pairs(session, leads, properties)]


def shares_of_pairs(
    session: Session, leads: list[Lead], properties: list[Property]
) -> list[tuple[explain.CriterionShare, ...]]:
    """
    For each pair, lead *i* with property *i* (a side of one goes with each of the other): what each criterion did.

    All pairs are of one market.
    """
    if not leads or not properties:
        return []
    factors = market_factors(session, leads[0].city_key)
    explanations = explain.explain_pairs(
        [explain.LeadFacts(**lead_facts(lead, factors)) for lead in leads],
        [explain.PropertyFacts(**property_facts(found, factors)) for found in properties],
        _text_model(session, leads[0]),
        _weights(session, leads[0]),
    )
    return [explanation.criteria for explanation in explanations]


def _weights(session: Session, lead: Lead) -> explain.Weights:
    found = weights_of(session, lead.city_key, lead.deal_type)
    return explain.DEFAULT_WEIGHTS if found is None else explain.Weights.from_dict(found)


def _text_model(session: Session, lead: Lead) -> explain.TextModel:
    model_id = text_model_of(session, lead.city_key, lead.deal_type)
    if model_id is None:
        return explain.TextModel.empty()
    if model_id not in _kept:
        model = explain.TextModel.from_bytes(session.get_one(TextModelRow, model_id).model)
        _kept.clear()
        _kept[model_id] = model
    return _kept[model_id]
